//! What the ledger holds of a token, as the management API shows it.

use serde::{Deserialize, Serialize};

use crate::token::Timestamp;

const SECONDS_A_DAY: u32 = 86_400;

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
    /// When it was ended; in the future while it is ending.
    pub ended_at: Option<Timestamp>,
    /// Why it was ended.
    pub ended_reason: Option<EndReason>,
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
    Ending,
    /// Refused: on the list.
    Ended,
    /// Refused by its own word.
    Expired,
}

impl TokenState {
    /// How a token stands that ended then, or will, and expires then.
    pub fn at(now: Timestamp, ended_at: Option<Timestamp>, expires_at: Option<Timestamp>) -> Self {
        let is_past = |time: Option<Timestamp>| time.is_some_and(|time| time <= now);
        if is_past(ended_at) {
            Self::Ended
        } else if is_past(expires_at) {
            Self::Expired
        } else if ended_at.is_some() {
            Self::Ending
        } else {
            Self::Live
        }
    }
}

/// Why a token was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// By an admin or its holder.
    Deleted,
    /// Its grace after a refresh is over.
    Refreshed,
    /// Its successor was used.
    Replaced,
    /// Someone found it where it should not be.
    Reported,
}

impl EndReason {
    /// The reason as tables and answers spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Refreshed => "refreshed",
            Self::Replaced => "replaced",
            Self::Reported => "reported",
        }
    }
}

/// The number of a moment's day since 1970, UTC.
pub fn day(moment: Timestamp) -> u32 {
    moment / SECONDS_A_DAY
}

/// The day of that number, `YYYY-MM-DD` (RFC 3339 section 5.6).
///
/// After Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is the last.
pub fn day_name(day: u32) -> String {
    const DAYS_IN_400_YEARS: u32 = 146_097;
    let since_march_0000 = day + 719_468;
    let era = since_march_0000 / DAYS_IN_400_YEARS;
    let of_era = since_march_0000 % DAYS_IN_400_YEARS;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::{TokenState, day, day_name};

    #[test]
    fn names_days_as_calendars_do() {
        for (moment, name) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (u32::MAX, "2106-02-07"),
        ] {
            assert_eq!(day_name(day(moment)), name);
        }
    }

    #[test]
    fn a_token_is_what_comes_first() {
        for (ended_at, expires_at, state) in [
            (None, None, TokenState::Live),
            (None, Some(101), TokenState::Live),
            (None, Some(100), TokenState::Expired),
            (Some(101), None, TokenState::Ending),
            (Some(101), Some(100), TokenState::Expired),
            (Some(100), None, TokenState::Ended),
            (Some(100), Some(100), TokenState::Ended),
        ] {
            assert_eq!(TokenState::at(100, ended_at, expires_at), state);
        }
    }
}
