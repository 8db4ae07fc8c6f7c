//! The serials on the list, read page by page. Between two pages the ledger serves other requests.
//!
//! A serial that moves meanwhile does so in the order in which the pages are read: from what is noted of a subject or was
//! found to the rows of tokens, and from there to the foreign ones. None is missed, and one that is read twice is on the list
//! once.

use std::time::Duration;

use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::ledger::CLOCK_MARGIN_SECONDS;
use crate::service::time::sleep;
use crate::token::Timestamp;

/// How many serials one page holds: in text, 11 characters each stay far below the 2 MB of one of SQLite's answers.
const SERIALS_A_PAGE: u32 = 20_000;

/// How long the ledger serves other requests between two pages.
const PAUSE: Duration = Duration::from_millis(1);

impl Ledger {
    /// The serials of all tokens that are revoked, and expired no longer ago than a clock may be wrong.
    pub(super) async fn listed(&self, now: Timestamp) -> Result<Vec<u32>, LedgerError> {
        let expired_since = now.saturating_sub(CLOCK_MARGIN_SECONDS);
        let mut serials = Vec::new();
        let mut subject = String::new();
        while let Some(pending) = self.pending_after(&subject)? {
            subject = pending.subject;
            let through = pending.through;
            self.read_pages(&mut serials, expired_since, &|until, after| {
                self.pending_page(&subject, through, until, after)
            })
            .await?;
        }
        let mut number = 0;
        while let Some(next) = self.found_after(number)? {
            number = next;
            let found = self.found_serials(number)?;
            read_page(&mut serials, found.trim_matches(['[', ']']))?;
            sleep(PAUSE).await;
        }
        self.read_pages(&mut serials, expired_since, &|until, after| {
            self.revoked_page(until, after)
        })
        .await?;
        let mut from = 0;
        while let Some(page) = self.foreign_page(expired_since, from)? {
            from = u64::from(read_page(&mut serials, &page)?) + 1;
            sleep(PAUSE).await;
        }
        Ok(serials)
    }

    /// Reads pages of tokens that are in the order of their expiry and serial.
    async fn read_pages(
        &self,
        serials: &mut Vec<u32>,
        expired_since: Timestamp,
        page: &dyn Fn(u64, u32) -> Result<Option<String>, StoreError>,
    ) -> Result<(), LedgerError> {
        let (mut until, mut after) = (u64::from(expired_since), u32::MAX);
        while let Some(text) = page(until, after)? {
            after = read_page(serials, &text)?;
            let last = self.store.number(
                "SELECT usable_until FROM tokens WHERE serial = ?",
                Values::none().number(after),
            )?;
            until = last.unwrap_or(until);
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Those of a subject that are revoked and whose rows do not say so yet.
    fn pending_page(
        &self,
        subject: &str,
        through: u32,
        until: u64,
        after: u32,
    ) -> Result<Option<String>, StoreError> {
        self.store.text(
            "SELECT group_concat(serial) FROM (\
             SELECT * FROM (SELECT serial FROM tokens WHERE subject = ?4 AND revoked_in IS NULL AND usable_until = ?1 \
             AND serial > ?2 AND +serial <= ?5 ORDER BY serial LIMIT ?3) UNION ALL \
             SELECT * FROM (SELECT serial FROM tokens WHERE subject = ?4 AND revoked_in IS NULL AND usable_until > ?1 \
             AND +serial <= ?5 ORDER BY usable_until, serial LIMIT ?3) LIMIT ?3)",
            Values::none()
                .large(until)
                .number(after)
                .number(SERIALS_A_PAGE)
                .text(subject)
                .number(through),
        )
    }

    fn revoked_page(&self, until: u64, after: u32) -> Result<Option<String>, StoreError> {
        self.store.text(
            "SELECT group_concat(serial) FROM (\
             SELECT * FROM (SELECT serial FROM tokens WHERE revoked_in IS NOT NULL AND usable_until = ?1 AND serial > ?2 \
             ORDER BY serial LIMIT ?3) UNION ALL \
             SELECT * FROM (SELECT serial FROM tokens WHERE revoked_in IS NOT NULL AND usable_until > ?1 \
             ORDER BY usable_until, serial LIMIT ?3) LIMIT ?3)",
            Values::none()
                .large(until)
                .number(after)
                .number(SERIALS_A_PAGE),
        )
    }

    fn foreign_page(&self, expired_since: Timestamp, from: u64) -> Result<Option<String>, StoreError> {
        self.store.text(
            "SELECT group_concat(serial) FROM (SELECT serial FROM foreign_revocations \
             WHERE serial >= ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY serial LIMIT ?)",
            Values::none()
                .large(from)
                .number(expired_since)
                .number(SERIALS_A_PAGE),
        )
    }
}

/// Reads a page; gives its last serial.
fn read_page(serials: &mut Vec<u32>, text: &str) -> Result<u32, StoreError> {
    for serial in text.split(',') {
        let serial = serial.parse();
        serials.push(serial.map_err(|_| StoreError("a serial is no number".to_owned()))?);
    }
    Ok(serials.last().copied().unwrap_or_default())
}
