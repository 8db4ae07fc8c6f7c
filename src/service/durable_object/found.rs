//! Lists that this ledger did not publish: from before it began, or published by hand. What they revoke is kept at once, as
//! it was found, and is on the next list; the rows of single tokens follow in batches, which the alarm continues.

use super::store::{Store, StoreError, Values, json_list};
use super::{Ledger, LedgerError};
use crate::ledger::{Action, Actor};
use crate::state::RevocationList;
use crate::token::Timestamp;

/// How many serials one row holds, which one turn takes over: some ten milliseconds of work.
const SERIALS_A_TURN: usize = 2_000;

/// Up to which serial a found list moves the counter: half of all are left to give out, whatever was minted by hand.
const HIGHEST_COUNTED: u32 = u32::MAX / 2;

impl Ledger {
    /// Keeps what a list revokes that this ledger did not publish, and goes on after its version.
    pub(super) fn take_over_list(&self, list: &RevocationList) -> Result<(), LedgerError> {
        let mut publication = self.store.publication()?;
        publication.continue_after(list.version());
        self.store.keep(&publication)?;
        let mut serials = list.serials().peekable();
        let mut highest = None;
        while serials.peek().is_some() {
            let some: Vec<u32> = serials.by_ref().take(SERIALS_A_TURN).collect();
            if let (Some(first), Some(last)) = (some.first(), some.last()) {
                self.store.run(
                    "INSERT INTO found_revocations (first, last, serials) VALUES (?, ?, ?)",
                    Values::none()
                        .number(*first)
                        .number(*last)
                        .text(&json_list(some.iter().copied())),
                )?;
            }
            let counted = some.iter().filter(|serial| **serial <= HIGHEST_COUNTED).max();
            highest = highest.max(counted.copied());
        }
        match highest {
            Some(serial) => Ok(self.store.skip_serial(serial)?),
            None => Ok(()),
        }
    }

    /// Takes some serials over that were found revoked; gives whether there may be more.
    pub(super) fn take_over(&self, now: Timestamp) -> Result<bool, LedgerError> {
        let Some(number) = self.found_after(0)? else {
            return Ok(false);
        };
        let serials = self.found_serials(number)?;
        // They are on the list already, in the version of that change or before.
        let version = self.store.publication()?.wanted;
        if !self.is_silent.get() {
            self.store.run(
                "INSERT INTO audit (at, actor, action, subject, serial, reason) \
                 SELECT ?2, ?3, 'revoked', subject, serial, 'requested' FROM tokens \
                 WHERE serial IN (SELECT value FROM json_each(?1)) AND revoked_in IS NULL",
                Values::none().text(&serials).number(now).text(Actor::Gate.name()),
            )?;
            self.store.run(
                "INSERT INTO audit (at, actor, action, serial) \
                 SELECT ?2, ?3, ?4, value FROM json_each(?1) \
                 WHERE NOT EXISTS (SELECT 1 FROM tokens WHERE serial = value) \
                 AND NOT EXISTS (SELECT 1 FROM foreign_revocations WHERE serial = value)",
                Values::none()
                    .text(&serials)
                    .number(now)
                    .text(Actor::Gate.name())
                    .text(Action::Imported.name()),
            )?;
        }
        self.store.run(
            "UPDATE tokens SET revoked_at = min(coalesce(revoked_at, ?2), ?2), revocation_reason = 'requested', revoked_in = ?3 \
             WHERE serial IN (SELECT value FROM json_each(?1)) AND revoked_in IS NULL",
            Values::none()
                .text(&serials)
                .number(now)
                .large(version),
        )?;
        self.store.run(
            "INSERT INTO foreign_revocations (serial) SELECT value FROM json_each(?1) \
             WHERE NOT EXISTS (SELECT 1 FROM tokens WHERE serial = value) ON CONFLICT DO NOTHING",
            Values::none().text(&serials),
        )?;
        self.store.run(
            "DELETE FROM found_revocations WHERE number = ?",
            Values::none().large(number),
        )?;
        Ok(self.found_after(number)?.is_some())
    }

    /// The number of the next serials that were found revoked and are not taken over.
    pub(super) fn found_after(&self, number: u64) -> Result<Option<u64>, StoreError> {
        self.store.number(
            "SELECT number FROM found_revocations WHERE number > ? ORDER BY number LIMIT 1",
            Values::none().large(number),
        )
    }

    /// The serials of a number, as a JSON list.
    pub(super) fn found_serials(&self, number: u64) -> Result<String, StoreError> {
        let serials = self.store.text(
            "SELECT serials FROM found_revocations WHERE number = ?",
            Values::none().large(number),
        )?;
        Ok(serials.unwrap_or_else(|| "[]".to_owned()))
    }
}

impl Store {
    /// Whether a serial was found revoked and is not taken over.
    pub(super) fn is_found_revoked(&self, serial: u32) -> Result<bool, StoreError> {
        self.has(
            "SELECT 1 FROM (SELECT serials FROM found_revocations WHERE first <= ?1 AND last >= ?1 \
             ORDER BY first DESC LIMIT 1), json_each(serials) WHERE value = ?1 LIMIT 1",
            Values::none().number(serial),
        )
    }
}
