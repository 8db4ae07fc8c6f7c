//! Tokens that are revoked many at a time: all of a subject, and those whose grace periods end together. The revocation of
//! a subject's tokens is recorded at once, in one row; the rows of the tokens follow in batches, which the alarm continues.

use serde::Deserialize;

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::ledger::{Actor, RevokedTokens};
use crate::token::Timestamp;

/// How many tokens one turn revokes: some ten milliseconds of work.
const TOKENS_A_TURN: u32 = 1_000;

/// All tokens of a subject up to a serial.
#[derive(Deserialize)]
pub(super) struct PendingRevocation {
    pub(super) subject: String,
    pub(super) through: u32,
    version: u64,
    at: Timestamp,
    actor: Actor,
}

impl Ledger {
    /// Revokes all tokens of a subject: those of a batch in their rows, the others by what is noted of the subject.
    pub(super) fn revoke_all(
        &self,
        subject: &str,
        actor: Actor,
        now: Timestamp,
    ) -> Result<RevokedTokens, LedgerError> {
        let is_any_accepted = self.store.has(
            "SELECT serial FROM tokens WHERE subject = ? AND revoked_in IS NULL AND usable_until > ? LIMIT 1",
            Values::none().text(subject).number(now),
        )?;
        if !is_any_accepted {
            return self.all_revoked_before(subject);
        }
        let next = self
            .store
            .number("SELECT next_serial FROM ledger LIMIT 1", Values::none())?;
        let through = next
            .map(|next| next.saturating_sub(1))
            .and_then(|last| u32::try_from(last).ok());
        let mut pending = PendingRevocation {
            subject: subject.to_owned(),
            through: through.unwrap_or(u32::MAX),
            version: self.store.change()?,
            at: now,
            actor,
        };
        // Serials above the counter were not given out here. If they are many, tokens that are created before the batches
        // are done are revoked too.
        let above = self.revoke_batch(&pending, (pending.through.saturating_add(1), u32::MAX), now)?;
        if above >= TOKENS_A_TURN {
            pending.through = u32::MAX;
        }
        self.store.run(
            "INSERT OR REPLACE INTO pending_revocations (subject, through, version, at, actor) VALUES (?, ?, ?, ?, ?)",
            Values::none()
                .text(subject)
                .number(pending.through)
                .large(pending.version)
                .number(now)
                .text(pending.actor.name()),
        )?;
        let revoked = self.continue_with(&pending, now)?;
        Ok(RevokedTokens {
            revoked: above.saturating_add(revoked),
            more: revoked >= TOKENS_A_TURN,
            list: Some(self.list_version(pending.version)?),
        })
    }

    /// The response if no token of the subject is left to revoke: those that were revoked are on the list that contains
    /// all changes so far.
    fn all_revoked_before(&self, subject: &str) -> Result<RevokedTokens, LedgerError> {
        let had_any = self.store.has(
            "SELECT serial FROM tokens WHERE subject = ? AND serial > 0 ORDER BY serial LIMIT 1",
            Values::none().text(subject),
        )?;
        if !had_any {
            return Ok(RevokedTokens::none());
        }
        let wanted = self.store.publication()?.wanted;
        Ok(RevokedTokens {
            list: Some(self.list_version(wanted)?),
            ..RevokedTokens::none()
        })
    }

    /// Goes on with the first subject whose tokens are revoked and whose rows do not all say so; gives whether there is
    /// more.
    pub(super) fn continue_revoking(&self, now: Timestamp) -> Result<bool, LedgerError> {
        let Some(pending) = self.pending_after("")? else {
            return Ok(false);
        };
        self.continue_with(&pending, now)?;
        Ok(true)
    }

    /// The next subject whose tokens are revoked and whose rows do not all say so.
    pub(super) fn pending_after(&self, subject: &str) -> Result<Option<PendingRevocation>, LedgerError> {
        Ok(self.store.row(
            "SELECT * FROM pending_revocations WHERE subject > ? ORDER BY subject LIMIT 1",
            Values::none().text(subject),
        )?)
    }

    /// Revokes a batch of what is pending; gives how many. Done where they are fewer than a batch.
    fn continue_with(&self, pending: &PendingRevocation, now: Timestamp) -> Result<u32, LedgerError> {
        let revoked = self.revoke_batch(pending, (0, pending.through), now)?;
        if revoked < TOKENS_A_TURN {
            self.store.run(
                "DELETE FROM pending_revocations WHERE subject = ?",
                Values::none().text(&pending.subject),
            )?;
        }
        Ok(revoked)
    }

    /// Has some rows say that they are revoked, of tokens with serials from the first to the last; gives how many.
    fn revoke_batch(
        &self,
        pending: &PendingRevocation,
        (first, last): (u32, u32),
        now: Timestamp,
    ) -> Result<u32, LedgerError> {
        if !self.is_silent.get() {
            // Entries are in the order of their times: this one's is when the row says so.
            self.store.run(
                "INSERT INTO audit (at, actor, action, subject, serial, reason) \
                 SELECT ?1, ?2, 'revoked', subject, serial, 'requested' FROM tokens \
                 WHERE subject = ?3 AND revoked_in IS NULL AND usable_until > ?1 AND +serial BETWEEN ?4 AND ?5 \
                 ORDER BY usable_until, serial LIMIT ?6",
                Values::none()
                    .number(now)
                    .text(pending.actor.name())
                    .text(&pending.subject)
                    .number(first)
                    .number(last)
                    .number(TOKENS_A_TURN),
            )?;
        }
        Ok(self.store.count(
            "UPDATE tokens SET revoked_at = min(coalesce(revoked_at, ?6), ?6), revocation_reason = 'requested', \
             revoked_in = ?7 WHERE serial IN (SELECT serial FROM tokens \
             WHERE subject = ?2 AND revoked_in IS NULL AND usable_until > ?1 AND +serial BETWEEN ?3 AND ?4 \
             ORDER BY usable_until, serial LIMIT ?5) RETURNING serial",
            Values::none()
                .number(now)
                .text(&pending.subject)
                .number(first)
                .number(last)
                .number(TOKENS_A_TURN)
                .number(pending.at)
                .large(pending.version),
        )?)
    }

    /// Revokes some tokens whose grace period is over; gives whether there may be more.
    pub(super) fn end_graces(&self, now: Timestamp) -> Result<bool, LedgerError> {
        if self.next_grace_end()?.is_none_or(|end| end > now) {
            return Ok(false);
        }
        let version = self.store.change()?;
        if !self.is_silent.get() {
            self.store.run(
                "INSERT INTO audit (at, actor, action, subject, serial, reason) \
                 SELECT ?1, ?2, 'revoked', subject, serial, coalesce(revocation_reason, 'refreshed') FROM tokens \
                 WHERE revoked_at IS NOT NULL AND revoked_in IS NULL AND revoked_at <= ?1 ORDER BY revoked_at, serial LIMIT ?3",
                Values::none()
                    .number(now)
                    .text(Actor::Gate.name())
                    .number(TOKENS_A_TURN),
            )?;
        }
        let revoked = self.store.count(
            "UPDATE tokens SET revoked_in = ?3, revocation_reason = coalesce(revocation_reason, 'refreshed') \
             WHERE serial IN (SELECT serial FROM tokens \
             WHERE revoked_at IS NOT NULL AND revoked_in IS NULL AND revoked_at <= ?1 ORDER BY revoked_at, serial LIMIT ?2) \
             RETURNING serial",
            Values::none()
                .number(now)
                .number(TOKENS_A_TURN)
                .large(version),
        )?;
        Ok(revoked >= TOKENS_A_TURN)
    }

    /// When the next grace period is over.
    pub(super) fn next_grace_end(&self) -> Result<Option<Timestamp>, LedgerError> {
        let revoked_at = self.store.number(
            "SELECT revoked_at FROM tokens WHERE revoked_at IS NOT NULL AND revoked_in IS NULL ORDER BY revoked_at LIMIT 1",
            Values::none(),
        )?;
        Ok(revoked_at.and_then(|revoked_at| Timestamp::try_from(revoked_at).ok()))
    }
}
