//! The rules of the house that no compiler holds: which room may name what, what dependencies are for, and what the papers
//! say of the code.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a name's place is a character's"
)]

use std::fs;
use std::path::{Path, PathBuf};

#[path = "house/dependencies.rs"]
mod dependencies;
#[path = "house/papers.rs"]
mod papers;
#[path = "house/rooms.rs"]
mod rooms;

/// What of the library is not the core: its faces, and `isolate`, which two of them share.
const FACES: [&str; 5] = ["bin", "page", "gate", "isolate", "service"];

/// Every file of the library that belongs to no face.
pub(crate) fn core_files() -> Vec<PathBuf> {
    let source = root().join("src");
    let files: Vec<PathBuf> = rust_files(&source)
        .into_iter()
        .filter(|file| {
            FACES
                .iter()
                .flat_map(|face| [source.join(face), source.join(format!("{face}.rs"))])
                .all(|face| !file.starts_with(face))
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
