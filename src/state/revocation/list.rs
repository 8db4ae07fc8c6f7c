//! One shard's revoked serials as a list, which is sealed because others may be able to write to the store.
//!
//! | bytes | field (numbers big-endian) |
//! | --- | --- |
//! | 4 | magic, `LYRL` |
//! | 1 | format version, 1 |
//! | 1 | key id of the seal |
//! | 2 | shard |
//! | 8 | list version |
//! | 4 | published at, seconds since 1970 |
//! | 4 | valid until, likewise |
//! | n | the serials as a Roaring bitmap, portable serialization (RoaringFormatSpec) |
//! | 32 | HMAC-SHA-256 over all of it, with the key ring's `list` key |
//!
//! Knows nothing of where lists are stored or when they are fetched.

use std::error::Error;
use std::fmt;

use roaring::RoaringBitmap;

use crate::keys::envelope::{Envelope, EnvelopeError, envelope_code};
use crate::keys::{KeyRing, Purpose};
use crate::token::{Timestamp, TokenId, Verified};

/// Shard, version, published at, valid until.
const HEADER_BYTES: usize = 18;

const ENVELOPE: Envelope<HEADER_BYTES> = Envelope {
    magic: *b"LYRL",
    version: 1,
    purpose: Purpose::List,
    maximum_bytes: MAXIMUM_LIST_BYTES,
};

/// The largest list that is opened: the largest value that Workers KV holds, 25 MiB.
pub const MAXIMUM_LIST_BYTES: usize = 25 * 1024 * 1024;

/// An open revocation list. It is genuine and its shard's; its age has not been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct RevocationList {
    shard: u16,
    version: u64,
    published_at: Timestamp,
    valid_until: Timestamp,
    serials: RoaringBitmap,
}

impl RevocationList {
    /// An empty list, version 1.
    pub fn empty(shard: u16, published_at: Timestamp, valid_until: Timestamp) -> Self {
        Self {
            shard,
            version: 1,
            published_at,
            valid_until,
            serials: RoaringBitmap::new(),
        }
    }

    /// A list of these serials in this version.
    pub fn new(
        shard: u16,
        version: u64,
        serials: impl IntoIterator<Item = u32>,
        published_at: Timestamp,
        valid_until: Timestamp,
    ) -> Self {
        Self {
            shard,
            version,
            published_at,
            valid_until,
            serials: serials.into_iter().collect(),
        }
    }

    /// The list that follows this one: the next version, with more serials revoked and others removed (expired tokens need no
    /// entry).
    pub fn next(
        &self,
        revoke: impl IntoIterator<Item = u32>,
        release: impl IntoIterator<Item = u32>,
        published_at: Timestamp,
        valid_until: Timestamp,
    ) -> Self {
        let mut serials = self.serials.clone();
        for serial in release {
            serials.remove(serial);
        }
        serials.extend(revoke);
        Self {
            shard: self.shard,
            version: self.version.saturating_add(1),
            published_at,
            valid_until,
            serials,
        }
    }

    /// Seals the list with the active key.
    pub fn seal(&self, keys: &KeyRing) -> Vec<u8> {
        let mut serials = self.serials.clone();
        serials.optimize();
        let ([h0, h1], [v0, v1, v2, v3, v4, v5, v6, v7]) =
            (self.shard.to_be_bytes(), self.version.to_be_bytes());
        let ([p0, p1, p2, p3], [u0, u1, u2, u3]) =
            (self.published_at.to_be_bytes(), self.valid_until.to_be_bytes());
        let header = [
            h0, h1, v0, v1, v2, v3, v4, v5, v6, v7, p0, p1, p2, p3, u0, u1, u2, u3,
        ];
        let write = |sealed: &mut Vec<u8>| {
            // Writing into a vector cannot fail. If it did, the list would not open, and the gate would refuse.
            let _written = serials.serialize_into(sealed);
        };
        ENVELOPE.seal(header, serials.serialized_size(), write, keys)
    }

    /// Opens a sealed list that must be `shard`'s. It checks the seal before it parses anything.
    ///
    /// # Errors
    /// [`ListError`]: the first check that fails.
    pub fn open(sealed: &[u8], shard: u16, keys: &KeyRing) -> Result<Self, ListError> {
        let (header, mut bitmap) = ENVELOPE.open(sealed, keys).map_err(ListError::Envelope)?;
        let [
            h0,
            h1,
            v0,
            v1,
            v2,
            v3,
            v4,
            v5,
            v6,
            v7,
            p0,
            p1,
            p2,
            p3,
            u0,
            u1,
            u2,
            u3,
        ] = *header;
        let found = u16::from_be_bytes([h0, h1]);
        if found != shard {
            return Err(ListError::Shard {
                expected: shard,
                found,
            });
        }
        let serials = RoaringBitmap::deserialize_from(&mut bitmap).map_err(|_| ListError::Bitmap)?;
        if !bitmap.is_empty() {
            return Err(ListError::Bitmap);
        }
        Ok(Self {
            shard,
            version: u64::from_be_bytes([v0, v1, v2, v3, v4, v5, v6, v7]),
            published_at: u32::from_be_bytes([p0, p1, p2, p3]),
            valid_until: u32::from_be_bytes([u0, u1, u2, u3]),
            serials,
        })
    }

    /// The shard of the serials.
    pub fn shard(&self) -> u16 {
        self.shard
    }

    /// Whether the list contains a serial. This is for display: only [`RevocationList::check`] lets a token pass.
    pub fn revokes(&self, serial: u32) -> bool {
        self.serials.contains(serial)
    }

    /// The list's version, which only increases.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When it was published.
    pub fn published_at(&self) -> Timestamp {
        self.published_at
    }

    /// The time from which the list is stale.
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// The revoked serials, ascending.
    pub fn serials(&self) -> impl Iterator<Item = u32> {
        self.serials.iter()
    }

    /// The number of revoked serials.
    pub fn len(&self) -> u64 {
        self.serials.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.serials.is_empty()
    }

    /// Checks that the list does not revoke this token.
    ///
    /// # Errors
    /// [`Revoked`] if it does.
    pub fn check(&self, token: &Verified) -> Result<NotRevoked, Revoked> {
        let id = token.claims().id;
        if id.shard != self.shard || self.serials.contains(id.serial) {
            return Err(Revoked { id });
        }
        Ok(NotRevoked { _checked: () })
    }
}

/// The witness that a token was looked up in a list of its shard and not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRevoked {
    _checked: (),
}

/// The error of a revoked token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The token's id.
    pub id: TokenId,
}

/// Why a list cannot be opened or accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListError {
    /// The envelope cannot be opened.
    Envelope(EnvelopeError),
    /// Another shard's list.
    Shard {
        /// The expected shard.
        expected: u16,
        /// The list's shard.
        found: u16,
    },
    /// The seal is valid, but the bitmap does not parse.
    Bitmap,
    /// Older than the cached list.
    RolledBack {
        /// The cached version.
        held: u64,
        /// The version that was found.
        found: u64,
    },
}

impl ListError {
    /// The error as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Envelope(error) => envelope_code!(error, "list"),
            Self::Shard { .. } => "list_shard",
            Self::Bitmap => "list_bitmap",
            Self::RolledBack { .. } => "list_rolled_back",
        }
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Envelope(error) => write!(formatter, "the list {error}"),
            Self::Shard { expected, found } => {
                write!(formatter, "the list is shard {found}'s, not shard {expected}'s")
            }
            Self::Bitmap => write!(formatter, "the list's bitmap does not parse"),
            Self::RolledBack { held, found } => write!(
                formatter,
                "version {found} came while version {held} is cached; the newer is kept"
            ),
        }
    }
}

impl Error for ListError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Envelope(error) => Some(error),
            Self::Shard { .. } | Self::Bitmap | Self::RolledBack { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RevocationList;
    use crate::keys::KeyRing;

    #[test]
    fn seals_and_opens_what_it_holds() {
        let keys = KeyRing::generate([1; 32]);
        let list = RevocationList::empty(3, 10, 20).next([7, 9, 1_000_000], [], 11, 21);
        let opened = RevocationList::open(&list.seal(&keys), 3, &keys).unwrap();
        assert_eq!(opened, list);
        assert_eq!(opened.version(), 2);
        assert_eq!(opened.serials().collect::<Vec<_>>(), [7, 9, 1_000_000]);
    }
}
