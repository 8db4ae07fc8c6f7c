//! Sign-in assertions that have signed somebody in: each does so once.

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::ledger::{Action, Admission, AdmitAssertion, CLOCK_MARGIN_SECONDS};
use crate::token::Timestamp;

impl Ledger {
    /// Notes a sign-in assertion, and tells what comes of it.
    pub(super) fn admit(&self, admit: &AdmitAssertion, now: Timestamp) -> Result<Admission, LedgerError> {
        let block = self.subject_block(&admit.subject)?;
        let blocked = block.blocked_at.is_some();
        let known = "SELECT digest FROM sign_ins WHERE digest = ?";
        if blocked || self.store.has(known, Values::none().text(&admit.digest))? {
            self.note_sign_in(&admit.subject, Action::SignInRefused, now)?;
            return Ok(Admission {
                begins_at: None,
                blocked,
            });
        }
        self.store.run(
            "INSERT INTO sign_ins (digest, expires_at) VALUES (?, ?)",
            Values::none().text(&admit.digest).number(admit.expires_at),
        )?;
        self.note_sign_in(&admit.subject, Action::SignedIn, now)?;
        let begins_at = block.next_session_at(now);
        self.note_session(&admit.subject, begins_at)?;
        Ok(Admission {
            begins_at: Some(begins_at),
            blocked,
        })
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
