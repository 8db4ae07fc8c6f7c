//! The envelope of what the gate keeps in a store that anyone might write to: a magic, a format version and the id of
//! the key; then what the format says, which begins with fields of a fixed length; and at the end an HMAC-SHA-256 over
//! all of it. Knows nothing of what is inside.

use std::fmt;

use crate::keys::{DERIVED_KEY_BYTES, KeyId, KeyRing, Purpose};

const MAGIC_BYTES: usize = 4;

/// Magic, format version and key id.
pub(crate) const START_BYTES: usize = MAGIC_BYTES + 2;

/// One format of envelopes, with fields of `HEADER` bytes after its start.
pub(crate) struct Envelope<const HEADER: usize> {
    /// What it begins with.
    pub(crate) magic: [u8; MAGIC_BYTES],
    /// The format version that is known.
    pub(crate) version: u8,
    /// Whose derived key seals it.
    pub(crate) purpose: Purpose,
    /// The largest that is opened.
    pub(crate) maximum_bytes: usize,
}

impl<const HEADER: usize> Envelope<HEADER> {
    /// How many bytes it takes beside what comes after the fields.
    pub(crate) const OWN_BYTES: usize = START_BYTES + HEADER + DERIVED_KEY_BYTES;

    /// Seals the fields, and the `bytes` that `write` adds after them, with the active key.
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

    /// The fields, and what comes after them. Nothing of either is looked at before the seal is checked.
    ///
    /// # Errors
    /// [`EnvelopeError`] says what is wrong with it.
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

    /// With which key an envelope says that it was sealed; `None` where it is none.
    pub(crate) fn key_id(&self, sealed: &[u8]) -> Option<KeyId> {
        let after_magic = sealed.strip_prefix(&self.magic)?;
        after_magic.get(1).copied()
    }
}

/// Why an envelope does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Longer than any that is opened.
    Long {
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        at_most: usize,
    },
    /// Too short to hold fields and a seal: cut off.
    Short,
    /// Not of this format at all.
    Magic,
    /// A format version that this gate does not know.
    Version {
        /// The version.
        found: u8,
        /// The one that is known.
        known: u8,
    },
    /// Sealed with a root key that the ring does not have.
    UnknownKey {
        /// The key's id.
        key_id: u8,
    },
    /// The seal does not fit: changed, or sealed by something else.
    Seal,
}

/// The fault as one word for machines, which begins with the word for what is inside: `list_short`.
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

/// To be read after what it is about: "the list …".
impl fmt::Display for EnvelopeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long { bytes, at_most } => {
                write!(formatter, "has {bytes} bytes; at most {at_most} are opened")
            }
            Self::Short => formatter.write_str("is cut short"),
            Self::Magic => formatter.write_str("does not begin as one does: it is something else"),
            Self::Version { found, known } => {
                write!(formatter, "has format version {found}; {known} is known")
            }
            Self::UnknownKey { key_id } => {
                write!(
                    formatter,
                    "is sealed with key {key_id}, which is not in the key ring"
                )
            }
            Self::Seal => formatter
                .write_str("has a seal that does not fit: it was changed, or sealed with another key ring"),
        }
    }
}

impl std::error::Error for EnvelopeError {}
