//! The rules of the project that no compiler enforces: which module may name what, what dependencies are for, and whether
//! the documents agree with the code.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a name's place is a character's"
)]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "project/dependencies.rs"]
mod dependencies;
#[path = "project/documents.rs"]
mod documents;
#[path = "project/modules.rs"]
mod modules;
#[path = "project/schema.rs"]
mod schema;

/// What of the library is not the core: its interfaces, and `isolate`, which two of them share.
const INTERFACES: [&str; 6] = ["bin", "page", "gate", "isolate", "service", "tables"];

/// Every file of the core: the library without its interfaces.
pub(crate) fn core_files() -> Vec<PathBuf> {
    let source = root().join("src");
    let files: Vec<PathBuf> = rust_files(&source)
        .into_iter()
        .filter(|file| {
            INTERFACES
                .iter()
                .all(|interface| !file.starts_with(source.join(interface)))
        })
        .collect();
    assert!(files.len() > 15, "the core has more files than {}", files.len());
    files
}

pub(crate) fn rust_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    fs::read_dir(path)
        .unwrap()
        .flat_map(|entry| rust_files(&entry.unwrap().path()))
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
