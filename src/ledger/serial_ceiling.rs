//! The ceiling of a shard's serials: sealed, and kept where the ledger's own storage is not. A ledger gives out no serial at
//! or above the ceiling that it has written there, so that a ledger whose storage is lost, or older than it should be,
//! goes on above all that were given out.
//!
//! | bytes | field (numbers big-endian) |
//! | --- | --- |
//! | 4 | magic, `LYSC` |
//! | 1 | format version, 1 |
//! | 1 | key id of the seal |
//! | 2 | shard |
//! | 8 | ceiling: the lowest serial that has certainly not been given out |
//! | 32 | HMAC-SHA-256 over all of it, with the key ring's `list` key |

use std::error::Error;
use std::fmt;

use crate::keys::envelope::{Envelope, EnvelopeError, envelope_code};
use crate::keys::{KeyId, KeyRing, Purpose};

/// Shard and ceiling.
const HEADER_BYTES: usize = 10;

const ENVELOPE: Envelope<HEADER_BYTES> = Envelope {
    magic: *b"LYSC",
    version: 1,
    purpose: Purpose::List,
    maximum_bytes: Envelope::<HEADER_BYTES>::OWN_BYTES,
};

/// How many serials the first block of a run holds: what is lost of them when the ledger starts again. A shard has 2^32.
const SMALLEST_BLOCK: u64 = 64;

/// How many serials a block holds at most: KV takes one write of a key a second, and a ledger makes about a thousand
/// tokens in that time.
const LARGEST_BLOCK: u64 = 4_096;

/// One more than the highest serial there can be.
pub const END_OF_SERIALS: u64 = 1 << 32;

/// The ceiling of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SerialCeiling {
    /// Whose serials.
    pub shard: u16,
    /// The lowest serial that has certainly not been given out.
    pub ceiling: u64,
}

impl SerialCeiling {
    /// Seals the ceiling with the active key.
    pub fn seal(self, keys: &KeyRing) -> Vec<u8> {
        let ([s0, s1], [c0, c1, c2, c3, c4, c5, c6, c7]) =
            (self.shard.to_be_bytes(), self.ceiling.to_be_bytes());
        let header = [s0, s1, c0, c1, c2, c3, c4, c5, c6, c7];
        ENVELOPE.seal(header, 0, |_| {}, keys)
    }

    /// Opens a sealed ceiling that must be `shard`'s. Nothing is parsed before the seal is checked.
    ///
    /// # Errors
    /// [`CeilingError`] says what is wrong with it.
    pub fn open(sealed: &[u8], shard: u16, keys: &KeyRing) -> Result<Self, CeilingError> {
        let ([s0, s1, c0, c1, c2, c3, c4, c5, c6, c7], _rest_is_empty) =
            ENVELOPE.open(sealed, keys).map_err(CeilingError::Envelope)?;
        if u16::from_be_bytes([*s0, *s1]) != shard {
            return Err(CeilingError::Shard);
        }
        Ok(Self {
            shard,
            ceiling: u64::from_be_bytes([*c0, *c1, *c2, *c3, *c4, *c5, *c6, *c7]),
        })
    }

    /// With which key a sealed ceiling says that it was sealed; `None` where it is none.
    pub fn key_id(sealed: &[u8]) -> Option<KeyId> {
        ENVELOPE.key_id(sealed)
    }

    /// How many serials to reserve after a block of that many, 0 where there was none in this run: twice as many, so that
    /// a start loses few serials and a bulk of tokens waits for few writes.
    pub fn next_block(last: u64) -> u64 {
        last.saturating_mul(2).clamp(SMALLEST_BLOCK, LARGEST_BLOCK)
    }
}

/// Why a ceiling does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CeilingError {
    /// The envelope does not open.
    Envelope(EnvelopeError),
    /// Another shard's ceiling.
    Shard,
}

impl CeilingError {
    /// The fault as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Envelope(error) => envelope_code!(error, "ceiling"),
            Self::Shard => "ceiling_shard",
        }
    }
}

impl fmt::Display for CeilingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Envelope(error) => write!(formatter, "the ceiling of serials {error}"),
            Self::Shard => formatter.write_str("the ceiling of serials is another shard's than its key says"),
        }
    }
}

impl Error for CeilingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Envelope(error) => Some(error),
            Self::Shard => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CeilingError, LARGEST_BLOCK, SMALLEST_BLOCK, SerialCeiling};
    use crate::keys::envelope::EnvelopeError;
    use crate::keys::{KeyRing, Purpose};

    const CEILING: SerialCeiling = SerialCeiling {
        shard: 0x0102,
        ceiling: 0x0304_0506,
    };

    #[test]
    fn seals_and_opens_what_it_holds() {
        let keys = KeyRing::generate([1; 32]);
        let sealed = CEILING.seal(&keys);
        assert!(sealed.starts_with(b"LYSC\x01\x01\x01\x02\0\0\0\0\x03\x04\x05\x06"));
        assert_eq!(sealed.len(), 16 + 32);
        assert_eq!(SerialCeiling::key_id(&sealed), Some(1));
        assert_eq!(SerialCeiling::open(&sealed, 0x0102, &keys), Ok(CEILING));
        assert_eq!(SerialCeiling::open(&sealed, 1, &keys), Err(CeilingError::Shard));
    }

    #[test]
    fn refuses_what_was_changed() {
        let keys = KeyRing::generate([1; 32]);
        let sealed = CEILING.seal(&keys);
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(SerialCeiling::open(&changed, 0x0102, &keys).is_err(), "{index}");
            assert!(
                SerialCeiling::open(&sealed[..index], 0x0102, &keys).is_err(),
                "{index}"
            );
        }
        let mut longer = sealed[..16].to_vec();
        longer.push(0);
        let seal = keys.sign(Purpose::List, &[&longer]);
        longer.extend(seal);
        assert_eq!(
            SerialCeiling::open(&longer, 0x0102, &keys),
            Err(CeilingError::Envelope(EnvelopeError::Long {
                bytes: 49,
                at_most: 48
            }))
        );
    }

    #[test]
    fn blocks_grow_and_stay_bounded() {
        let mut blocks = vec![SerialCeiling::next_block(0)];
        while blocks.len() < 9 {
            blocks.push(SerialCeiling::next_block(*blocks.last().unwrap()));
        }
        assert_eq!(blocks, [64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]);
        assert_eq!(SerialCeiling::next_block(u64::MAX), LARGEST_BLOCK);
        assert_eq!(blocks.first(), Some(&SMALLEST_BLOCK));
    }
}
