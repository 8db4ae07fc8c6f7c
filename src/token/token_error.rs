//! Why a text is not a valid token of this deployment. Knows nothing of how a token is read or verified.

use std::fmt;

use super::layout::{MAXIMUM_TEXT_BYTES, MINIMUM_BODY_CHARACTERS, VERSION};
use crate::token::{Timestamp, TokenId};

/// Why a text is not a valid token of this deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Too short or too long to be a token.
    Length,
    /// Another prefix, or none.
    Prefix,
    /// Characters, padding or trailing bits that unpadded base64url does not have.
    Alphabet,
    /// The CRC-32 does not match: mistyped, truncated, or never a token.
    Checksum,
    /// A format version that this gate does not know.
    Version,
    /// The lengths within do not add up, or there are too many restrictions.
    Structure,
    /// Made with a root key that is not, or no longer, in the ring.
    UnknownKey,
    /// The tag does not match: forged, or a restriction was changed or taken away.
    Signature,
    /// Genuine, but with a role, bearer or subject outside the format: made by something else that holds the key.
    Claims,
    /// Genuine, but with a restriction that is not known or malformed, which allows nothing.
    Restriction,
    /// Genuine, but expired.
    Expired {
        /// The token's public id.
        id: TokenId,
        /// The current time.
        now: Timestamp,
        /// The time from which it is refused.
        expired_at: Timestamp,
    },
}

impl TokenError {
    /// The error as one word for machines, more specific than the refusal's code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Prefix => "prefix",
            Self::Alphabet => "alphabet",
            Self::Checksum => "checksum",
            Self::Version => "version",
            Self::Structure => "structure",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Restriction => "restriction",
            Self::Expired { .. } => "expired",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(
                formatter,
                "the length is wrong: a token has at most {MAXIMUM_TEXT_BYTES} characters, and at least \
                 {MINIMUM_BODY_CHARACTERS} after the prefix and its underscore"
            ),
            Self::Prefix => write!(formatter, "the prefix is not this deployment's"),
            Self::Alphabet => write!(
                formatter,
                "it is not unpadded base64url after the prefix: a character is wrong, added or lost"
            ),
            Self::Checksum => write!(
                formatter,
                "the checksum does not match: a character was changed, added or lost"
            ),
            Self::Version => write!(formatter, "the format version is not {VERSION}"),
            Self::Structure => write!(formatter, "the lengths within it do not add up"),
            Self::UnknownKey => write!(
                formatter,
                "it was made with a root key that is not in the key ring"
            ),
            Self::Signature => write!(formatter, "the HMAC does not match, so it was not made here"),
            Self::Claims => write!(formatter, "its role, bearer or subject is outside the format"),
            Self::Restriction => write!(formatter, "a restriction of it is not known here, or malformed"),
            Self::Expired { now, expired_at, .. } => write!(
                formatter,
                "it expired {} seconds ago (at {expired_at}, in seconds since 1970)",
                now.saturating_sub(*expired_at)
            ),
        }
    }
}

impl std::error::Error for TokenError {}
