//! A git-lfs pointer: the small file in git that represents a large one. Source: git-lfs, docs/spec.md.

use std::fmt;

use crate::object_store::ObjectId;

/// The specification allows no longer pointer ("less than 1024 bytes").
pub(crate) const LONGEST_POINTER: u64 = 1024;

const VERSION: &str = "version https://git-lfs.github.com/spec/v1";

/// An object's id and size in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub object: ObjectId,
    pub size: u64,
}

impl Pointer {
    /// Parses a file's content as a pointer; `None` if it is not one.
    pub(crate) fn parse(content: &[u8]) -> Option<Pointer> {
        let mut lines = std::str::from_utf8(content).ok()?.lines();
        if lines.next()? != VERSION {
            return None;
        }
        let (mut object, mut size) = (None, None);
        for line in lines {
            match line.split_once(' ')? {
                ("oid", value) => object = ObjectId::parse(value.strip_prefix("sha256:")?).ok(),
                ("size", value) => size = value.parse().ok(),
                (_extension, _) => {}
            }
        }
        Some(Pointer {
            object: object?,
            size: size?,
        })
    }
}

/// The content of the pointer's file.
impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{VERSION}\noid sha256:{}\nsize {}\n",
            self.object, self.size
        )
    }
}
