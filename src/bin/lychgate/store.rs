//! The store of a sealed revocation list: a file, or Workers KV through wrangler.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::wrangler::{Wrangler, WranglerOptions};

/// Options that choose the store.
#[derive(Args)]
pub(crate) struct StoreOptions {
    /// The list in this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["local", "remote", "config", "persist_to"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    wrangler: WranglerOptions,
}

/// A store of sealed lists.
pub(crate) enum Store<'a> {
    File(&'a Path),
    Kv(Wrangler<'a>),
}

impl StoreOptions {
    /// The store that the options name; the local KV if they name none.
    pub(crate) fn store(&self) -> Store<'_> {
        match &self.file {
            Some(file) => Store::File(file),
            None => Store::Kv(self.wrangler.wrangler()),
        }
    }
}

impl Store<'_> {
    /// The sealed list of a shard, or `None` if it is certain that there is none.
    pub(crate) fn read(&self, shard: u16) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::File(file) => match fs::read(file) {
                Ok(sealed) => Ok(Some(sealed)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(Failure::Unusable(format!(
                    "the revocation list {} could not be read: {error}",
                    file.display()
                ))),
            },
            Self::Kv(wrangler) => wrangler.read(&kv_key(shard)),
        }
    }

    /// Replaces the sealed list.
    pub(crate) fn write(&self, shard: u16, sealed: &[u8]) -> Result<(), Failure> {
        match self {
            Self::File(file) => replace(file, sealed).map_err(|(path, error)| {
                let remedy = if error.kind() == ErrorKind::AlreadyExists {
                    "; it remains from another publish: make sure that none is running, and remove it"
                } else {
                    ""
                };
                Failure::Unusable(format!(
                    "{} could not be written: {error}{remedy}",
                    path.display()
                ))
            }),
            Self::Kv(wrangler) => wrangler.write(&kv_key(shard), sealed),
        }
    }

    /// The list's location, for people.
    pub(crate) fn describe(&self, shard: u16) -> String {
        match self {
            Self::File(file) => file.display().to_string(),
            Self::Kv(wrangler) => wrangler.describe(&kv_key(shard)),
        }
    }
}

fn kv_key(shard: u16) -> String {
    format!("revocations/{shard}")
}

/// Writes beside the file and renames, so a reader finds either the old list or the new one, complete.
fn replace(file: &Path, sealed: &[u8]) -> Result<(), (PathBuf, std::io::Error)> {
    // A symbolic link stays a link.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mut beside = file.clone().into_os_string();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&beside)
        .map_err(|error| (beside.clone(), error))?;
    new.write_all(sealed)
        .and_then(|()| new.sync_all())
        .and_then(|()| fs::rename(&beside, &file))
        .map_err(|error| {
            let _removed = fs::remove_file(&beside);
            (file, error)
        })
}
