//! The git-lfs objects of one repository, on disk by their SHA-256, in the layout of git-lfs itself.

use std::fmt;
use std::io;
use std::path::PathBuf;

use axum::body::Body;
use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt;

use crate::body::Chunks;
use crate::failure::{Failure, Refusal};
use crate::scratch::Scratch;

/// The SHA-256 of an object, in 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId(String);

impl ObjectId {
    pub(crate) fn parse(text: &str) -> Result<ObjectId, Refusal> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 64 && text.bytes().all(hex) {
            Ok(ObjectId(text.to_owned()))
        } else {
            Err(Refusal::malformed("an LFS object id is 64 lower-case hex digits"))
        }
    }

    /// The id of some content.
    pub(crate) fn of(content: &[u8]) -> ObjectId {
        ObjectId::from_digest(&Sha256::digest(content))
    }

    fn from_digest(digest: &[u8]) -> ObjectId {
        ObjectId(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[derive(Debug)]
pub(crate) struct ObjectStore {
    root: PathBuf,
}

impl ObjectStore {
    /// The store in a directory, which may not exist yet.
    pub(crate) fn at(root: PathBuf) -> ObjectStore {
        ObjectStore { root }
    }

    /// The path of the object, whether or not it exists.
    pub(crate) fn path(&self, object: &ObjectId) -> PathBuf {
        let text = object.to_string();
        let (first, rest) = text.split_at(2);
        let (second, _) = rest.split_at(2);
        [first, second, &text]
            .iter()
            .fold(self.root.clone(), |path, part| path.join(part))
    }

    /// The object's size in bytes; `None` if it is not stored.
    pub(crate) async fn size(&self, object: &ObjectId) -> io::Result<Option<u64>> {
        match fs::metadata(self.path(object)).await {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Receives an object. It is stored only once its hash, and its size if announced, are verified.
    pub(crate) async fn receive(
        &self,
        object: &ObjectId,
        announced: Option<u64>,
        body: Body,
    ) -> Result<(), Failure> {
        fs::create_dir_all(&self.root).await?;
        let scratch = Scratch::in_directory(&self.root);
        let mut file = File::create(scratch.path()).await?;
        let mut hasher = Sha256::new();
        let mut chunks = Chunks::of(body);
        while let Some(chunk) = chunks.next().await? {
            if let Some(announced) = announced.filter(|announced| chunks.bytes() > *announced) {
                return Err(mismatch(format!("more than the {announced} bytes announced")).into());
            }
            hasher.update(&chunk);
            file.write_all(&chunk).await?;
        }
        let size = chunks.bytes();
        if let Some(announced) = announced.filter(|announced| size != *announced) {
            return Err(mismatch(format!("{announced} bytes were announced and {size} came")).into());
        }
        if ObjectId::from_digest(&hasher.finalize()) != *object {
            return Err(mismatch("its SHA-256 is another".to_owned()).into());
        }
        file.flush().await?;
        drop(file);
        let path = self.path(object);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).await?;
        }
        fs::rename(scratch.path(), path).await?;
        Ok(())
    }
}

fn mismatch(what: String) -> Refusal {
    Refusal::ObjectMismatch { what }
}
