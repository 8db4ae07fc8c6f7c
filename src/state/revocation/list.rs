//! One shard's revoked serials: sealed for the way through a store that anyone might write to, and opened.
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
//! Knows nothing of where lists are kept or when they are fetched.

use std::error::Error;
use std::fmt;

use roaring::RoaringBitmap;

use crate::keys::envelope::{Envelope, EnvelopeError, envelope_code};
use crate::keys::{KeyRing, Purpose};
use crate::token::Verified;
use crate::token::{Timestamp, TokenId};

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

/// An open revocation list: genuine, of its shard, not yet judged for age.
#[derive(Clone, Debug, PartialEq)]
pub struct RevocationList {
    shard: u16,
    version: u64,
    published_at: Timestamp,
    valid_until: Timestamp,
    serials: RoaringBitmap,
}

impl RevocationList {
    /// A list of no serials, version 1.
    pub fn empty(shard: u16, published_at: Timestamp, valid_until: Timestamp) -> Self {
        Self {
            shard,
            version: 1,
            published_at,
            valid_until,
            serials: RoaringBitmap::new(),
        }
    }

    /// A list of those serials in that version.
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

    /// The list that follows this one: the next version, with more serials revoked and others let go (expired
    /// tokens need no entry).
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
            // Writing into a vector cannot fail; were it to, the list would not open: no gap, no open gate.
            let _written = serials.serialize_into(sealed);
        };
        ENVELOPE.seal(header, serials.serialized_size(), write, keys)
    }

    /// Opens a sealed list that must be `shard`'s. Nothing is parsed before the seal is checked.
    ///
    /// # Errors
    /// [`ListError`] says what is wrong with it.
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

    /// The shard whose serials these are.
    pub fn shard(&self) -> u16 {
        self.shard
    }

    /// Whether a serial stands on it. For people to look at: what lets a token pass is [`RevocationList::check`].
    pub fn revokes(&self, serial: u32) -> bool {
        self.serials.contains(serial)
    }

    /// The list's version; it only grows.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When it was published.
    pub fn published_at(&self) -> Timestamp {
        self.published_at
    }

    /// From when on it counts for nothing.
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// The revoked serials, ascending.
    pub fn serials(&self) -> impl Iterator<Item = u32> {
        self.serials.iter()
    }

    /// How many serials are revoked.
    pub fn len(&self) -> u64 {
        self.serials.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.serials.is_empty()
    }

    /// Whether this token was revoked.
    ///
    /// # Errors
    /// [`Revoked`] where it was.
    pub fn check(&self, token: &Verified) -> Result<NotRevoked, Revoked> {
        let id = token.claims().id;
        if id.shard != self.shard || self.serials.contains(id.serial) {
            return Err(Revoked { id });
        }
        Ok(NotRevoked { _checked: () })
    }
}

/// Witness that a token was looked up in a list of its shard and not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRevoked {
    _checked: (),
}

/// The token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Which one.
    pub id: TokenId,
}

/// Why a list does not open, or is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListError {
    /// The envelope does not open.
    Envelope(EnvelopeError),
    /// Another shard's list.
    Shard {
        /// The shard asked for.
        expected: u16,
        /// The shard it is for.
        found: u16,
    },
    /// Sealed here, but the bitmap does not parse.
    Bitmap,
    /// Older than the cached list.
    RolledBack {
        /// The cached version.
        held: u64,
        /// The version that came.
        found: u64,
    },
}

impl ListError {
    /// The fault as one word for machines.
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
