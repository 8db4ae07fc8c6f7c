//! Calls that may be repeated: which token an earlier one made.

use serde::Deserialize;

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::ledger::{IDEMPOTENCY_SECONDS, Idempotency, LedgerRefusal};
use crate::token::Timestamp;

/// What is remembered of a call.
#[derive(Deserialize)]
pub(super) struct Remembered {
    fingerprint: String,
    serial: u32,
}

impl Ledger {
    /// What a key was used for within the last day.
    pub(super) fn remembered(&self, key: &str, now: Timestamp) -> Result<Option<Remembered>, LedgerError> {
        Ok(self.store.row(
            "SELECT fingerprint, serial FROM idempotency WHERE key = ? AND created_at > ?",
            Values::none()
                .text(key)
                .number(now.saturating_sub(IDEMPOTENCY_SECONDS)),
        )?)
    }

    /// The serial that an earlier call of the same key made, where there was one.
    ///
    /// # Errors
    /// [`LedgerRefusal::IdempotencyKeyReused`] where that was another call.
    pub(super) fn replayed(
        &self,
        idempotency: Option<&Idempotency>,
        now: Timestamp,
    ) -> Result<Option<u32>, LedgerError> {
        let Some(idempotency) = idempotency else {
            return Ok(None);
        };
        match self.remembered(&idempotency.key, now)? {
            Some(call) if call.fingerprint == idempotency.fingerprint => Ok(Some(call.serial)),
            Some(_) => Err(LedgerRefusal::IdempotencyKeyReused.into()),
            None => Ok(None),
        }
    }

    /// Remembers which token a call made.
    pub(super) fn remember(
        &self,
        idempotency: Option<&Idempotency>,
        serial: u32,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let Some(idempotency) = idempotency else {
            return Ok(());
        };
        // One of the same key can only be older than a day here.
        Ok(self.store.run(
            "INSERT OR REPLACE INTO idempotency (key, fingerprint, serial, created_at) VALUES (?, ?, ?, ?)",
            Values::none()
                .text(&idempotency.key)
                .text(&idempotency.fingerprint)
                .number(serial)
                .number(now),
        )?)
    }

    /// Forgets some calls of more than a day ago; gives how many.
    pub(super) fn forget_calls(&self, now: Timestamp) -> Result<u32, LedgerError> {
        self.count_removed(
            "DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE created_at <= ? \
             ORDER BY created_at LIMIT ?) RETURNING serial",
            now.saturating_sub(IDEMPOTENCY_SECONDS),
        )
    }
}
