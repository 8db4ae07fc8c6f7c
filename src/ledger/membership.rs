//! A subject's membership as the management API shows it.

use serde::{Deserialize, Serialize};

use crate::state::Roles;
use crate::token::Timestamp;

/// What a subject is in organizations, and whether the edges can know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Whose.
    pub subject: String,
    /// The record's version, which grows by one with every change; 0 before the first.
    pub version: u64,
    /// When it last changed.
    pub written_at: Option<Timestamp>,
    /// The roles by namespace.
    pub memberships: Roles,
    /// Whether this version, or a later one, is published.
    pub published: bool,
}

impl Membership {
    /// The membership of a subject that never had any.
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
