//! Sign-in assertions that have signed somebody in: each does so once.

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::Timestamp;
use crate::ledger::{Admission, AdmitAssertion, CLOCK_MARGIN_SECONDS};

impl Ledger {
    /// Notes a sign-in assertion, and tells whether it came for the first time.
    pub(super) fn admit(&self, admit: &AdmitAssertion) -> Result<Admission, LedgerError> {
        let known = "SELECT digest FROM sign_ins WHERE digest = ?";
        let first = !self.store.has(known, Values::none().text(&admit.digest))?;
        if first {
            self.store.run(
                "INSERT INTO sign_ins (digest, expires_at) VALUES (?, ?)",
                Values::none().text(&admit.digest).number(admit.expires_at),
            )?;
        }
        Ok(Admission { first })
    }

    /// Forgets some that are refused by their age, whatever an edge's clock says; gives how many.
    pub(super) fn forget_assertions(&self, now: Timestamp) -> Result<u32, LedgerError> {
        self.count_removed(
            "DELETE FROM sign_ins WHERE digest IN (SELECT digest FROM sign_ins WHERE expires_at <= ? \
             ORDER BY expires_at LIMIT ?) RETURNING expires_at",
            now.saturating_sub(CLOCK_MARGIN_SECONDS),
        )
    }
}
