//! Descriptions of a repository and its entries, in the format of the Hub API.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::pointer::Pointer;
use crate::repository::{Entry, EntryKind, Repository};
use crate::timestamp;

/// The repository at a commit, with its files; if `blobs` is set, also with their sizes and ids.
pub(crate) async fn describe(repository: &Repository, commit: &str, blobs: bool) -> Result<Value, Failure> {
    let name = repository.name();
    let modified = timestamp::from_seconds(repository.committed_at(commit).await?);
    Ok(json!({
        "_id": name.id(),
        "id": name.id(),
        "modelId": name.id(),
        "author": name.namespace(),
        "sha": commit,
        "createdAt": modified,
        "lastModified": modified,
        "private": false,
        "gated": false,
        "disabled": false,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        "siblings": siblings(repository, commit, blobs).await?,
    }))
}

async fn siblings(repository: &Repository, commit: &str, blobs: bool) -> Result<Vec<Value>, Failure> {
    let mut files = repository.entries(commit, "", true).await?;
    files.retain(|entry| entry.kind == EntryKind::File);
    if !blobs {
        return Ok(files.iter().map(|file| json!({"rfilename": file.path})).collect());
    }
    let pointers = repository.pointers(&files).await?;
    let describe = |file: &Entry| match pointers.get(&file.oid) {
        Some(Pointer { object, size }) => json!({
            "rfilename": file.path,
            "blobId": file.oid,
            "size": size,
            "lfs": {"sha256": object.to_string(), "size": size, "pointerSize": file.size},
        }),
        None => json!({"rfilename": file.path, "blobId": file.oid, "size": file.size}),
    };
    Ok(files.iter().map(describe).collect())
}

/// Files and folders, in the format of `tree` and `paths-info`.
pub(crate) async fn describe_entries(repository: &Repository, entries: &[Entry]) -> Result<Value, Failure> {
    let pointers = repository.pointers(entries).await?;
    let describe = |entry: &Entry| match (entry.kind, pointers.get(&entry.oid)) {
        (EntryKind::Folder, _) => {
            json!({"type": "directory", "path": entry.path, "oid": entry.oid, "size": 0})
        }
        (EntryKind::File, Some(Pointer { object, size })) => json!({
            "type": "file",
            "path": entry.path,
            "oid": entry.oid,
            "size": size,
            "lfs": {"oid": object.to_string(), "size": size, "pointerSize": entry.size},
        }),
        (EntryKind::File, None) => {
            json!({"type": "file", "path": entry.path, "oid": entry.oid, "size": entry.size})
        }
    };
    Ok(entries.iter().map(describe).collect())
}
