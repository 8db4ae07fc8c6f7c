//! A subject's membership, in the form of the management API.

use serde::{Deserialize, Serialize};

use crate::state::Roles;
use crate::token::Timestamp;

/// A subject's roles in organizations, and whether they are published to the edges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The subject.
    pub subject: String,
    /// The record's version, which increases by one with every change; 0 before the first.
    pub version: u64,
    /// The time of the last change.
    pub written_at: Option<Timestamp>,
    /// The roles by namespace.
    pub memberships: Roles,
    /// Whether this version, or a later one, is published.
    pub published: bool,
}

impl Membership {
    /// The membership of a subject without any roles so far.
    pub fn none(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            version: 0,
            written_at: None,
            memberships: Roles::default(),
            published: true,
        }
    }
}
