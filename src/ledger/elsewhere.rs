//! A subject's tokens in the ledgers of other shards.

use serde::{Deserialize, Serialize};

/// A subject's tokens in other shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// How many tokens that are accepted, those in their grace included.
    pub accepted: u32,
    /// Whether one of them has the name in question.
    pub holds_name: bool,
}
