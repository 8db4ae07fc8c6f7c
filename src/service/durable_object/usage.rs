//! The usage of tokens that edges report: when last, whether a successor's first, whether after its revocation.

use super::audit::Change;
use super::store::Values;
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::isolate::log::Line;
use crate::ledger::{Action, Actor, RevocationReason, TokenState, Use, day};
use crate::{Timestamp, TokenId};

impl Ledger {
    /// Notes usage.
    pub(super) fn note(&self, usage: &[Use], now: Timestamp) -> Result<(), LedgerError> {
        for used in usage {
            match self.store.token(used.serial)? {
                Some(row) if used.refused => self.note_misuse(&row, now)?,
                Some(row) => self.note_use(&row, now)?,
                // Minted by hand, or of a ledger that was lost. It says nothing of the serials given out here.
                None => {}
            }
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
        self.write_down(
            &Change {
                actor: Actor::Gate,
                action: Action::UsedAfterRevocation,
                subject: Some(&row.subject),
                serial: row.serial,
                replaces: None,
                reason: row.revocation_reason,
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
