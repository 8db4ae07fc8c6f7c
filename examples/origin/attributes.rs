//! `.gitattributes`: the paths of a repository that git-lfs stores.

use std::collections::HashSet;

use crate::failure::Fault;
use crate::plumbing::Plumbing;
use crate::repository::Repository;

pub(crate) const FILE: &str = ".gitattributes";

/// The patterns that model hubs store in LFS from the first commit on.
const PATTERNS: [&str; 10] = [
    "*.arrow",
    "*.bin",
    "*.ckpt",
    "*.gguf",
    "*.h5",
    "*.onnx",
    "*.parquet",
    "*.pt",
    "*.safetensors",
    "*.zip",
];

/// The `.gitattributes` of a new repository.
pub(crate) fn initial() -> String {
    PATTERNS.iter().map(|pattern| tracking(pattern)).collect()
}

/// The line that stores one path, and no pattern, in LFS.
pub(crate) fn tracking_path(path: &str) -> String {
    // Escaped for git: no blanks, no wildcards, and anchored at the root.
    let mut pattern = String::from("/");
    for character in path.chars() {
        match character {
            ' ' => pattern.push_str("[[:space:]]"),
            '*' | '?' | '[' | '\\' => pattern.extend(['\\', character]),
            other => pattern.push(other),
        }
    }
    tracking(&pattern)
}

/// Those of `paths` that git-lfs stores, according to the attributes at `commit`.
pub(crate) async fn tracked(
    repository: &Repository,
    commit: &str,
    paths: &[&str],
) -> Result<HashSet<String>, Fault> {
    let source = format!("--source={commit}");
    let arguments = ["check-attr", &source, "-z", "--stdin", "filter"];
    let input: String = paths.iter().flat_map(|path| [path, "\0"]).collect();
    let output = Plumbing::in_repository(repository.directory(), &arguments)
        .output(input.as_bytes())
        .await?;
    let text = String::from_utf8_lossy(&output);
    let mut fields = text.split('\0');
    let mut tracked = HashSet::new();
    while let (Some(path), Some(_attribute), Some(value)) = (fields.next(), fields.next(), fields.next()) {
        if value == "lfs" {
            tracked.insert(path.to_owned());
        }
    }
    Ok(tracked)
}

fn tracking(pattern: &str) -> String {
    format!("{pattern} filter=lfs diff=lfs merge=lfs -text\n")
}
