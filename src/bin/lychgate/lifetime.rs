//! The lifetime of a new token.

use std::time::Duration;

use crate::clock;

/// A token's lifetime.
#[derive(Clone, Copy)]
pub(crate) enum Lifetime {
    For(Duration),
    Unlimited,
}

impl Lifetime {
    /// Parses a duration, or `never` for a token that does not expire.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Unlimited);
        }
        clock::parse_duration(text).map(Self::For)
    }
}
