//! What a ledger keeps and for how long: the audit and the rows of tokens that are dead, each for `AUDIT_DAYS`. A serial
//! that must stay on the list stays there for ever.

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::ledger::CLOCK_MARGIN_SECONDS;
use crate::token::Timestamp;

/// How many rows of a kind one turn removes: few enough to keep no request waiting. The alarm goes on with the rest.
const ROWS_A_TURN: u32 = 1_000;

/// How much later than its alarm a ledger may be at work without its clock being in doubt.
const LATE_SECONDS: u64 = 3_600;

/// How far a clock is set back without being in doubt.
const SET_BACK_SECONDS: u64 = 60;

impl Ledger {
    /// Removes what has been kept long enough; gives whether there may be more.
    pub(super) fn prune(&self, now: Timestamp) -> Result<bool, LedgerError> {
        let before = now.saturating_sub(self.settings.audit_seconds);
        let mut removed = self.forget_calls(now)?.max(self.forget_assertions(now)?);
        if self.is_clock_steady(now)? {
            removed = removed
                .max(self.prune_foreign(now)?)
                .max(self.prune_audit(before)?)
                .max(self.prune_tokens(before)?);
        }
        Ok(removed >= ROWS_A_TURN)
    }

    /// Whether the clock has been steady for a day. One that was ahead for a while must not have a revocation removed before its
    /// token has expired.
    fn is_clock_steady(&self, now: Timestamp) -> Result<bool, LedgerError> {
        let now = u64::from(now);
        self.store.run(
            "UPDATE continuity SET clock_seen_at = ?1, clock_doubted_at = iif(clock_seen_at != 0 \
             AND (?1 > clock_seen_at + ?2 OR ?1 + ?3 < clock_seen_at), ?1, clock_doubted_at) WHERE clock_seen_at != ?1",
            Values::none()
                .large(now)
                .large(self.settings.heartbeat() / 1000 + LATE_SECONDS)
                .large(SET_BACK_SECONDS),
        )?;
        let doubted = self.known("SELECT clock_doubted_at FROM continuity")?;
        Ok(now >= doubted.unwrap_or_default() + u64::from(CLOCK_MARGIN_SECONDS))
    }

    /// What has expired is on no list, whatever an edge's clock says.
    fn prune_foreign(&self, now: Timestamp) -> Result<u32, LedgerError> {
        self.count_removed(
            "DELETE FROM foreign_revocations WHERE serial IN (SELECT serial FROM foreign_revocations \
             WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?) RETURNING serial",
            now.saturating_sub(CLOCK_MARGIN_SECONDS),
        )
    }

    /// Entries are numbered in the order of their time, so that the oldest are found by number.
    fn prune_audit(&self, before: Timestamp) -> Result<u32, LedgerError> {
        self.count_removed(
            "DELETE FROM audit WHERE at <= ? AND number IN (SELECT number FROM audit WHERE number > 0 ORDER BY number LIMIT ?) \
             RETURNING number",
            before,
        )
    }

    /// An expired token is refused whatever becomes of its row. One that is revoked and never expires leaves its serial.
    fn prune_tokens(&self, before: Timestamp) -> Result<u32, LedgerError> {
        let expired = self.count_removed(
            "DELETE FROM tokens WHERE serial IN \
             (SELECT serial FROM tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ?) RETURNING serial",
            before,
        )?;
        self.store.run(
            "INSERT INTO foreign_revocations (serial) \
             SELECT serial FROM tokens WHERE revoked_in IS NOT NULL AND expires_at IS NULL AND revoked_at <= ?1 \
             ORDER BY revoked_at LIMIT ?2 ON CONFLICT DO NOTHING",
            Values::none().number(before).number(ROWS_A_TURN),
        )?;
        let revoked = self.count_removed(
            "DELETE FROM tokens WHERE serial IN \
             (SELECT serial FROM tokens WHERE revoked_in IS NOT NULL AND expires_at IS NULL AND revoked_at <= ?1 \
             ORDER BY revoked_at LIMIT ?2) AND serial IN (SELECT serial FROM foreign_revocations) RETURNING serial",
            before,
        )?;
        Ok(expired.max(revoked))
    }

    /// Carries a statement out that takes a time and a number of rows, and gives a row for each that it removed.
    pub(super) fn count_removed(
        &self,
        statement: &'static str,
        before: Timestamp,
    ) -> Result<u32, LedgerError> {
        Ok(self
            .store
            .count(statement, Values::none().number(before).number(ROWS_A_TURN))?)
    }
}
