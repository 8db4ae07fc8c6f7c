//! What the ledger holds of a token, as the management API shows it.

use serde::{Deserialize, Serialize};

use crate::token::Timestamp;

/// A token's row, at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Its public name.
    pub id: String,
    /// Whom it stands for.
    pub subject: String,
    /// What the subject calls it.
    pub name: String,
    /// `read` or `write`.
    pub role: String,
    /// How it stands at that moment.
    pub state: TokenState,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// From when on it is refused; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked; in the future during its grace period.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revocation_reason: Option<RevocationReason>,
    /// The id of the token that it was refreshed to.
    pub replaced_by: Option<String>,
    /// The last day on which its use was reported, `YYYY-MM-DD`.
    pub last_used_on: Option<String>,
}

/// How a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    /// Accepted.
    Live,
    /// Accepted until its grace is over or its successor is used.
    InGrace,
    /// Refused: on the list, or its root key is no longer in the key ring.
    Revoked,
    /// Refused by its own word.
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
    /// Its grace after a refresh is over.
    Refreshed,
    /// Its successor was used.
    Replaced,
    /// Someone found it where it should not be.
    Reported,
    /// Its root key is no longer in the key ring.
    KeyRemoved,
}

impl RevocationReason {
    /// The reason as tables and answers spell it.
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
