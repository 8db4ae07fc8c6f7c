//! The revocation of tokens: by an admin, by whoever presents them, and by time.

use super::audit::Change;
use super::store::Values;
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::isolate::log::Line;
use crate::ledger::{
    Action, Actor, GenuineToken, LedgerRefusal, RevocationReason, RevokePresented, RevokeTokens,
    RevokedTokens, TokenState,
};
use crate::{Timestamp, TokenId};

impl Ledger {
    /// Revokes one token of a subject, or all.
    pub(super) fn revoke(&self, revoke: &RevokeTokens, now: Timestamp) -> Result<RevokedTokens, LedgerError> {
        let RevokeTokens { subject, serial } = revoke;
        let rows: Vec<TokenRow> = match serial {
            Some(serial) => {
                let row = self.store.token_of(subject, *serial)?;
                vec![row.ok_or(LedgerRefusal::NotFound)?]
            }
            None => self.store.rows(
                "SELECT * FROM tokens WHERE subject = ? AND revoked_in IS NULL AND (expires_at IS NULL OR expires_at > ?)",
                Values::none().text(subject).number(now),
            )?,
        };
        let mut revoked = 0;
        for row in &rows {
            match row.state(now) {
                TokenState::Live | TokenState::InGrace => {
                    self.revoke_row(row, RevocationReason::Requested, Actor::Admin, now)?;
                    revoked += 1;
                }
                TokenState::Revoked | TokenState::Expired => {}
            }
        }
        self.revoked_tokens(revoked, subject, *serial, now)
    }

    /// Revokes tokens that were presented, by their own genuine word.
    pub(super) fn revoke_presented(
        &self,
        revoke: &RevokePresented,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let &RevokePresented {
            ref tokens,
            actor,
            reason,
        } = revoke;
        for token in tokens {
            match self.store.token(token.serial)? {
                Some(row) => {
                    if row.subject != token.subject || row.issued_at != token.issued_at {
                        self.warn_of_conflict(token.serial)?;
                    }
                    if row.revoked_in.is_none() {
                        self.revoke_row(&row, reason, actor, now)?;
                    }
                }
                None => self.revoke_foreign(token, actor, reason, now)?,
            }
        }
        Ok(())
    }

    /// Revokes the tokens whose grace period is over.
    pub(super) fn end_graces(&self, now: Timestamp) -> Result<(), LedgerError> {
        let rows: Vec<TokenRow> = self.store.rows(
            "SELECT * FROM tokens WHERE revoked_at IS NOT NULL AND revoked_in IS NULL AND revoked_at <= ?",
            Values::none().number(now),
        )?;
        for row in rows {
            let reason = row.revocation_reason.unwrap_or(RevocationReason::Refreshed);
            self.revoke_row(&row, reason, Actor::Gate, now)?;
        }
        Ok(())
    }

    /// When the next grace is over.
    pub(super) fn next_grace_end(&self) -> Result<Option<Timestamp>, LedgerError> {
        let revoked_at = self.store.number(
            "SELECT min(revoked_at) AS revoked_at FROM tokens WHERE revoked_at IS NOT NULL AND revoked_in IS NULL",
            Values::none(),
        )?;
        Ok(revoked_at.and_then(|revoked_at| Timestamp::try_from(revoked_at).ok()))
    }

    /// Revokes a token now, which is not revoked yet, though it may be about to be.
    pub(super) fn revoke_row(
        &self,
        row: &TokenRow,
        reason: RevocationReason,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let version = match row.expires_at {
            // Expired tokens are on no list: nothing to publish.
            Some(expires_at) if expires_at <= now => self.store.publication()?.attempted,
            Some(_) | None => self.store.change()?,
        };
        self.store.run(
            "UPDATE tokens SET revoked_at = min(coalesce(revoked_at, ?1), ?1), revocation_reason = ?2, revoked_in = ?3 \
             WHERE serial = ?4",
            Values::none()
                .number(now)
                .text(reason.name())
                .large(version)
                .number(row.serial),
        )?;
        self.write_down(
            &Change {
                actor,
                action: Action::Revoked,
                subject: Some(&row.subject),
                serial: row.serial,
                replaces: None,
                reason: Some(reason),
            },
            now,
        )
    }

    /// Revokes a genuine token that was not made here.
    fn revoke_foreign(
        &self,
        token: &GenuineToken,
        actor: Actor,
        reason: RevocationReason,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.store.skip_serial(token.serial)?;
        let is_expired = token.expires_at.is_some_and(|expires_at| expires_at <= now);
        if is_expired || self.store.is_foreign_revoked(token.serial)? {
            return Ok(());
        }
        self.store.run(
            "INSERT INTO foreign_revocations (serial, expires_at) VALUES (?, ?)",
            Values::none().number(token.serial).optional(token.expires_at),
        )?;
        self.store.change()?;
        self.write_down(
            &Change {
                actor,
                action: Action::Revoked,
                subject: Some(&token.subject),
                serial: token.serial,
                replaces: None,
                reason: Some(reason),
            },
            now,
        )
    }

    /// What revoking came to: how many tokens, and the version in which all that are asked for are revoked.
    fn revoked_tokens(
        &self,
        revoked: u32,
        subject: &str,
        serial: Option<u32>,
        now: Timestamp,
    ) -> Result<RevokedTokens, LedgerError> {
        let version = self.store.number(
            "SELECT max(revoked_in) AS version FROM tokens WHERE subject = ?1 AND (?2 IS NULL OR serial = ?2) \
             AND (expires_at IS NULL OR expires_at > ?3)",
            Values::none().text(subject).optional(serial).number(now),
        )?;
        Ok(RevokedTokens {
            revoked,
            list: version.map(|version| self.list_version(version)).transpose()?,
        })
    }

    pub(super) fn warn_of_conflict(&self, serial: u32) -> Result<(), LedgerError> {
        Line {
            event: "ledger",
            code: "serial_conflict",
            token: Some(
                TokenId {
                    shard: self.shard()?,
                    serial,
                }
                .to_string(),
            ),
            detail: Some(
                "two genuine tokens have this id, and revoking one revokes both: mint by hand only in a shard that has no \
                 ledger"
                    .to_owned(),
            ),
            ..Line::default()
        }
        .log_error();
        Ok(())
    }
}
