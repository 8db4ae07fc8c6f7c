//! The publication of membership records: which are due, and their way to KV. Records that KV has lost, that are half through their
//! time or that an older root key has sealed are written again. Knows nothing of who changes roles.

use futures_util::future::join_all;

use super::found_members::{RECORDS_AT_ONCE, key};
use super::membership_row::MembershipRow;
use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::keys::KeyId;
use crate::ledger::{MAXIMUM_BACKOFF_MILLISECONDS, Wake, pause_after};
use crate::service::kv::KvUnavailable;
use crate::service::ledger_client::SHARD_LIMIT;
use crate::service::time::now_milliseconds;
use crate::sorted_map::SortedMap;

/// How many records one alarm publishes, all at once.
const RECORDS_A_TURN: u32 = 20;

/// How many records one heartbeat looks at in KV. Ten thousand subjects are seen in eight hours of shipped heartbeats.
const RECORDS_A_HEARTBEAT: u32 = 100;

/// How long after a success that followed failures a record is written once more: one of those writes may have
/// arrived late, and put an older record over it.
const SETTLING_MILLISECONDS: u64 = 60_000;

impl Ledger {
    /// Whether a version of a subject's record is published.
    pub(super) fn has_published_membership(&self, subject: &str, version: u64) -> Result<bool, LedgerError> {
        let row = self.membership_row(subject)?;
        Ok(row.is_none_or(|row| row.published >= version))
    }

    /// When the next record is to be written to KV, in milliseconds. A time that is further ahead than any pause was noted
    /// before the clock was set back: that record is due at once.
    pub(super) fn next_membership_due(&self) -> Result<Option<u64>, LedgerError> {
        let now = now_milliseconds();
        let latest = self.store.number(
            "SELECT due_at FROM memberships WHERE due_at IS NOT NULL ORDER BY due_at DESC LIMIT 1",
            Values::none(),
        )?;
        if latest.is_some_and(|due_at| due_at > now.saturating_add(MAXIMUM_BACKOFF_MILLISECONDS)) {
            return Ok(Some(now));
        }
        let due = self.store.number(
            "SELECT due_at FROM memberships WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
            Values::none(),
        )?;
        let renewal = self.store.number(
            "SELECT renew_at FROM memberships WHERE due_at IS NULL AND renew_at IS NOT NULL ORDER BY renew_at LIMIT 1",
            Values::none(),
        )?;
        Ok([renewal, due].into_iter().flatten().min())
    }

    /// Checks the records that were checked longest ago, a few each time, and has those written again that KV has lost.
    pub(super) async fn check_memberships(&self) -> Result<(), LedgerError> {
        let rows: Vec<MembershipRow> = self.store.rows(
            "SELECT * FROM memberships WHERE due_at IS NULL AND checked_at >= 0 ORDER BY checked_at LIMIT ?",
            Values::none().number(RECORDS_A_HEARTBEAT),
        )?;
        for rows in rows.chunks(RECORDS_AT_ONCE) {
            for (row, read) in rows.iter().zip(self.read_records(rows).await) {
                // That KV fails does not say that it has lost anything, and a revocation may be waiting.
                let Ok(value) = read else {
                    return Ok(());
                };
                self.check_membership(row, value.as_deref())?;
            }
        }
        Ok(())
    }

    fn check_membership(&self, row: &MembershipRow, value: Option<&[u8]>) -> Result<(), LedgerError> {
        let is_there = match self.open_membership(&row.subject, value) {
            Ok(Some(found)) => {
                self.reconcile(row, &found)?;
                found.version() >= row.version
            }
            Ok(None) => false,
            Err(detail) => {
                self.warn("membership_unreadable", &detail);
                false
            }
        };
        Ok(self.store.run(
            "UPDATE memberships SET checked_at = ?1, due_at = CASE WHEN ?2 THEN due_at ELSE max(?1, attempted_at + ?3) END \
             WHERE subject = ?4 AND version = ?5",
            Values::none()
                .large(now_milliseconds())
                .number(is_there.into())
                .large(pause_after(0))
                .text(&row.subject)
                .large(row.version),
        )?)
    }

    /// Writes the records that are due to KV, and those that an older root key has sealed, a few at a time.
    pub(super) async fn publish_memberships(&self) -> Result<(), LedgerError> {
        let now = now_milliseconds();
        // First those that were made due before the clock was set back.
        let mut due: Vec<MembershipRow> = self.store.rows(
            "SELECT * FROM memberships WHERE due_at > ? ORDER BY due_at DESC LIMIT ?",
            Values::none()
                .large(now.saturating_add(MAXIMUM_BACKOFF_MILLISECONDS))
                .number(RECORDS_A_TURN),
        )?;
        if due.is_empty() {
            due = self.store.rows(
                "SELECT * FROM memberships WHERE due_at <= ? ORDER BY due_at LIMIT ?",
                Values::none().large(now).number(RECORDS_A_TURN),
            )?;
        }
        if due.is_empty() || self.write_memberships(&due).await? {
            self.mark_outdated_seals()?;
            self.mark_renewals()?;
        }
        Ok(())
    }

    /// Makes the next few records due that are to be renewed by now.
    fn mark_renewals(&self) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE memberships SET due_at = ?1 WHERE subject IN (SELECT subject FROM memberships \
             WHERE due_at IS NULL AND renew_at <= ?1 ORDER BY renew_at LIMIT ?2)",
            Values::none().large(now_milliseconds()).number(RECORDS_A_TURN),
        )
    }

    /// Makes the next few records due that an older root key has sealed. The alarm is set for them at once, so that
    /// all of them are written one turn after the other; a change that comes meanwhile waits for one turn at most.
    fn mark_outdated_seals(&self) -> Result<(), StoreError> {
        self.store.run(
            "UPDATE memberships SET due_at = ?1 WHERE subject IN (\
             SELECT subject FROM memberships WHERE due_at IS NULL AND sealed_with < ?2 UNION ALL \
             SELECT subject FROM memberships WHERE due_at IS NULL AND sealed_with > ?2 LIMIT ?3)",
            Values::none()
                .large(now_milliseconds())
                .number(self.settings.keys.active().into())
                .number(RECORDS_A_TURN),
        )
    }

    /// Writes records to KV, and tells whether it has taken them all.
    async fn write_memberships(&self, due: &[MembershipRow]) -> Result<bool, LedgerError> {
        let active = self.settings.keys.active();
        let mut readable = Vec::new();
        for (row, read) in due.iter().zip(self.read_records(due).await) {
            // What KV holds is not known: it may be newer than this ledger, whose storage may be an older copy.
            let Ok(value) = read else {
                continue;
            };
            readable.push(row.subject.as_str());
            match self.open_membership(&row.subject, value.as_deref()) {
                Ok(Some(found)) => self.reconcile(row, &found)?,
                Ok(None) => {}
                Err(detail) => self.warn("membership_unreadable", &detail),
            }
        }
        let mut are_written = readable.len() == due.len();
        if !are_written {
            self.warn(
                "membership_unwritable",
                "KV failed or took too long; it will be tried again",
            );
        }
        let awake = self.wake_other_homes(due).await?;
        let mut sealed = self.store.transaction(|| self.attempt_memberships(due, &awake))?;
        sealed.retain(|(row, _)| readable.contains(&row.subject.as_str()));
        // The attempts are on disk, and an alarm for the case of a crash, before KV may see them.
        self.schedule().await?;
        self.store.sync().await?;
        let writes = sealed.iter().map(async |(row, bytes)| {
            match self.settings.kv.write(&key(&row.subject), bytes).await {
                Ok(()) => self.note_published(row, active).map(|()| true),
                Err(KvUnavailable) => {
                    self.warn(
                        "membership_unwritable",
                        "KV failed or took too long; it will be tried again",
                    );
                    Ok(false)
                }
            }
        });
        for is_written in join_all(writes).await {
            are_written &= is_written?;
        }
        Ok(are_written)
    }

    /// Wakes the ledgers to which these records belong since there are more shards, so that they look for them in KV.
    /// Returns those that are awake.
    async fn wake_other_homes(&self, due: &[MembershipRow]) -> Result<Vec<u16>, LedgerError> {
        let own = self.shard()?;
        let mut homes = SortedMap::new();
        for row in due {
            if let Some(home) = self.home_of(&row.subject).filter(|home| *home != own) {
                homes.insert(home, Wake {});
            }
        }
        let wakes = homes.into_entries();
        match self.settings.ledgers.ask_each(SHARD_LIMIT, wakes).await {
            Ok(answers) => Ok(answers.answered.into_iter().map(|(home, ())| home).collect()),
            Err(_) => Ok(Vec::new()),
        }
    }

    /// Notes an attempt for each record, and seals it as it is now. It counts as failed until it has succeeded. A record
    /// that belongs to another ledger by now is left to that ledger, once it is awake.
    fn attempt_memberships(
        &self,
        due: &[MembershipRow],
        awake: &[u16],
    ) -> Result<Vec<(MembershipRow, Vec<u8>)>, LedgerError> {
        let mut sealed = Vec::new();
        for row in due {
            let Some(row) = self.membership_row(&row.subject)? else {
                continue;
            };
            if !row.is_pending()
                && self
                    .home_of(&row.subject)
                    .is_some_and(|home| awake.contains(&home))
            {
                self.store.run(
                    "DELETE FROM memberships WHERE subject = ?",
                    Values::none().text(&row.subject),
                )?;
                continue;
            }
            let now = now_milliseconds();
            let failures = row.failures.saturating_add(1);
            self.store.run(
                "UPDATE memberships SET attempted_at = ?, failures = ?, due_at = ? WHERE subject = ?",
                Values::none()
                    .large(now)
                    .number(failures)
                    .large(now.saturating_add(pause_after(failures)))
                    .text(&row.subject),
            )?;
            let bytes = row.seal(self.valid_until(), &self.settings.keys)?;
            sealed.push((row, bytes));
        }
        Ok(sealed)
    }

    /// Notes that KV has confirmed a version. A change since then stays due.
    fn note_published(&self, row: &MembershipRow, sealed_with: KeyId) -> Result<(), LedgerError> {
        let again = (row.failures > 0).then(|| now_milliseconds().saturating_add(SETTLING_MILLISECONDS));
        Ok(self.store.run(
            "UPDATE memberships SET published = max(published, ?1), sealed_with = ?2, failures = 0, \
             renew_at = ?5, due_at = CASE WHEN version = ?1 THEN nullif(?3, 0) ELSE due_at END WHERE subject = ?4",
            Values::none()
                .large(row.version)
                .number(sealed_with.into())
                .large(again.unwrap_or_default())
                .text(&row.subject)
                .large(now_milliseconds().saturating_add(self.settings.renewal())),
        )?)
    }
}
