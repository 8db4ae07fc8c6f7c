//! The layout of a token's text: which bytes are where.
//!
//! `<prefix>_<body>`, at most 512 characters; the body is unpadded base64url (RFC 4648 section 5) of
//!
//! | bytes | field |
//! | --- | --- |
//! | 1 | version, 2 |
//! | 1 | role: 1 read, 2 write |
//! | 1 | bearer: 1 user, 2 service account |
//! | 1 | key id |
//! | 4 | issued at, seconds since 1970, big-endian |
//! | 4 | expires at, likewise; 0 = never |
//! | 2 | shard, big-endian |
//! | 4 | serial, big-endian |
//! | 1 | length of the subject |
//! | 1..=64 | subject |
//! | each 1 + 1 + n | at most 8 restrictions: kind, length of the value, value |
//! | 16 | tag |
//! | 4 | CRC-32 (IEEE 802.3) of all bytes above, big-endian |
//!
//! Knows nothing of keys, or of what a field's value means.

use std::sync::LazyLock;

use crc::{CRC_32_ISO_HDLC, Crc};

use super::claims::Subject;
use super::restriction::WireRestrictions;

/// The version of the format.
pub(crate) const VERSION: u8 = 2;
/// All before the subject, its length included.
pub(crate) const FIXED_BYTES: usize = 19;
pub(crate) const TAG_BYTES: usize = 16;
pub(crate) const CHECKSUM_BYTES: usize = 4;
/// CRC-32 (IEEE) with a table of 1 KiB, made at the first use: nothing compresses it, and every edge and page would have to load it.
/// Larger tables are faster only for texts longer than tokens.
pub(crate) static CHECKSUM: LazyLock<Crc<u32>> = LazyLock::new(|| Crc::<u32>::new(&CRC_32_ISO_HDLC));
/// The longest text: what fits in any header, and is read at every use.
pub(crate) const MAXIMUM_TEXT_BYTES: usize = 512;
pub(crate) const MINIMUM_BODY_BYTES: usize = FIXED_BYTES + 1 + TAG_BYTES + CHECKSUM_BYTES;
/// The longest body, behind the shortest prefix: two characters and the underscore.
pub(crate) const MAXIMUM_BODY_BYTES: usize = (MAXIMUM_TEXT_BYTES - 3) * 3 / 4;
/// The shortest body in base64url characters.
pub(crate) const MINIMUM_BODY_CHARACTERS: usize = (MINIMUM_BODY_BYTES * 4).div_ceil(3);

/// The parts of a body before its checksum.
#[derive(Clone, Copy)]
pub(crate) struct Layout<'a> {
    /// All up to and including the subject.
    pub(crate) signed: &'a [u8],
    /// All restrictions, whole.
    pub(crate) restrictions: WireRestrictions<'a>,
    /// All before the tag: the two above.
    pub(crate) before_tag: &'a [u8],
    /// The last tag of the chain.
    pub(crate) tag: &'a [u8; TAG_BYTES],
}

impl<'a> Layout<'a> {
    /// Of a body without its checksum; `None` where its lengths do not add up.
    pub(crate) fn of(summed: &'a [u8]) -> Option<Self> {
        let (before_tag, tag) = summed.split_last_chunk()?;
        let length = before_tag.get(FIXED_BYTES.checked_sub(1)?).copied()?;
        let subject = usize::from(length);
        if !(1..=Subject::MAXIMUM_BYTES).contains(&subject) {
            return None;
        }
        let (signed, restrictions) = before_tag.split_at_checked(FIXED_BYTES.checked_add(subject)?)?;
        Some(Self {
            signed,
            restrictions: WireRestrictions::whole(restrictions)?,
            before_tag,
            tag,
        })
    }
}
