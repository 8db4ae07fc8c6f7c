//! The publication of the shard's list, by the ledger's alarm: at once after a change and once a second at most,
//! again on a heartbeat, and again and again while KV fails.

use serde::Deserialize;

use super::audit::Change;
use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::ledger::{Action, Actor, CLOCK_MARGIN_SECONDS, RevocationReason};
use crate::service::kv::KvUnavailable;
use crate::service::time::now_milliseconds;
use crate::{RevocationList, Timestamp};

/// How long after one turn of pruning the next one comes, where more is left.
const PRUNE_MILLISECONDS: u64 = 1_000;

/// How many serials one row of SQLite's answer holds: 11 characters each stay below its 2 MB.
const SERIALS_A_ROW: u32 = 100_000;

impl Ledger {
    /// Begins the work of a shard where it has not begun: takes over the list that KV holds, so that nothing which
    /// is revoked there becomes unrevoked.
    pub(super) async fn begin(&self, shard: u16) -> Result<(), LedgerError> {
        if self.has_begun_as(shard)? {
            return Ok(());
        }
        let found = self.found_list(shard).await.map_err(LedgerError::FoundList)?;
        let ceiling = self.ceiling_of_new(shard).await?;
        self.store.transaction(|| {
            // Another call may have begun meanwhile.
            if self.has_begun_as(shard)? {
                return Ok(());
            }
            self.store.run(
                "INSERT INTO ledger (only, shard, next_serial, attempted, wanted, published, attempted_at, \
                 published_at, failures) VALUES (1, ?, 1, 0, 1, 0, 0, 0, 0)",
                Values::none().number(shard.into()),
            )?;
            if let Some(list) = &found {
                self.take_over(list, now())?;
            }
            self.go_on_above(ceiling)
        })?;
        self.schedule().await
    }

    fn has_begun_as(&self, shard: u16) -> Result<bool, LedgerError> {
        match self.store.shard()? {
            Some(own) if own == shard => Ok(true),
            Some(own) => Err(LedgerError::Shard { own, asked: shard }),
            None => Ok(false),
        }
    }

    /// Has the list published anew where KV holds none that opens: one was deleted there, or its key left the ring.
    pub(super) async fn repair_list(&self, shard: u16) -> Result<(), LedgerError> {
        let publication = self.store.publication()?;
        // What is not published yet comes of itself.
        if !publication.has_published(publication.wanted)
            || matches!(self.found_list(shard).await, Ok(Some(_)))
        {
            return Ok(());
        }
        self.store.transaction(|| {
            let mut publication = self.store.publication()?;
            publication.change();
            Ok(self.store.keep(&publication)?)
        })
    }

    /// Does what is due.
    pub(super) async fn run_due_work(&self) -> Result<(), LedgerError> {
        let now = now();
        self.revoking(|| self.end_graces(now))?;
        let has_more = self.store.transaction(|| {
            self.forget_calls(now)?;
            self.forget_assertions(now)?;
            self.store.run(
                "DELETE FROM foreign_revocations WHERE expires_at IS NOT NULL AND expires_at <= ?",
                Values::none().number(now.saturating_sub(CLOCK_MARGIN_SECONDS)),
            )?;
            self.prune(now)
        })?;
        self.has_more_to_prune.set(has_more);
        if self.publication_due()? <= now_milliseconds() {
            let publication = self.store.publication()?;
            self.publish().await?;
            // Without a change it is the heartbeat.
            if publication.has_published(publication.wanted) {
                self.check_ceiling().await?;
                self.check_memberships().await?;
            }
        }
        self.search_memberships().await?;
        self.publish_memberships().await
    }

    /// Sets the alarm for what is due next.
    pub(super) async fn schedule(&self) -> Result<(), LedgerError> {
        let publication_due = self.publication_due()?;
        let grace_over = self.next_grace_end()?.map(|end| u64::from(end) * 1000);
        let membership_due = self.next_membership_due()?;
        let prune_due = self
            .has_more_to_prune
            .get()
            .then(|| now_milliseconds() + PRUNE_MILLISECONDS);
        let search_due = self.next_search()?;
        let due = [grace_over, membership_due, search_due, prune_due]
            .into_iter()
            .flatten()
            .fold(publication_due, u64::min);
        Ok(self.store.set_alarm(due.max(now_milliseconds())).await?)
    }

    fn publication_due(&self) -> Result<u64, LedgerError> {
        let publication = self.store.publication()?;
        Ok(publication.due_at(self.settings.heartbeat(), now_milliseconds()))
    }

    /// Writes the list to KV, in a version that nothing had before.
    async fn publish(&self) -> Result<(), LedgerError> {
        let shard = self.shard()?;
        let found = self.found_list(shard).await.unwrap_or_else(|detail| {
            // What this ledger knows is the truth; what is there is only looked at for what it does not know.
            self.warn("list_unreadable", &detail);
            None
        });
        let (version, sealed) = self.revoking(|| {
            let now = now();
            let mut publication = self.store.publication()?;
            if let Some(list) = found
                .as_ref()
                .filter(|list| list.version() > publication.attempted)
            {
                self.note_loss(&format!(
                    "KV holds version {} of the list, and this ledger has published none after {}",
                    list.version(),
                    publication.attempted
                ))?;
                self.take_over(list, now)?;
                publication = self.store.publication()?;
            }
            let version = publication.attempt(now_milliseconds());
            self.store.keep(&publication)?;
            let valid_until = now.saturating_add(self.settings.valid_seconds);
            let list = RevocationList::new(shard, version, self.revoked(now)?, now, valid_until);
            Ok((version, list.seal(&self.settings.keys)))
        })?;
        // The version is on disk, and an alarm for the case of a crash, before KV may see it.
        self.schedule().await?;
        self.store.sync().await?;
        match self.settings.kv.write(&key(shard), &sealed).await {
            Ok(()) => self.store.transaction(|| {
                let mut publication = self.store.publication()?;
                publication.succeed(version, now_milliseconds());
                self.store.keep(&publication)?;
                Ok(self.store.run(
                    "UPDATE continuity SET list_sealed_with = ?",
                    Values::none().number(self.settings.keys.active().into()),
                )?)
            }),
            Err(KvUnavailable) => {
                self.warn(
                    "list_unwritable",
                    "KV failed or took too long; it will be tried again",
                );
                Ok(())
            }
        }
    }

    /// The list that KV holds.
    async fn found_list(&self, shard: u16) -> Result<Option<RevocationList>, String> {
        let read = self.settings.kv.read(&key(shard)).await;
        let value = read.map_err(|KvUnavailable| "KV failed or took too long".to_owned())?;
        value
            .map(|sealed| RevocationList::open(&sealed, shard, &self.settings.keys))
            .transpose()
            .map_err(|error| {
                format!(
                    "{error}; repair the key ring, or remove {} from KV if nothing on it matters",
                    key(shard)
                )
            })
    }

    /// Takes over what a list revokes that this ledger did not publish.
    fn take_over(&self, list: &RevocationList, now: Timestamp) -> Result<(), LedgerError> {
        let mut publication = self.store.publication()?;
        publication.continue_after(list.version());
        self.store.keep(&publication)?;
        for serial in list.serials() {
            match self.store.token(serial)? {
                Some(row) if row.revoked_in.is_none() => {
                    self.revoke_row(&row, RevocationReason::Requested, Actor::Gate, now)?;
                }
                Some(_) => {}
                None if self.store.is_foreign_revoked(serial)? => {}
                None => {
                    self.store.skip_serial(serial)?;
                    self.store.run(
                        "INSERT INTO foreign_revocations (serial) VALUES (?)",
                        Values::none().number(serial),
                    )?;
                    self.write_down(
                        &Change {
                            actor: Actor::Gate,
                            action: Action::Imported,
                            subject: None,
                            serial,
                            replaces: None,
                            reason: None,
                        },
                        now,
                    )?;
                }
            }
        }
        Ok(())
    }

    /// The serials of all tokens that are revoked, and expired no longer ago than a clock may be wrong.
    fn revoked(&self, now: Timestamp) -> Result<Vec<u32>, LedgerError> {
        #[derive(Deserialize)]
        struct Row {
            serials: Option<String>,
            last: Option<u32>,
        }
        let expired_since = now.saturating_sub(CLOCK_MARGIN_SECONDS);
        let mut serials = Vec::new();
        for table in [
            "tokens WHERE revoked_in IS NOT NULL AND",
            "foreign_revocations WHERE",
        ] {
            let query = format!(
                "SELECT group_concat(serial) AS serials, max(serial) AS last FROM (
                    SELECT serial FROM {table} serial >= ? AND (expires_at IS NULL OR expires_at > ?)
                    ORDER BY serial LIMIT {SERIALS_A_ROW})"
            );
            let mut from = 0;
            loop {
                let row: Option<Row> = self
                    .store
                    .row(&query, Values::none().large(from).number(expired_since))?;
                let Some((text, last)) = row.and_then(|row| row.serials.zip(row.last)) else {
                    break;
                };
                for serial in text.split(',') {
                    serials.push(
                        serial
                            .parse()
                            .map_err(|_| StoreError("a serial is no number".to_owned()))?,
                    );
                }
                from = u64::from(last) + 1;
            }
        }
        Ok(serials)
    }

    pub(super) fn warn(&self, code: &'static str, detail: &str) {
        Line {
            event: "ledger",
            code,
            shard: self.store.shard().ok().flatten(),
            detail: Some(detail.to_owned()),
            ..Line::default()
        }
        .log_error();
    }
}

fn key(shard: u16) -> String {
    format!("revocations/{shard}")
}
