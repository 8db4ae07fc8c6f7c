//! How long a new token is valid.

use std::time::Duration;

use crate::clock;

/// How long a token is valid.
#[derive(Clone, Copy)]
pub(crate) enum Lifetime {
    For(Duration),
    Unlimited,
}

impl Lifetime {
    /// Reads a duration, or `never` for a token that does not expire.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Unlimited);
        }
        clock::parse_duration(text).map(Self::For)
    }
}
