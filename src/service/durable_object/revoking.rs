//! The revocation of tokens: by an admin, by whoever presents them, and by time.

use super::audit::Change;
use super::store::Values;
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::isolate::log::Line;
use crate::ledger::{
    Action, Actor, Author, GenuineToken, LedgerRefusal, RevocationReason, RevokePresented, RevokeTokens,
    RevokedTokens,
};
use crate::token::{Timestamp, TokenId};

impl Ledger {
    /// Revokes one token of a subject, or all.
    pub(super) fn revoke(&self, revoke: &RevokeTokens, now: Timestamp) -> Result<RevokedTokens, LedgerError> {
        let &RevokeTokens {
            ref subject,
            serial,
            by,
        } = revoke;
        if by == Author::ADMIN {
            if serial.is_none() {
                self.revoke_sessions(subject, now)?;
            }
        } else {
            self.check_author(subject, by)?;
        }
        match serial {
            Some(serial) => self.revoke_one(subject, serial, by.actor(), now),
            None => self.revoke_all(subject, by.actor(), now),
        }
    }

    fn revoke_one(
        &self,
        subject: &str,
        serial: u32,
        actor: Actor,
        now: Timestamp,
    ) -> Result<RevokedTokens, LedgerError> {
        let row = self.store.token_of(subject, serial)?;
        let row = row.ok_or(LedgerRefusal::NotFound)?;
        let is_expired = row.expires_at.is_some_and(|expires_at| expires_at <= now);
        if is_expired {
            return Ok(RevokedTokens::none());
        }
        // If its grace is over and its row does not say so yet, it does now.
        if row.revoked_in.is_none() {
            self.revoke_row(&row, RevocationReason::Requested, actor, now)?;
        }
        let version = self.store.token(serial)?.and_then(|row| row.revoked_in);
        Ok(RevokedTokens {
            revoked: u32::from(row.revoked_in.is_none()),
            more: false,
            list: version.map(|version| self.list_version(version)).transpose()?,
        })
    }

    /// Revokes genuine tokens that were presented. Their claims suffice, whether or not the ledger knows them.
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
        self.record_change(
            &Change {
                reason: Some(reason),
                ..Change::of(actor, Action::Revoked, &row.subject, row.serial)
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
        let is_expired = token.expires_at.is_some_and(|expires_at| expires_at <= now);
        if is_expired || self.store.is_foreign_revoked(token.serial)? {
            return Ok(());
        }
        self.store.run(
            "INSERT INTO foreign_revocations (serial, expires_at) VALUES (?, ?)",
            Values::none().number(token.serial).optional(token.expires_at),
        )?;
        self.store.change()?;
        self.record_change(
            &Change {
                reason: Some(reason),
                ..Change::of(actor, Action::Revoked, &token.subject, token.serial)
            },
            now,
        )
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
