//! A temporary path, removed when dropped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A path that nobody else uses. Whatever is there when it is dropped is removed.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Names a path in `directory`, but creates nothing.
    pub(crate) fn in_directory(directory: &Path) -> Scratch {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Scratch(directory.join(format!(".scratch-{}-{number}", process::id())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // After a rename, which is the normal case, nothing is there. In other cases, what remains does no harm.
        let _outcome = if self.0.is_dir() {
            fs::remove_dir_all(&self.0)
        } else {
            fs::remove_file(&self.0)
        };
    }
}
