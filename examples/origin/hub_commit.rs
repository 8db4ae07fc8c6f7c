//! Commits through the Hub API: first which files go to LFS, then all changes at once, as lines of JSON.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{Answer, json_ok};
use crate::attributes;
use crate::body::{read_body, read_json};
use crate::commit::{Change, Commit};
use crate::failure::{Failure, Refusal};
use crate::identity::Access;
use crate::object_store::ObjectId;
use crate::pointer::Pointer;
use crate::repository::Repository;
use crate::request_context::RequestContext;

/// The limit for a preupload: a batch of 256 file names with half a kilobyte each.
const LARGEST_PREUPLOAD: usize = 4 * 1024 * 1024;

/// The limit for a commit. Small files are in the request itself; large ones have gone to LFS.
const LARGEST_COMMIT: usize = 128 * 1024 * 1024;

/// From this size on, a file goes to LFS, as on the Hub.
const SMALLEST_LFS_FILE: u64 = 10 * 1024 * 1024;

/// Two requests may take the same number at once. This many failures in a row are a fault.
const PULL_REQUEST_ATTEMPTS: u32 = 8;

#[derive(Deserialize)]
struct Preupload {
    files: Vec<PreuploadFile>,
}

#[derive(Deserialize)]
struct PreuploadFile {
    path: String,
    size: u64,
}

/// One line of a commit.
#[derive(Deserialize)]
#[serde(tag = "key", content = "value", rename_all = "camelCase")]
enum Line {
    Header(Header),
    File {
        path: String,
        content: String,
        encoding: Option<Encoding>,
    },
    LfsFile {
        path: String,
        oid: String,
    },
    DeletedFile {
        path: String,
    },
    DeletedFolder {
        path: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    summary: String,
    #[serde(default)]
    description: String,
    parent_commit: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
enum Encoding {
    #[serde(rename = "base64")]
    Base64,
    #[serde(rename = "utf-8")]
    Utf8,
}

/// Says for each file whether it belongs in the commit or in LFS, and what is at its path now.
pub(crate) async fn preupload(
    repository: &Repository,
    revision: &str,
    body: Body,
) -> Result<Answer, Failure> {
    let request: Preupload = read_json(body, LARGEST_PREUPLOAD).await?;
    let commit = repository.commit_of(revision).await?;
    let paths: Vec<&str> = request.files.iter().map(|file| file.path.as_str()).collect();
    let tracked = attributes::tracked(repository, &commit, &paths).await?;
    let present = repository.entries_at(&commit, &paths).await?;
    let pointers = repository.pointers(&present).await?;
    let answer = |file: &PreuploadFile| -> Value {
        let large = file.size >= SMALLEST_LFS_FILE || tracked.contains(&file.path);
        // For a file in LFS, the client compares the object's id and not the pointer's.
        let present = present.iter().find(|entry| entry.path == file.path);
        let oid = present.map(|entry| match pointers.get(&entry.oid) {
            Some(pointer) => pointer.object.to_string(),
            None => entry.oid.clone(),
        });
        let mode = if large { "lfs" } else { "regular" };
        json!({"path": file.path, "uploadMode": mode, "shouldIgnore": false, "oid": oid})
    };
    Ok(json_ok(
        &json!({"files": request.files.iter().map(answer).collect::<Vec<Value>>()}),
    ))
}

/// Commits to a branch or pull request; with `create_pr=1`, to a new pull request.
pub(crate) async fn commit(
    context: &RequestContext,
    repository: &Repository,
    revision: &str,
    body: Body,
) -> Result<Answer, Failure> {
    let opens_pull_request = context.target.is_set("create_pr");
    // A revision of a pull request is its author's to write; this hub lets everybody.
    let needed = if opens_pull_request || revision.starts_with("refs/pr/") {
        Access::Contribute
    } else {
        Access::Write
    };
    let subject = context.identity.require_subject(needed)?;
    let (header, changes) = read_lines(repository, &read_body(body, LARGEST_COMMIT).await?).await?;
    let tip = repository.commit_of(revision).await?;
    let parent = match header.parent_commit {
        Some(parent) => repository.commit_of(&parent).await?,
        None => tip.clone(),
    };
    if parent != tip && !opens_pull_request {
        return Err(Refusal::BranchMoved.into());
    }
    let commit = Commit {
        author: subject,
        summary: header.summary,
        description: header.description,
        changes,
    };
    let commit = commit.write(repository, Some(&parent)).await?;
    let pull_request = if opens_pull_request {
        Some(open_pull_request(repository, &commit).await?)
    } else {
        repository
            .move_reference(
                &writable_reference(repository, revision).await?,
                &commit,
                Some(&tip),
            )
            .await?;
        None
    };
    let base = format!("{}/{}", context.public_base(), repository.name());
    Ok(json_ok(&json!({
        "success": true,
        "commitOid": commit,
        "commitUrl": format!("{base}/commit/{commit}"),
        "hookOutput": "",
        "pullRequestUrl": pull_request.map(|number| format!("{base}/discussions/{number}")),
    })))
}

async fn read_lines(repository: &Repository, body: &[u8]) -> Result<(Header, Vec<Change>), Failure> {
    let (mut header, mut changes) = (None, Vec::new());
    for line in body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
    {
        let line = serde_json::from_slice(line)
            .map_err(|error| Refusal::malformed(format!("a line is not the JSON expected, {error}")))?;
        changes.push(match line {
            Line::Header(first) => {
                header = Some(first);
                continue;
            }
            Line::File {
                path,
                content,
                encoding,
            } => Change::File {
                path,
                content: decode(content, encoding)?,
            },
            Line::LfsFile { path, oid } => {
                let object = ObjectId::parse(&oid)?;
                let size = repository
                    .objects()
                    .size(&object)
                    .await?
                    .ok_or(Refusal::ObjectMissing)?;
                Change::Pointer {
                    path,
                    pointer: Pointer { object, size },
                }
            }
            Line::DeletedFile { path } => Change::DeleteFile { path },
            Line::DeletedFolder { path } => Change::DeleteFolder { path },
        });
    }
    let header = header.ok_or_else(|| Refusal::malformed("the commit has no header line"))?;
    Ok((header, changes))
}

fn decode(content: String, encoding: Option<Encoding>) -> Result<Vec<u8>, Refusal> {
    match encoding.unwrap_or(Encoding::Utf8) {
        Encoding::Base64 => STANDARD
            .decode(content)
            .map_err(|_invalid| Refusal::malformed("a file is not base64")),
        Encoding::Utf8 => Ok(content.into_bytes()),
    }
}

/// The branch or pull request that a revision names; a tag or a commit cannot be committed to.
async fn writable_reference(repository: &Repository, revision: &str) -> Result<String, Failure> {
    let branch = format!("refs/heads/{revision}");
    let writable = |name: &str| name == branch || (name == revision && !name.starts_with("refs/tags/"));
    let references = repository.references().await?;
    let found = references.into_iter().find(|reference| writable(&reference.name));
    Ok(found.ok_or(Refusal::RevisionMissing)?.name)
}

/// Creates the next free `refs/pr/N` at the commit and returns N.
async fn open_pull_request(repository: &Repository, commit: &str) -> Result<u64, Failure> {
    for _attempt in 0..PULL_REQUEST_ATTEMPTS {
        let references = repository.references().await?;
        let numbers = references
            .iter()
            .filter_map(|reference| reference.name.strip_prefix("refs/pr/")?.parse().ok());
        let number = numbers.max().unwrap_or(0_u64) + 1;
        match repository
            .move_reference(&format!("refs/pr/{number}"), commit, None)
            .await
        {
            Ok(()) => return Ok(number),
            Err(Failure::Refused(_taken)) => {}
            Err(Failure::Faulted(fault)) => return Err(fault.into()),
        }
    }
    Err(Refusal::BranchMoved.into())
}
