//! The audit: every change, in the transaction that makes it.

use serde::Deserialize;

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::ledger::{Action, Actor, AuditEntry, AuditPage, ReadAudit, RevocationReason};
use crate::token::{Restrictions, Timestamp, TokenId};

/// A change, for the audit.
pub(super) struct Change<'a> {
    pub(super) actor: Actor,
    pub(super) action: Action,
    pub(super) subject: &'a str,
    /// The token's serial; 0 if the change is not about a token.
    pub(super) serial: u32,
    pub(super) replaces: Option<u32>,
    pub(super) reason: Option<RevocationReason>,
    /// Of a token that is new to the ledger: what limits it.
    pub(super) restrictions: Option<&'a Restrictions>,
}

impl<'a> Change<'a> {
    /// A change of which there is no more to say than this.
    pub(super) const fn of(actor: Actor, action: Action, subject: &'a str, serial: u32) -> Self {
        Self {
            actor,
            action,
            subject,
            serial,
            replaces: None,
            reason: None,
            restrictions: None,
        }
    }
}

#[derive(Deserialize)]
struct AuditRow {
    number: u64,
    at: Timestamp,
    actor: Actor,
    action: Action,
    subject: Option<String>,
    serial: u32,
    replaces: Option<u32>,
    reason: Option<RevocationReason>,
    restricted: Option<u8>,
}

impl Ledger {
    /// Does work that must be done whether or not the audit can be written: in one transaction with its audit entries or,
    /// if the storage takes no entry, without them and with one line in the log.
    pub(super) fn revoking<T>(&self, work: impl Fn() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        match self.store.transaction(&work) {
            Err(LedgerError::Store(error)) => {
                self.is_silent.set(true);
                let done = self.store.transaction(&work);
                self.is_silent.set(false);
                if done.is_ok() {
                    self.warn(
                        "audit_unwritten",
                        &format!("it was done and not written down, for the storage failed: {error}"),
                    );
                }
                done
            }
            outcome => outcome,
        }
    }

    /// Writes a change down.
    pub(super) fn record_change(&self, change: &Change<'_>, now: Timestamp) -> Result<(), LedgerError> {
        if self.is_silent.get() {
            return Ok(());
        }
        Ok(self.store.run(
            "INSERT INTO audit (at, actor, action, subject, serial, replaces, reason, restricted) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            Values::none()
                .number(now)
                .text(change.actor.name())
                .text(change.action.name())
                .text(change.subject)
                .number(change.serial)
                .optional(change.replaces)
                .optional_text(change.reason.map(RevocationReason::name))
                .optional(change.restrictions.map(|those| u32::from(!those.is_empty()))),
        )?)
    }

    /// A page of the audit, newest first.
    pub(super) fn entries(&self, read: &ReadAudit) -> Result<AuditPage, LedgerError> {
        let shard = self.shard()?;
        let before = read.before.unwrap_or(u64::MAX);
        let limit_and_one = read.limit.saturating_add(1);
        let mut rows: Vec<AuditRow> = match &read.subject {
            Some(subject) => self.store.rows(
                "SELECT * FROM audit WHERE subject = ? AND number < ? ORDER BY number DESC LIMIT ?",
                Values::none().text(subject).large(before).number(limit_and_one),
            )?,
            None => self.store.rows(
                "SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?",
                Values::none().large(before).number(limit_and_one),
            )?,
        };
        let more = rows.len() > usize::try_from(read.limit).unwrap_or(usize::MAX);
        if more {
            rows.pop();
        }
        let id = |serial| TokenId { shard, serial }.to_string();
        let entries = rows
            .into_iter()
            .map(|row| AuditEntry {
                id: format!("{shard}-{}", row.number),
                at: row.at,
                actor: row.actor,
                action: row.action,
                subject: row.subject,
                token: row.action.names_token().then(|| id(row.serial)),
                replaces: row.replaces.map(id),
                reason: row.reason,
                restricted: row.restricted.map(|restricted| restricted != 0),
            })
            .collect();
        Ok(AuditPage { entries, more })
    }
}
