//! Hand-offs that have signed somebody in: each does so once.

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::Timestamp;
use crate::ledger::{CLOCK_MARGIN_SECONDS, Reply};

impl Ledger {
    /// Notes a hand-off, and tells whether it came for the first time.
    pub(super) fn admit(&self, digest: &str, expires_at: Timestamp) -> Result<Reply, LedgerError> {
        let known = "SELECT digest FROM hand_offs WHERE digest = ?";
        let first = !self.store.has(known, Values::none().text(digest))?;
        if first {
            self.store.run(
                "INSERT INTO hand_offs (digest, expires_at) VALUES (?, ?)",
                Values::none().text(digest).number(expires_at),
            )?;
        }
        Ok(Reply::Admitted { first })
    }

    /// Forgets those that are refused by their age, whatever an edge's clock says.
    pub(super) fn forget_hand_offs(&self, now: Timestamp) -> Result<(), LedgerError> {
        Ok(self.store.run(
            "DELETE FROM hand_offs WHERE expires_at <= ?",
            Values::none().number(now.saturating_sub(CLOCK_MARGIN_SECONDS)),
        )?)
    }
}
