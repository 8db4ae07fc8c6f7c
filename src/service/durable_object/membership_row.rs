//! A subject's row in the table of memberships. Knows nothing of KV, or of when a row changes.

use serde::Deserialize;

use super::Ledger;
use super::store::{StoreError, Values};
use crate::json::from_slice;
use crate::keys::KeyRing;
use crate::ledger::Membership;
use crate::state::{MembershipRecord, Roles};
use crate::token::{Subject, Timestamp};

/// A row of the table `memberships`: what is to be published of one subject, and how far that is.
#[derive(Clone, Deserialize)]
pub(super) struct MembershipRow {
    pub(super) subject: String,
    pub(super) version: u64,
    written_at: Timestamp,
    /// As JSON.
    roles: String,
    /// The newest version that KV has confirmed; 0 is none.
    pub(super) published: u64,
    /// The attempts to publish since the last that succeeded.
    pub(super) failures: u32,
}

impl MembershipRow {
    /// The roles by namespace.
    pub(super) fn roles(&self) -> Result<Roles, StoreError> {
        from_slice::<Roles>(self.roles.as_bytes())
            .map_err(|_| StoreError("a membership's roles do not parse".to_owned()))
    }

    /// What the API shows of it.
    pub(super) fn membership(&self) -> Result<Membership, StoreError> {
        Ok(Membership {
            subject: self.subject.clone(),
            version: self.version,
            written_at: Some(self.written_at),
            memberships: self.roles()?,
            published: self.published >= self.version,
        })
    }

    /// Whether a change of it is yet to be published.
    pub(super) fn is_pending(&self) -> bool {
        self.published < self.version
    }

    /// Its record for KV, sealed with the active key.
    pub(super) fn seal(&self, valid_until: Timestamp, keys: &KeyRing) -> Result<Vec<u8>, StoreError> {
        let subject = read_subject(&self.subject)?;
        let times = (self.written_at, valid_until);
        Ok(MembershipRecord::new(subject, self.version, times, self.roles()?).seal(keys))
    }
}

impl Ledger {
    /// A subject's row.
    pub(super) fn membership_row(&self, subject: &str) -> Result<Option<MembershipRow>, StoreError> {
        self.store.row(
            "SELECT * FROM memberships WHERE subject = ?",
            Values::none().text(subject),
        )
    }
}

/// The subject that a row or a request names.
pub(super) fn read_subject(subject: &str) -> Result<Subject, StoreError> {
    subject
        .parse()
        .map_err(|_| StoreError("a membership's subject is none".to_owned()))
}
