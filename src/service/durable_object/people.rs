//! Whom the ledger knows as people: who is blocked, whose sessions were revoked, and how many sign-ins of today are in the
//! audit.

use super::audit::Change;
use super::store::Values;
use super::{Ledger, LedgerError};
use crate::ledger::{Action, Actor, Author, Shards, SubjectBlock, day};
use crate::token::Timestamp;

/// How many sign-ins of a subject the audit records in a day: more than anybody needs, and so few that nobody fills a
/// ledger by signing in. It does not record any more.
const ENTRIES_A_DAY: u32 = 50;

impl Ledger {
    /// Whether a subject is blocked, and when its sessions were last revoked. If this storage turned out to be lost or an
    /// older copy, all sessions from before count as revoked, because some of them may have been.
    pub(super) fn subject_block(&self, subject: &str) -> Result<SubjectBlock, LedgerError> {
        let at = |query| -> Result<Option<Timestamp>, LedgerError> {
            let at = self.store.number(query, Values::none().text(subject))?;
            Ok(at.and_then(|at| Timestamp::try_from(at).ok()))
        };
        let lost_at = self.known("SELECT loss_noticed_at FROM continuity")?;
        let lost_at = lost_at.and_then(|at| Timestamp::try_from(at).ok());
        Ok(SubjectBlock {
            subject: subject.to_owned(),
            blocked_at: at("SELECT blocked_at FROM people WHERE subject = ?")?,
            sessions_revoked_at: at("SELECT sessions_revoked_at FROM people WHERE subject = ?")?.max(lost_at),
        })
    }

    /// Refuses what is asked for a subject that is blocked, or with a session that was revoked.
    pub(super) fn check_author(&self, subject: &str, by: Author) -> Result<(), LedgerError> {
        Ok(self.subject_block(subject)?.admit(by)?)
    }

    /// Notes when a subject's newest session begins. It may be ahead of the clock.
    pub(super) fn note_session(&self, subject: &str, began_at: Timestamp) -> Result<(), LedgerError> {
        Ok(self.store.run(
            "INSERT INTO people (subject, session_began_at) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE \
             SET session_began_at = max(coalesce(session_began_at, 0), excluded.session_began_at)",
            Values::none().text(subject).number(began_at),
        )?)
    }

    /// Revokes all sessions that a subject has, those included that begin ahead of the clock.
    pub(super) fn revoke_sessions(&self, subject: &str, now: Timestamp) -> Result<(), LedgerError> {
        self.store.run(
            "INSERT INTO people (subject, sessions_revoked_at) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE \
             SET sessions_revoked_at = max(coalesce(sessions_revoked_at, 0), coalesce(session_began_at, 0), \
             excluded.sessions_revoked_at)",
            Values::none().text(subject).number(now),
        )?;
        self.record_for_person(subject, Actor::Admin, Action::SessionsRevoked, now)
    }

    /// Blocks a subject or unblocks it, and returns whether it is blocked then.
    pub(super) fn block(
        &self,
        subject: &str,
        blocked: bool,
        now: Timestamp,
    ) -> Result<SubjectBlock, LedgerError> {
        if blocked == self.subject_block(subject)?.blocked_at.is_some() {
            return self.subject_block(subject);
        }
        let action = if blocked {
            self.revoke_sessions(subject, now)?;
            Action::Blocked
        } else {
            Action::Unblocked
        };
        self.store.run(
            "UPDATE people SET blocked_at = ? WHERE subject = ?",
            Values::none().optional(blocked.then_some(now)).text(subject),
        )?;
        self.record_for_person(subject, Actor::Admin, action, now)?;
        self.subject_block(subject)
    }

    /// Records a sign-in, unless the audit has too many of the subject's today.
    pub(super) fn note_sign_in(
        &self,
        subject: &str,
        action: Action,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let today = day(now);
        let before = self.store.number(
            "SELECT entries FROM people WHERE subject = ? AND entries_day = ?",
            Values::none().text(subject).number(today),
        )?;
        let entries = before.map_or(1, |before| {
            u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
        });
        if entries > ENTRIES_A_DAY {
            return Ok(());
        }
        self.store.run(
            "INSERT INTO people (subject, entries_day, entries) VALUES (?1, ?2, ?3) \
             ON CONFLICT (subject) DO UPDATE SET entries_day = ?2, entries = ?3",
            Values::none().text(subject).number(today).number(entries),
        )?;
        self.record_for_person(subject, Actor::Session, action, now)
    }

    /// Records in the audit what concerns a person and no token. Only one shard does: the others know only what they must.
    fn record_for_person(
        &self,
        subject: &str,
        actor: Actor,
        action: Action,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if self.shard()? != Shards::SIGN_INS {
            return Ok(());
        }
        let change = Change::of(actor, action, subject, 0);
        self.record_change(&change, now)
    }
}
