//! Memberships: one row a subject, whose record is published sealed in KV. A version is given once and never taken back, so that
//! no older record which an edge still holds can pass for the newer. Knows nothing of how records get into KV, or of what else
//! is there.

use super::audit::Change;
use super::found_members::key;
use super::membership_row::read_subject;
use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::ledger::{Action, Actor, MAXIMUM_BACKOFF_MILLISECONDS, Membership, SetMembership, pause_after};
use crate::service::time::now_milliseconds;
use crate::state::{MembershipRecord, Roles};
use crate::token::Timestamp;

impl Ledger {
    /// A subject's membership.
    pub(super) async fn membership(&self, subject: &str) -> Result<Membership, LedgerError> {
        self.take_over_membership(subject).await?;
        Ok(match self.membership_row(subject)? {
            Some(row) => row.membership()?,
            None => Membership::none(subject),
        })
    }

    /// A subject's record, sealed: of one that has none, a record without roles. What KV has lost is written there again.
    pub(super) async fn sealed_membership(&self, subject: &str) -> Result<Vec<u8>, LedgerError> {
        self.take_over_membership(subject).await?;
        let Some(row) = self.membership_row(subject)? else {
            let times = (0, self.valid_until());
            let none = MembershipRecord::new(read_subject(subject)?, 0, times, Roles::default());
            return Ok(none.seal(&self.settings.keys));
        };
        self.store.run(
            "UPDATE memberships SET due_at = ?1 WHERE subject = ?2 AND due_at IS NULL AND attempted_at < ?1 - ?3",
            Values::none()
                .large(now_milliseconds())
                .text(subject)
                .large(MAXIMUM_BACKOFF_MILLISECONDS),
        )?;
        self.schedule().await?;
        Ok(row.seal(self.valid_until(), &self.settings.keys)?)
    }

    /// Until when a record is in force that is sealed now.
    pub(super) fn valid_until(&self) -> Timestamp {
        now().saturating_add(self.settings.membership_valid_seconds)
    }

    /// Puts roles in place of those that a subject had. Gone is a record without any, for a version must not come
    /// again.
    pub(super) async fn set_membership(
        &self,
        set: &SetMembership,
        now: Timestamp,
    ) -> Result<Membership, LedgerError> {
        let is_known = self.refresh_membership(&set.subject).await?;
        self.changed(|| self.replace_roles(&set.subject, &set.roles, is_known, now))
            .await
    }

    /// Gives a subject the roles that a backup has of it, where neither this ledger nor KV has a newer word; whether that
    /// was so. Of a record in KV whose time is over, what it took away stays away.
    pub(super) async fn import_membership(
        &self,
        subject: &str,
        roles: &Roles,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        read_subject(subject)?;
        if self.membership_row(subject)?.is_some() {
            // An older copy of this ledger may have a role that a newer record took away.
            self.refresh_membership(subject).await?;
            return Ok(false);
        }
        let (roles, is_known) = match self.take_over_membership(subject).await {
            Ok(()) => (roles.clone(), true),
            Err(LedgerError::FoundMembershipExpired { roles: last, .. }) => (roles.capped_by(&last), false),
            Err(error) => return Err(error),
        };
        if self.membership_row(subject)?.is_some() || roles.is_empty() {
            return Ok(false);
        }
        self.changed(|| self.replace_roles(subject, &roles, is_known, now))
            .await?;
        Ok(true)
    }

    /// Goes by what KV holds of a subject before its roles are changed; whether that is known now.
    async fn refresh_membership(&self, subject: &str) -> Result<bool, LedgerError> {
        let Some(row) = self.membership_row(subject)? else {
            return match self.take_over_membership(subject).await {
                Ok(()) => Ok(true),
                // What it says is nobody's word by now; the change goes on above it when it is published.
                Err(LedgerError::FoundMembershipExpired { .. }) => Ok(false),
                Err(error) => Err(error),
            };
        };
        let Ok(value) = self.settings.kv.read(&key(subject)).await else {
            return Ok(false);
        };
        match self.open_membership(subject, value.as_deref()) {
            Ok(Some(found)) => self.reconcile(&row, &found).map(|()| true),
            Ok(None) | Err(_) => Ok(false),
        }
    }

    fn replace_roles(
        &self,
        subject: &str,
        roles: &Roles,
        is_known: bool,
        now: Timestamp,
    ) -> Result<Membership, LedgerError> {
        let before = self.membership_row(subject)?;
        let is_same = match &before {
            Some(row) => row.roles()? == *roles,
            None => roles.is_empty(),
        };
        // To say that nothing changes is to know what is published.
        if is_same && is_known {
            return Ok(match before {
                Some(row) => row.membership()?,
                None => Membership::none(subject),
            });
        }
        let version = before.map_or(0, |row| row.version).saturating_add(1);
        let text =
            serde_json::to_string(roles).map_err(|_| StoreError("roles do not serialize".to_owned()))?;
        // An attempt sets `due_at` to its next one: a change comes no sooner than KV takes a key's writes.
        self.store.run(
            "INSERT INTO memberships (subject, version, written_at, roles, published, attempted_at, failures, due_at) \
             VALUES (?1, ?2, ?3, ?4, 0, 0, 0, ?5) \
             ON CONFLICT (subject) DO UPDATE SET version = ?2, written_at = ?3, roles = ?4, \
             due_at = max(?5, attempted_at + ?6)",
            Values::none()
                .text(subject)
                .large(version)
                .number(now)
                .text(&text)
                .large(now_milliseconds())
                .large(pause_after(0)),
        )?;
        let action = if roles.is_empty() {
            Action::MembershipRemoved
        } else {
            Action::MembershipSet
        };
        self.record_change(&Change::of(Actor::Admin, action, subject, 0), now)?;
        Ok(Membership {
            subject: subject.to_owned(),
            version,
            written_at: Some(now),
            memberships: roles.clone(),
            published: false,
        })
    }
}
