//! The membership records that KV holds, beside a ledger's own rows: a newer record counts, and one that the ledger lacks
//! is taken over. Knows nothing of when records are published.

use futures_util::future::join_all;

use super::membership_row::{MembershipRow, read_subject};
use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::ledger::MAXIMUM_BACKOFF_MILLISECONDS;
use crate::service::kv::KvUnavailable;
use crate::service::time::now_milliseconds;
use crate::state::MembershipRecord;

/// What the keys of records in KV begin with.
const PREFIX: &str = "members/";

/// How many records are read from KV at once.
pub(super) const RECORDS_AT_ONCE: usize = 20;

impl Ledger {
    /// Takes over the record that KV holds of a subject for whom this ledger has none: another shard wrote it, before there
    /// were as many.
    pub(super) async fn take_over_membership(&self, subject: &str) -> Result<(), LedgerError> {
        if self.membership_row(subject)?.is_some() {
            return Ok(());
        }
        let Ok(value) = self.settings.kv.read(&key(subject)).await else {
            return Err(LedgerError::FoundMembership(
                "KV failed or took too long".to_owned(),
            ));
        };
        let found = self
            .open_membership(subject, value.as_deref())
            .map_err(LedgerError::UnreadMembership)?;
        match found {
            None => Ok(()),
            Some(record) if record.is_in_force(now()) => self.adopt(&record),
            // It is old, or was put back, so what it says no longer counts. A change still takes a version above it.
            Some(record) => Err(LedgerError::FoundMembershipExpired {
                valid_until: record.valid_until(),
                roles: Box::new(record.roles().clone()),
            }),
        }
    }

    /// Reconciles a row with the record that KV holds: the newer counts. Whoever made a change that is pending knew
    /// neither, so it takes a version above both.
    pub(super) fn reconcile(&self, row: &MembershipRow, found: &MembershipRecord) -> Result<(), LedgerError> {
        let Some(row) = self.membership_row(&row.subject)? else {
            return Ok(());
        };
        let is_same = found.version() == row.version && *found.roles() == row.roles()?;
        if found.version() < row.version || is_same {
            return Ok(());
        }
        if self.is_home_of(&row.subject) {
            self.note_loss(&format!(
                "KV holds version {} of a membership, and this ledger has made none after {}",
                found.version(),
                row.version
            ))?;
        }
        if !row.is_pending() {
            return self.adopt(found);
        }
        Ok(self.store.run(
            "UPDATE memberships SET version = ? WHERE subject = ?",
            Values::none()
                .large(found.version().saturating_add(1))
                .text(&row.subject),
        )?)
    }

    /// Whether the subject's records are this ledger's, with the shards that there are now.
    fn is_home_of(&self, subject: &str) -> bool {
        self.home_of(subject)
            .is_some_and(|home| self.store.shard().ok().flatten() == Some(home))
    }

    /// The shard whose ledger writes the subject's records, with the shards that there are now.
    pub(super) fn home_of(&self, subject: &str) -> Option<u16> {
        let subject = read_subject(subject).ok()?;
        Some(self.settings.ledgers.shards.home(&subject))
    }

    /// Looks for records in KV that are this ledger's and that it does not have, a page at a time: those of a ledger whose
    /// storage was lost, or of other ledgers from before there were as many.
    pub(super) async fn search_memberships(&self) -> Result<(), LedgerError> {
        if self.next_search()?.is_none_or(|due| due > now_milliseconds()) {
            return Ok(());
        }
        let shards = self.settings.ledgers.shards.count();
        let cursor = self
            .store
            .text("SELECT search_cursor FROM continuity", Values::none())?;
        // Set before KV is asked, so that the search goes on at that time if KV fails.
        let later = now_milliseconds().saturating_add(MAXIMUM_BACKOFF_MILLISECONDS);
        self.store.run(
            "UPDATE continuity SET search_due = ?",
            Values::none().large(later),
        )?;
        let Ok((names, cursor)) = self.settings.kv.list(PREFIX, cursor.as_deref()).await else {
            self.warn("memberships_unlisted", "KV failed or took too long");
            return Ok(());
        };
        let subjects = names.iter().filter_map(|name| name.strip_prefix(PREFIX));
        let own: Vec<&str> = subjects.filter(|subject| self.is_home_of(subject)).collect();
        for subjects in own.chunks(RECORDS_AT_ONCE) {
            for outcome in join_all(subjects.iter().map(|subject| self.take_over_membership(subject))).await {
                match outcome {
                    Ok(()) => {}
                    Err(LedgerError::FoundMembership(detail)) => {
                        self.warn("membership_not_taken_over", &detail);
                        return Ok(());
                    }
                    // A record that has expired or does not open is passed over, and does not stop the others.
                    Err(error) => error.log(),
                }
            }
        }
        let searched = if cursor.is_none() { shards } else { 0 };
        Ok(self.store.run(
            "UPDATE continuity SET search_due = 0, search_cursor = ?, searched_shards = ?",
            Values::none().optional_text(cursor.as_deref()).number(searched),
        )?)
    }

    /// When the search in KV goes on, in milliseconds; `None` where it is done.
    pub(super) fn next_search(&self) -> Result<Option<u64>, LedgerError> {
        let is_done = self.known("SELECT searched_shards FROM continuity")?
            == Some(self.settings.ledgers.shards.count().into());
        let due = self.known("SELECT search_due FROM continuity")?;
        Ok(due.filter(|_| !is_done))
    }

    /// What KV holds of these subjects, all read at once.
    pub(super) async fn read_records(
        &self,
        rows: &[MembershipRow],
    ) -> Vec<Result<Option<Vec<u8>>, KvUnavailable>> {
        let reads = rows
            .iter()
            .map(async |row| self.settings.kv.read(&key(&row.subject)).await);
        join_all(reads).await
    }

    /// Opens what KV gave for a subject's record; `None` if it gave nothing.
    pub(super) fn open_membership(
        &self,
        subject: &str,
        value: Option<&[u8]>,
    ) -> Result<Option<MembershipRecord>, String> {
        let Some(sealed) = value else {
            return Ok(None);
        };
        let whose = read_subject(subject).map_err(|error| error.to_string())?;
        MembershipRecord::open(sealed, &whose, &self.settings.keys)
            .map(Some)
            .map_err(|error| {
                format!("{error}; repair the key ring, or remove the record from KV if nothing in it matters")
            })
    }

    /// Takes over a record that this ledger did not write, unless it has one as new by now. It is written again, so that
    /// the key that sealed it is known.
    fn adopt(&self, record: &MembershipRecord) -> Result<(), LedgerError> {
        let roles = serde_json::to_string(record.roles())
            .map_err(|_| StoreError("roles do not serialize".to_owned()))?;
        Ok(self.store.run(
            "INSERT INTO memberships (subject, version, written_at, roles, published, attempted_at, failures, due_at) \
             VALUES (?1, ?2, ?3, ?4, ?2, 0, 0, ?5) \
             ON CONFLICT (subject) DO UPDATE SET version = ?2, written_at = ?3, roles = ?4, published = ?2, \
             due_at = ?5 WHERE version <= ?2",
            Values::none()
                .text(record.subject().as_str())
                .large(record.version())
                .number(record.written_at())
                .text(&roles)
                .large(now_milliseconds()),
        )?)
    }
}

/// The key of a subject's record in KV.
pub(super) fn key(subject: &str) -> String {
    format!("{PREFIX}{subject}")
}
