//! The claims of a token, and the form of each part. Knows nothing of bytes on the wire.

use std::fmt;
use std::str::{self, FromStr};

use serde::{Deserialize, Serialize};

use super::{FieldError, Restrictions, Role};
use crate::calendar::Timestamp;

/// The word before the underscore, one per deployment: `[a-z][a-z0-9]{1,9}`, such as `hub`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The prefix without its underscore.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self("hub".to_owned())
    }
}

impl FromStr for Prefix {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let starts_with_letter = text.starts_with(|first: char| first.is_ascii_lowercase());
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if starts_with_letter && plain && (2..=10).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(FieldError::Prefix)
        }
    }
}

/// What the subject of a token is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BearerKind {
    /// A person.
    #[default]
    User,
    /// A program that an organization runs.
    ServiceAccount,
}

impl BearerKind {
    /// `user` or `service_account`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServiceAccount => "service_account",
        }
    }

    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            Self::User => 1,
            Self::ServiceAccount => 2,
        }
    }

    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::User),
            2 => Some(Self::ServiceAccount),
            _ => None,
        }
    }
}

/// The user of a token, in the origin's spelling: 1 to 64 bytes of `A-Z a-z 0-9 . _ -`, of which the first is a
/// letter or a digit and the last is no dot.
///
/// A subject is a segment of paths (`/-/api/subjects/{subject}/tokens`, the own namespace) and a key of stores. So there is
/// none by the name of a folder (`.`, `..`), of a hidden file, of the gate's own paths (`-`), of an option (`-x`), or of what
/// every JavaScript object has (`__proto__`); and none that some file systems take for another (`alice.`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    bytes: [u8; Subject::MAXIMUM_BYTES],
    length: usize,
}

impl Subject {
    /// The longest subject.
    pub const MAXIMUM_BYTES: usize = 64;

    /// The name itself.
    pub fn as_str(&self) -> &str {
        let name = self.bytes.get(..self.length).unwrap_or_default();
        str::from_utf8(name).unwrap_or_default()
    }

    pub(crate) fn from_bytes(name: &[u8]) -> Option<Self> {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let begins_well = name.first().is_some_and(u8::is_ascii_alphanumeric);
        if !begins_well || name.last() == Some(&b'.') || !name.iter().all(plain) {
            return None;
        }
        let mut bytes = [0; Self::MAXIMUM_BYTES];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        Some(Self {
            bytes,
            length: name.len(),
        })
    }
}

impl FromStr for Subject {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        Self::from_bytes(text.as_bytes()).ok_or(FieldError::Subject)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Subject({})", self.as_str())
    }
}

/// A token's public id, `shard-serial`, such as `0-1742`. It is never secret and may appear in logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId {
    /// The shard: the ledger that issued it, and the revocation list that may contain it.
    pub shard: u16,
    /// Its number in that shard.
    pub serial: u32,
}

impl fmt::Display for TokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.shard, self.serial)
    }
}

impl FromStr for TokenId {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let (shard, serial) = text.split_once('-').ok_or(FieldError::TokenId)?;
        let id = Self {
            shard: shard.parse().map_err(|_| FieldError::TokenId)?,
            serial: serial.parse().map_err(|_| FieldError::TokenId)?,
        };
        // One id has one spelling: no sign, no leading zero.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(FieldError::TokenId)
        }
    }
}

/// The part of a token's lifetime during which its holder is told that it will expire: a tenth.
const WARNING_PART: Timestamp = 10;

/// The longest such time: a week, so people who come daily are told several times.
const MAXIMUM_WARNING_SECONDS: Timestamp = 7 * 24 * 60 * 60;

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The most that the token allows, before restrictions: see [`Claims::effective_role`].
    pub role: Role,
    /// What the subject is.
    pub bearer: BearerKind,
    /// The user.
    pub subject: Subject,
    /// The public id.
    pub id: TokenId,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// The time from which it is refused, before restrictions: see [`Claims::effective_expiry`]; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// What limits it beyond that.
    pub restrictions: Restrictions,
}

impl Claims {
    /// What it may do at most, restrictions included.
    pub fn effective_role(&self) -> Role {
        self.restrictions.cap_role(self.role)
    }

    /// From when on it is refused, restrictions included; `None` is never.
    pub fn effective_expiry(&self) -> Option<Timestamp> {
        self.restrictions.cap_expiry(self.expires_at)
    }

    /// When the token expires, if that is soon enough to tell its holder: in the last tenth of its lifetime, but at the
    /// earliest in its last week.
    pub fn expires_soon(&self, now: Timestamp) -> Option<Timestamp> {
        let expires_at = self.effective_expiry()?;
        let life = expires_at.saturating_sub(self.issued_at);
        let warning = (life / WARNING_PART).min(MAXIMUM_WARNING_SECONDS);
        (expires_at.saturating_sub(now) <= warning).then_some(expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::{BearerKind, Claims, Role, TokenId};
    use crate::token::Restrictions;

    const DAY: u32 = 24 * 60 * 60;

    #[test]
    fn tells_of_the_end_in_the_last_tenth_and_at_most_a_week_before() {
        let token = |expires_at| Claims {
            role: Role::Read,
            subject: "alice".parse().unwrap(),
            id: TokenId { shard: 0, serial: 1 },
            issued_at: 1_000,
            expires_at,
            bearer: BearerKind::User,
            restrictions: Restrictions::default(),
        };
        let day = token(Some(1_000 + DAY));
        assert_eq!(day.expires_soon(1_000 + DAY - DAY / 10 - 1), None);
        assert_eq!(day.expires_soon(1_000 + DAY - DAY / 10), Some(1_000 + DAY));
        let year = token(Some(1_000 + 365 * DAY));
        assert_eq!(year.expires_soon(1_000 + 358 * DAY - 1), None);
        assert_eq!(year.expires_soon(1_000 + 358 * DAY), Some(1_000 + 365 * DAY));
        assert_eq!(token(None).expires_soon(u32::MAX), None);
    }
}
