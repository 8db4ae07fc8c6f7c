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

use std::collections::BTreeMap;
use std::fmt;

use roaring::RoaringBitmap;

use crate::claims::{Timestamp, TokenId};
use crate::key_ring::{DERIVED_KEY_BYTES, KeyRing, Purpose};
use crate::token::Verified;

const MAGIC: [u8; 4] = *b"LYRL";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 24;

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
        let mut sealed = Vec::with_capacity(HEADER_BYTES + serials.serialized_size() + DERIVED_KEY_BYTES);
        sealed.extend(MAGIC);
        sealed.extend([VERSION, keys.active()]);
        sealed.extend(self.shard.to_be_bytes());
        sealed.extend(self.version.to_be_bytes());
        sealed.extend(self.published_at.to_be_bytes());
        sealed.extend(self.valid_until.to_be_bytes());
        // Writing into a vector cannot fail; were it to, the list would not open: no gap, no open gate.
        let _written = serials.serialize_into(&mut sealed);
        let seal = keys.sign(Purpose::List, &[&sealed]);
        sealed.extend(seal);
        sealed
    }

    /// Opens a sealed list that must be `shard`'s. Nothing is parsed before the seal is checked.
    ///
    /// # Errors
    /// [`ListError`] says what is wrong with it.
    pub fn open(sealed: &[u8], shard: u16, keys: &KeyRing) -> Result<Self, ListError> {
        if sealed.len() > MAXIMUM_LIST_BYTES {
            return Err(ListError::Long { bytes: sealed.len() });
        }
        let (signed, seal) = sealed
            .split_last_chunk::<DERIVED_KEY_BYTES>()
            .ok_or(ListError::Short)?;
        let (header, mut bitmap) = signed
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(ListError::Short)?;
        let [
            m0,
            m1,
            m2,
            m3,
            version,
            key_id,
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
        if [m0, m1, m2, m3] != MAGIC {
            return Err(ListError::Magic);
        }
        if version != VERSION {
            return Err(ListError::Version { found: version });
        }
        let genuine = keys
            .verify(key_id, Purpose::List, &[signed], seal)
            .map_err(|_| ListError::UnknownKey { key_id })?;
        if !genuine {
            return Err(ListError::Seal);
        }
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

/// The token was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Which one.
    pub id: TokenId,
}

/// What the gate does while no list in force is at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStale {
    /// Refuses everything that carries a token.
    #[default]
    Deny,
    /// Lets reads through for so many seconds after the list in hand went stale, or after none could be had.
    AllowReads {
        /// For how long.
        seconds: u32,
    },
}

/// The lists in hand, by shard, and what is known where there is none.
#[derive(Debug, Default)]
pub struct Revocations {
    shards: BTreeMap<u16, Shard>,
}

#[derive(Debug)]
enum Shard {
    InHand(RevocationList),
    /// None could be had since then.
    Missing {
        since: Timestamp,
    },
}

/// What the lists in hand say of a token's shard.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'a> {
    /// Nothing was tried yet.
    Unknown,
    /// A list in force.
    InForce(&'a RevocationList),
    /// A genuine list past its `valid until`.
    Stale(&'a RevocationList),
    /// None could be had since then.
    Missing {
        /// When that was first found.
        since: Timestamp,
    },
}

impl Revocations {
    /// What is at hand for a shard.
    pub fn lookup(&self, shard: u16, now: Timestamp) -> Lookup<'_> {
        match self.shards.get(&shard) {
            None => Lookup::Unknown,
            Some(Shard::Missing { since }) => Lookup::Missing { since: *since },
            Some(Shard::InHand(list)) if now < list.valid_until => Lookup::InForce(list),
            Some(Shard::InHand(list)) => Lookup::Stale(list),
        }
    }

    /// Takes a list into hand, unless the one there is newer.
    ///
    /// # Errors
    /// [`ListError::RolledBack`] where the one in hand has a higher version; it is kept.
    pub fn accept(&mut self, list: RevocationList) -> Result<(), ListError> {
        if let Some(Shard::InHand(held)) = self.shards.get(&list.shard)
            && held.version > list.version
        {
            return Err(ListError::RolledBack {
                held: held.version,
                found: list.version,
            });
        }
        self.shards.insert(list.shard, Shard::InHand(list));
        Ok(())
    }

    /// Notes that no list could be had. A list in hand is kept.
    pub fn note_missing(&mut self, shard: u16, now: Timestamp) {
        self.shards.entry(shard).or_insert(Shard::Missing { since: now });
    }
}

/// Why a list does not open, or is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListError {
    /// Longer than [`MAXIMUM_LIST_BYTES`].
    Long {
        /// How long it is.
        bytes: usize,
    },
    /// Too short to hold a header and a seal: cut off.
    Short,
    /// Not a revocation list at all.
    Magic,
    /// A format version that this gate does not know.
    Version {
        /// The version.
        found: u8,
    },
    /// Sealed with a root key that the ring does not have.
    UnknownKey {
        /// The key's id.
        key_id: u8,
    },
    /// The seal does not fit: changed, or sealed by something else.
    Seal,
    /// Another shard's list.
    Shard {
        /// The shard asked for.
        expected: u16,
        /// The shard it is for.
        found: u16,
    },
    /// Sealed here, but the bitmap does not parse.
    Bitmap,
    /// Older than the list in hand.
    RolledBack {
        /// The version in hand.
        held: u64,
        /// The version that came.
        found: u64,
    },
}

impl ListError {
    /// The fault as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Long { .. } => "list_long",
            Self::Short => "list_short",
            Self::Magic => "list_magic",
            Self::Version { .. } => "list_version",
            Self::UnknownKey { .. } => "list_unknown_key",
            Self::Seal => "list_seal",
            Self::Shard { .. } => "list_shard",
            Self::Bitmap => "list_bitmap",
            Self::RolledBack { .. } => "list_rolled_back",
        }
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long { bytes } => write!(
                formatter,
                "the list has {bytes} bytes; at most {MAXIMUM_LIST_BYTES} are opened"
            ),
            Self::Short => write!(formatter, "the list is cut short"),
            Self::Magic => write!(formatter, "this is not a revocation list"),
            Self::Version { found } => write!(
                formatter,
                "the list has format version {found}; {VERSION} is known"
            ),
            Self::UnknownKey { key_id } => write!(
                formatter,
                "the list is sealed with key {key_id}, which is not in the key ring"
            ),
            Self::Seal => write!(
                formatter,
                "the list's seal does not fit: it was changed, or sealed with another key ring"
            ),
            Self::Shard { expected, found } => {
                write!(formatter, "the list is shard {found}'s, not shard {expected}'s")
            }
            Self::Bitmap => write!(formatter, "the list's bitmap does not parse"),
            Self::RolledBack { held, found } => write!(
                formatter,
                "version {found} came while version {held} is in hand; the newer is kept"
            ),
        }
    }
}

impl std::error::Error for ListError {}

#[cfg(test)]
mod tests {
    use super::{ListError, Lookup, RevocationList, Revocations};
    use crate::key_ring::KeyRing;

    #[test]
    fn seals_and_opens_what_it_holds() {
        let keys = KeyRing::generate([1; 32]);
        let list = RevocationList::empty(3, 10, 20).next([7, 9, 1_000_000], [], 11, 21);
        let opened = RevocationList::open(&list.seal(&keys), 3, &keys).unwrap();
        assert_eq!(opened, list);
        assert_eq!(opened.version(), 2);
        assert_eq!(opened.serials().collect::<Vec<_>>(), [7, 9, 1_000_000]);
    }

    #[test]
    fn keeps_the_newer_list_and_never_takes_missing_for_empty() {
        let mut revocations = Revocations::default();
        assert!(matches!(revocations.lookup(0, 10), Lookup::Unknown));
        revocations.note_missing(0, 10);
        revocations.note_missing(0, 12);
        assert!(matches!(revocations.lookup(0, 13), Lookup::Missing { since: 10 }));
        let old = RevocationList::empty(0, 10, 20);
        let new = old.next([7], [], 11, 21);
        revocations.accept(new.clone()).unwrap();
        assert_eq!(
            revocations.accept(old),
            Err(ListError::RolledBack { held: 2, found: 1 })
        );
        revocations.note_missing(0, 13);
        assert!(matches!(revocations.lookup(0, 20), Lookup::InForce(list) if *list == new));
        assert!(matches!(revocations.lookup(0, 21), Lookup::Stale(list) if *list == new));
    }
}
