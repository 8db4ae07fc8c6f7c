//! The usage of tokens, as edges report it: when a token was last used, whether it is a successor that was used for the
//! first time, and whether it was used after its revocation.

use super::audit::Change;
use super::store::Values;
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::isolate::log::Line;
use crate::ledger::{Action, Actor, RevocationReason, TokenState, Use, UsedToken, day};
use crate::token::{Timestamp, TokenId};

impl Ledger {
    /// Notes usage.
    pub(super) fn note(&self, usage: &[Use], now: Timestamp) -> Result<(), LedgerError> {
        for used in usage {
            match (self.store.token(used.serial)?, &used.accepted) {
                (Some(row), None) => self.note_misuse(&row, now)?,
                (Some(row), Some(token)) => {
                    if row.subject != token.subject || row.issued_at != token.issued_at {
                        self.warn_of_conflict(used.serial)?;
                    } else if row.adopted != 0 {
                        self.correct_restrictions(&row, token)?;
                    }
                    self.note_use(&row, now)?;
                }
                (None, Some(token)) => self.adopt_token(used.serial, token, now)?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// Takes on a genuine token that this ledger does not know: it was made before its storage was lost, or by hand. It can
    /// be listed and revoked from then on. Its serial moves no counter. What limits it is recorded as it came: with less, a
    /// refresh could make it wider than it was.
    fn adopt_token(&self, serial: u32, token: &UsedToken, now: Timestamp) -> Result<(), LedgerError> {
        if self.store.size() >= self.settings.room || self.store.is_foreign_revoked(serial)? {
            return Ok(());
        }
        let shard = self.shard()?;
        let id = TokenId { shard, serial }.to_string();
        self.store.run(
            "INSERT INTO tokens (serial, subject, name, role, bearer, restrictions, adopted, key_id, issued_at, expires_at, \
             last_used_day) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)",
            Values::none()
                .number(serial)
                .text(&token.subject)
                .text(&format!("adopted {id}"))
                .text(&token.role)
                .text(token.bearer.name())
                .text(&token.restrictions.to_json())
                .number(token.key_id.into())
                .number(token.issued_at)
                .optional(token.expires_at)
                .number(day(now)),
        )?;
        self.record_change(
            &Change {
                restrictions: Some(&token.restrictions),
                ..Change::of(Actor::Gate, Action::Adopted, &token.subject, serial)
            },
            now,
        )?;
        Line {
            event: "ledger",
            code: "token_adopted",
            token: Some(id),
            detail: Some("a genuine token was used that this ledger did not know".to_owned()),
            ..Line::default()
        }
        .log_info();
        Ok(())
    }

    /// Corrects what limits an adopted token. Its holders may have added restrictions behind those that it was minted with, and
    /// nobody can take those away: so all that is common to the start of every one that came is as much or more.
    fn correct_restrictions(&self, row: &TokenRow, token: &UsedToken) -> Result<(), LedgerError> {
        let known = row.restrictions()?;
        let common = known.common_start(&token.restrictions);
        if common != known {
            self.store.run(
                "UPDATE tokens SET restrictions = ? WHERE serial = ?",
                Values::none().text(&common.to_json()).number(row.serial),
            )?;
        }
        Ok(())
    }

    fn note_use(&self, row: &TokenRow, now: Timestamp) -> Result<(), LedgerError> {
        let today = day(now);
        if row.last_used_day.is_none_or(|last| last < today) {
            self.store.run(
                "UPDATE tokens SET last_used_day = ? WHERE serial = ?",
                Values::none().number(today).number(row.serial),
            )?;
        }
        let Some(serial) = row.replaces else {
            return Ok(());
        };
        match self.store.token(serial)? {
            Some(old) if self.state(&old, now) == TokenState::InGrace => {
                self.revoke_row(&old, RevocationReason::Replaced, Actor::Gate, now)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Records that a revoked token was presented, once a day: a possible leak. It revokes nothing else.
    fn note_misuse(&self, row: &TokenRow, now: Timestamp) -> Result<(), LedgerError> {
        let today = day(now);
        if row.misused_day.is_some_and(|last| last >= today) {
            return Ok(());
        }
        self.store.run(
            "UPDATE tokens SET misused_day = ? WHERE serial = ?",
            Values::none().number(today).number(row.serial),
        )?;
        self.record_change(
            &Change {
                reason: row.revocation_reason,
                ..Change::of(Actor::Gate, Action::UsedAfterRevocation, &row.subject, row.serial)
            },
            now,
        )?;
        Line {
            event: "revoked_token_used",
            code: "token_revoked",
            token: Some(
                TokenId {
                    shard: self.shard()?,
                    serial: row.serial,
                }
                .to_string(),
            ),
            detail: Some("a revoked token is still presented: perhaps by whoever it leaked to".to_owned()),
            ..Line::default()
        }
        .log_info();
        Ok(())
    }
}
