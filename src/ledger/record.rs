//! The ledger's record of a token, in the form of the management API.

use serde::{Deserialize, Serialize};

use crate::token::{BearerKind, Restrictions, Timestamp};

/// A token's row at a given time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// The public id.
    pub id: String,
    /// The token's user.
    pub subject: String,
    /// The name that the subject gave it.
    pub name: String,
    /// `read` or `write`: the most that it allows.
    pub role: String,
    /// What the subject is: a token of a service account was minted by hand.
    pub bearer: BearerKind,
    /// What limits it beyond that. Of an adopted token: what limited it whenever it was used, which is what it was minted
    /// with, or more.
    pub restrictions: Restrictions,
    /// The token's state at that time.
    pub state: TokenState,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// The time from which it is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// The time of its revocation; in the future during its grace period.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revocation_reason: Option<RevocationReason>,
    /// The id of the token that it was refreshed to.
    pub replaced_by: Option<String>,
    /// The last day on which its use was reported, `YYYY-MM-DD`.
    pub last_used_on: Option<String>,
}

/// The state of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Accepted.
    Live,
    /// Accepted until its grace period is over or its successor is used.
    InGrace,
    /// Refused: on the list, or its root key is no longer in the key ring.
    Revoked,
    /// Refused: it has expired.
    Expired,
}

impl TokenState {
    /// The state of a token with these times of revocation and expiry.
    pub fn at(now: Timestamp, revoked_at: Option<Timestamp>, expires_at: Option<Timestamp>) -> Self {
        let is_past = |time: Option<Timestamp>| time.is_some_and(|time| time <= now);
        if is_past(revoked_at) {
            Self::Revoked
        } else if is_past(expires_at) {
            Self::Expired
        } else if revoked_at.is_some() {
            Self::InGrace
        } else {
            Self::Live
        }
    }
}

/// Why a token was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// By an admin or its holder.
    Requested,
    /// The grace period of its refresh is over.
    Refreshed,
    /// Its successor was used.
    Replaced,
    /// Someone found it where it should not be.
    Reported,
    /// Its root key is no longer in the key ring.
    KeyRemoved,
}

impl RevocationReason {
    /// The reason's name in tables and responses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Refreshed => "refreshed",
            Self::Replaced => "replaced",
            Self::Reported => "reported",
            Self::KeyRemoved => "key_removed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenState;

    #[test]
    fn a_token_is_what_comes_first() {
        for (revoked_at, expires_at, state) in [
            (None, None, TokenState::Live),
            (None, Some(101), TokenState::Live),
            (None, Some(100), TokenState::Expired),
            (Some(101), None, TokenState::InGrace),
            (Some(101), Some(100), TokenState::Expired),
            (Some(100), None, TokenState::Revoked),
            (Some(100), Some(100), TokenState::Revoked),
        ] {
            assert_eq!(TokenState::at(100, revoked_at, expires_at), state);
        }
    }
}
