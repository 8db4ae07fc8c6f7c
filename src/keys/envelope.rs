//! The envelope around records in a store that others may be able to write to.
//!
//! It consists of a magic, a format version and the id of the key; then fields of fixed length and the content, as the
//! format defines them; and at the end an HMAC-SHA-256 over all of it. Knows nothing of the content.

use std::fmt;

use crate::keys::{DERIVED_KEY_BYTES, KeyId, KeyRing, Purpose};

const MAGIC_BYTES: usize = 4;

/// The length of magic, format version and key id together.
pub(crate) const START_BYTES: usize = MAGIC_BYTES + 2;

/// One format of envelopes, with `HEADER` bytes of fields after the key id.
pub(crate) struct Envelope<const HEADER: usize> {
    /// The first bytes of every envelope of this format.
    pub(crate) magic: [u8; MAGIC_BYTES],
    /// The one format version that this gate reads.
    pub(crate) version: u8,
    /// The purpose whose derived key seals it.
    pub(crate) purpose: Purpose,
    /// The largest envelope that is opened.
    pub(crate) maximum_bytes: usize,
}

impl<const HEADER: usize> Envelope<HEADER> {
    /// The length of an envelope without its content.
    pub(crate) const OWN_BYTES: usize = START_BYTES + HEADER + DERIVED_KEY_BYTES;

    /// Seals the fields, and the content that `write` appends to them, with the active key.
    pub(crate) fn seal(
        &self,
        header: [u8; HEADER],
        bytes: usize,
        write: impl FnOnce(&mut Vec<u8>),
        keys: &KeyRing,
    ) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(Self::OWN_BYTES + bytes);
        sealed.extend(self.magic);
        sealed.extend([self.version, keys.active()]);
        sealed.extend(header);
        write(&mut sealed);
        let seal = keys.sign(self.purpose, &[&sealed]);
        sealed.extend(seal);
        sealed
    }

    /// Opens an envelope: returns its fields and its content. It checks the seal before it looks at either.
    ///
    /// # Errors
    /// [`EnvelopeError`]: the first check that fails.
    pub(crate) fn open<'a>(
        &self,
        sealed: &'a [u8],
        keys: &KeyRing,
    ) -> Result<(&'a [u8; HEADER], &'a [u8]), EnvelopeError> {
        if sealed.len() > self.maximum_bytes {
            return Err(EnvelopeError::Long {
                bytes: sealed.len(),
                at_most: self.maximum_bytes,
            });
        }
        let (signed, seal) = sealed
            .split_last_chunk::<DERIVED_KEY_BYTES>()
            .ok_or(EnvelopeError::Short)?;
        let (start, fields) = signed
            .split_first_chunk::<START_BYTES>()
            .ok_or(EnvelopeError::Short)?;
        let (header, rest) = fields.split_first_chunk::<HEADER>().ok_or(EnvelopeError::Short)?;
        let [m0, m1, m2, m3, version, key_id] = *start;
        if [m0, m1, m2, m3] != self.magic {
            return Err(EnvelopeError::Magic);
        }
        if version != self.version {
            return Err(EnvelopeError::Version {
                found: version,
                known: self.version,
            });
        }
        let genuine = keys
            .verify(key_id, self.purpose, &[signed], seal)
            .map_err(|_| EnvelopeError::UnknownKey { key_id })?;
        if !genuine {
            return Err(EnvelopeError::Seal);
        }
        Ok((header, rest))
    }

    /// The id of the key that an envelope names; `None` if the bytes are no envelope of this format.
    pub(crate) fn key_id(&self, sealed: &[u8]) -> Option<KeyId> {
        let after_magic = sealed.strip_prefix(&self.magic)?;
        after_magic.get(1).copied()
    }
}

/// Why an envelope cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Longer than any envelope that is opened.
    Long {
        /// Its length.
        bytes: usize,
        /// The greatest length that is opened.
        at_most: usize,
    },
    /// Too short for fields and a seal: truncated.
    Short,
    /// Not an envelope of this format.
    Magic,
    /// A format version that this gate does not know.
    Version {
        /// The version that was found.
        found: u8,
        /// The version that the gate knows.
        known: u8,
    },
    /// Sealed with a root key that the ring does not have.
    UnknownKey {
        /// The key's id.
        key_id: u8,
    },
    /// The seal does not match: the envelope was changed, or sealed with another key.
    Seal,
}

/// The error as one word for machines, prefixed with the kind of the content: `list_short`.
macro_rules! envelope_code {
    ($error:expr, $inside:literal) => {
        match $error {
            EnvelopeError::Long { .. } => concat!($inside, "_long"),
            EnvelopeError::Short => concat!($inside, "_short"),
            EnvelopeError::Magic => concat!($inside, "_magic"),
            EnvelopeError::Version { .. } => concat!($inside, "_version"),
            EnvelopeError::UnknownKey { .. } => concat!($inside, "_unknown_key"),
            EnvelopeError::Seal => concat!($inside, "_seal"),
        }
    };
}
pub(crate) use envelope_code;

/// A predicate; the caller prints the subject before it: "the list …".
impl fmt::Display for EnvelopeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long { bytes, at_most } => {
                write!(formatter, "has {bytes} bytes; the limit is {at_most}")
            }
            Self::Short => formatter.write_str("is truncated"),
            Self::Magic => formatter.write_str("has the wrong first bytes: it is something else"),
            Self::Version { found, known } => {
                write!(formatter, "has format version {found}; only {known} is supported")
            }
            Self::UnknownKey { key_id } => {
                write!(
                    formatter,
                    "is sealed with key {key_id}, which is not in the key ring"
                )
            }
            Self::Seal => formatter
                .write_str("has a seal that does not match: it was changed, or sealed with another key ring"),
        }
    }
}

impl std::error::Error for EnvelopeError {}
