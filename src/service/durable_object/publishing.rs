//! The publication of the shard's list, by the ledger's alarm: at once after a change and once a second at most,
//! again on a heartbeat, and again and again while KV fails.

use std::fmt;
use std::time::Duration;

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::service::kv::KvUnavailable;
use crate::service::time::{now_milliseconds, sleep};
use crate::state::{ListError, RevocationList};

/// How long one alarm works on batches before it publishes, so that no revocation waits longer for them.
const WORK_MILLISECONDS: u64 = 500;

/// How long the ledger serves other requests between two batches.
const PAUSE: Duration = Duration::from_millis(1);

impl Ledger {
    /// Begins the work of a shard if it has not begun: takes over the list that KV holds, so that nothing that is revoked
    /// there becomes valid again.
    pub(super) async fn begin(&self, shard: u16) -> Result<(), LedgerError> {
        if self.has_begun_as(shard)? {
            return Ok(());
        }
        let found = self
            .found_list(shard)
            .await
            .map_err(|error| LedgerError::FoundList(error.to_string()))?;
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
                self.take_over_list(list)?;
                self.take_over(now())?;
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

    /// Has the list published again if KV holds none that opens, because it was deleted there or its key left the ring.
    pub(super) async fn repair_list(&self, shard: u16) -> Result<(), LedgerError> {
        let publication = self.store.publication()?;
        // What is not published yet will be, in any case.
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

    /// Runs due work.
    pub(super) async fn run_due_work(&self) -> Result<(), LedgerError> {
        self.run_batches().await?;
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

    /// Revokes, takes over and removes what is due, batch by batch. Between two batches the ledger serves other requests.
    /// After [`WORK_MILLISECONDS`], the next alarm continues.
    async fn run_batches(&self) -> Result<(), LedgerError> {
        let until = now_milliseconds() + WORK_MILLISECONDS;
        loop {
            let now = now();
            let mut has_more = self.revoking(|| self.end_graces(now))?;
            has_more |= self.revoking(|| self.continue_revoking(now))?;
            has_more |= self.revoking(|| self.take_over(now))?;
            has_more |= self.store.transaction(|| self.prune(now))?;
            self.has_more.set(has_more);
            if !has_more || now_milliseconds() >= until {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
    }

    /// Sets the alarm for what is due next.
    pub(super) async fn schedule(&self) -> Result<(), LedgerError> {
        let publication_due = self.publication_due()?;
        let grace_over = self.next_grace_end()?.map(|end| u64::from(end) * 1000);
        let membership_due = self.next_membership_due()?;
        let has_more =
            self.has_more.get() || self.pending_after("")?.is_some() || self.found_after(0)?.is_some();
        let more_due = has_more.then(now_milliseconds);
        let search_due = self.next_search()?;
        let due = [grace_over, membership_due, search_due, more_due]
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
        let found = match self.found_list(shard).await {
            Ok(found) => found,
            Err(error) => {
                self.warn("list_unreadable", &error.to_string());
                // Until KV has been read once, this storage may be an older copy, and a list from it might revoke less.
                let has_compared = self.known("SELECT list_compared FROM continuity")? == Some(1);
                if matches!(error, FoundListError::Kv(KvUnavailable)) && !has_compared {
                    return self.store.transaction(|| {
                        let mut publication = self.store.publication()?;
                        publication.postpone(now_milliseconds());
                        Ok(self.store.keep(&publication)?)
                    });
                }
                // What this ledger knows counts. The list in KV is read only for what the ledger does not know.
                None
            }
        };
        let version = self.store.transaction(|| {
            let attempted = self.store.publication()?.attempted;
            if let Some(list) = found.as_ref().filter(|list| list.version() > attempted) {
                self.note_loss(&format!(
                    "KV holds version {} of the list, and this ledger has published none after {attempted}",
                    list.version()
                ))?;
                self.take_over_list(list)?;
            }
            let mut publication = self.store.publication()?;
            let version = publication.attempt(now_milliseconds());
            self.store.keep(&publication)?;
            self.store
                .run("UPDATE continuity SET list_compared = 1", Values::none())?;
            Ok(version)
        })?;
        // What changes from here on takes effect in the next version, though this one may have it too.
        let now = now();
        let valid_until = now.saturating_add(self.settings.valid_seconds);
        let list = RevocationList::new(shard, version, self.listed(now).await?, now, valid_until);
        let sealed = list.seal(&self.settings.keys);
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
    async fn found_list(&self, shard: u16) -> Result<Option<RevocationList>, FoundListError> {
        let read = self.settings.kv.read(&key(shard)).await;
        read.map_err(FoundListError::Kv)?
            .map(|sealed| RevocationList::open(&sealed, shard, &self.settings.keys))
            .transpose()
            .map_err(|error| FoundListError::Unread { shard, error })
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

/// Why the list that KV holds is not known.
enum FoundListError {
    /// KV did not answer.
    Kv(KvUnavailable),
    /// What it holds does not open.
    Unread { shard: u16, error: ListError },
}

impl fmt::Display for FoundListError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kv(KvUnavailable) => formatter.write_str("KV failed or took too long"),
            Self::Unread { shard, error } => write!(
                formatter,
                "{error}; repair the key ring, or remove {} from KV if nothing on it matters",
                key(*shard)
            ),
        }
    }
}

fn key(shard: u16) -> String {
    format!("revocations/{shard}")
}
