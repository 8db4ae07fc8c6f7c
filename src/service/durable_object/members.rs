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

    /// A subject's record, sealed; a record without roles if the subject has none. If KV has lost it, it is written there
    /// again.
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

    /// Until when a record that is sealed now is in force.
    pub(super) fn valid_until(&self) -> Timestamp {
        now().saturating_add(self.settings.membership_valid_seconds)
    }

    /// Replaces a subject's roles. A subject that loses all of them keeps a record without any, because no version may come
    /// twice.
    pub(super) async fn set_membership(
        &self,
        set: &SetMembership,
        now: Timestamp,
    ) -> Result<Membership, LedgerError> {
        let is_known = self.refresh_membership(&set.subject).await?;
        self.changed(|| self.replace_roles(&set.subject, &set.roles, is_known, now))
            .await
    }

    /// Gives a subject the roles that a backup has for it, unless this ledger or KV knows newer ones; returns whether it
    /// did. If the record in KV has expired, the subject gets no more than that record gave.
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

    /// Takes what KV holds of a subject into account before its roles are changed; returns whether that is known.
    async fn refresh_membership(&self, subject: &str) -> Result<bool, LedgerError> {
        let Some(row) = self.membership_row(subject)? else {
            return match self.take_over_membership(subject).await {
                Ok(()) => Ok(true),
                // It has expired, so what it says no longer counts. The change takes a version above it when it is
                // published.
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

    /// Writes a subject's roles into its row, in a new version, unless they are the same and it is known what is published.
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
        // Nothing changes only if what is published is known to be the same.
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
