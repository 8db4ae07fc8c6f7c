//! The lifetime of a new token.

use std::time::Duration;

use lychgate::ledger::MAXIMUM_LIFETIME_SECONDS;

use crate::clock;

/// A token's lifetime.
#[derive(Clone, Copy)]
pub(crate) enum Lifetime {
    For(Duration),
    Unlimited,
}

impl Lifetime {
    /// Parses a duration that a token may have, or `never` for one that does not expire.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Unlimited);
        }
        parse_lifetime(text).map(Self::For)
    }
}

/// Reads a duration that a token may have.
pub(crate) fn parse_lifetime(text: &str) -> Result<Duration, String> {
    let duration = clock::parse_duration(text)?;
    let longest = u64::from(MAXIMUM_LIFETIME_SECONDS);
    if duration.as_secs() > longest {
        return Err(format!("a token is valid for {} days at most", longest / 86_400));
    }
    Ok(duration)
}
