//! Memberships: one record a subject, in the table first and then, sealed, in KV. A version is given once and never
//! taken back, so that no older record which an edge still holds can pass for the newer.

use futures_util::future::join_all;
use serde::Deserialize;

use super::audit::Change;
use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::isolate::clock::now;
use crate::json::from_slice;
use crate::keys::{KeyId, KeyRing};
use crate::ledger::{
    Action, Actor, MAXIMUM_BACKOFF_MILLISECONDS, Membership, SetMembership, Wake, pause_after,
};
use crate::service::kv::KvUnavailable;
use crate::service::ledger_client::SHARD_LIMIT;
use crate::service::time::now_milliseconds;
use crate::sorted_map::SortedMap;
use crate::state::{MembershipRecord, Roles};
use crate::token::{Subject, Timestamp};

/// What the keys of records in KV begin with.
const PREFIX: &str = "members/";

/// How many records one alarm publishes, all at once.
const RECORDS_A_TURN: u32 = 20;

/// How many records one heartbeat looks at in KV. Ten thousand subjects are seen in eight hours of shipped heartbeats.
const RECORDS_A_HEARTBEAT: u32 = 100;

/// How many of them it reads at once.
const RECORDS_AT_ONCE: usize = 20;

/// How long after a success that followed failures a record is written once more: one of those writes may have
/// arrived late, and put an older record over it.
const SETTLING_MILLISECONDS: u64 = 60_000;

#[derive(Clone, Deserialize)]
struct MembershipRow {
    subject: String,
    version: u64,
    written_at: Timestamp,
    roles: String,
    published: u64,
    failures: u32,
}

impl MembershipRow {
    fn roles(&self) -> Result<Roles, StoreError> {
        from_slice::<Roles>(self.roles.as_bytes())
            .map_err(|_| StoreError("a membership's roles do not parse".to_owned()))
    }

    fn membership(&self) -> Result<Membership, StoreError> {
        Ok(Membership {
            subject: self.subject.clone(),
            version: self.version,
            written_at: Some(self.written_at),
            memberships: self.roles()?,
            published: self.published >= self.version,
        })
    }

    /// Whether a change of it is yet to be published.
    fn is_pending(&self) -> bool {
        self.published < self.version
    }

    fn seal(&self, valid_until: Timestamp, keys: &KeyRing) -> Result<Vec<u8>, StoreError> {
        let subject = read_subject(&self.subject)?;
        let times = (self.written_at, valid_until);
        Ok(MembershipRecord::new(subject, self.version, times, self.roles()?).seal(keys))
    }
}

impl Ledger {
    /// A subject's membership.
    pub(super) async fn membership(&self, subject: &str) -> Result<Membership, LedgerError> {
        self.take_over_membership(subject).await?;
        Ok(match self.membership_row(subject)? {
            Some(row) => row.membership()?,
            None => Membership::none(subject),
        })
    }

    /// A subject's record, sealed: of one that has none, a record without roles. What KV has lost is written there again.
    pub(super) async fn sealed_membership(&self, subject: &str) -> Result<Vec<u8>, LedgerError> {
        self.take_over_membership(subject).await?;
        let Some(row) = self.membership_row(subject)? else {
            let times = (0, self.valid_until());
            let none = MembershipRecord::new(read_subject(subject)?, 0, times, Roles::default());
            return Ok(none.seal(&self.settings.keys));
        };
        self.store.run(
            "UPDATE memberships SET due_at = ?1 WHERE subject = ?2 AND due_at IS NULL AND attempted_at < ?1 - ?3",
            Values::none()
                .large(now_milliseconds())
                .text(subject)
                .large(MAXIMUM_BACKOFF_MILLISECONDS),
        )?;
        self.schedule().await?;
        Ok(row.seal(self.valid_until(), &self.settings.keys)?)
    }

    /// Until when a record is in force that is sealed now.
    fn valid_until(&self) -> Timestamp {
        now().saturating_add(self.settings.membership_valid_seconds)
    }

    /// Puts roles in place of those that a subject had. Gone is a record without any, for a version must not come
    /// again.
    pub(super) async fn set_membership(
        &self,
        set: &SetMembership,
        now: Timestamp,
    ) -> Result<Membership, LedgerError> {
        let is_known = self.refresh_membership(&set.subject).await?;
        self.changed(|| self.replace_roles(&set.subject, &set.roles, is_known, now))
            .await
    }

    /// Gives a subject the roles that a backup has of it, where neither this ledger nor KV has a newer word; whether that
    /// was so. Of a record in KV whose time is over, what it took away stays away.
    pub(super) async fn import_membership(
        &self,
        subject: &str,
        roles: &Roles,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        read_subject(subject)?;
        if self.membership_row(subject)?.is_some() {
            // An older copy of this ledger may have a role that a newer record took away.
            self.refresh_membership(subject).await?;
            return Ok(false);
        }
        let (roles, is_known) = match self.take_over_membership(subject).await {
            Ok(()) => (roles.clone(), true),
            Err(LedgerError::FoundMembershipExpired { roles: last, .. }) => (roles.capped_by(&last), false),
            Err(error) => return Err(error),
        };
        if self.membership_row(subject)?.is_some() || roles.is_empty() {
            return Ok(false);
        }
        self.changed(|| self.replace_roles(subject, &roles, is_known, now))
            .await?;
        Ok(true)
    }

    /// Goes by what KV holds of a subject before its roles are changed; whether that is known now.
    async fn refresh_membership(&self, subject: &str) -> Result<bool, LedgerError> {
        let Some(row) = self.membership_row(subject)? else {
            return match self.take_over_membership(subject).await {
                Ok(()) => Ok(true),
                // What it says is nobody's word by now; the change goes on above it when it is published.
                Err(LedgerError::FoundMembershipExpired { .. }) => Ok(false),
                Err(error) => Err(error),
            };
        };
        let Ok(value) = self.settings.kv.read(&key(subject)).await else {
            return Ok(false);
        };
        match self.open_membership(subject, value.as_deref()) {
            Ok(Some(found)) => self.reconcile(&row, &found).map(|()| true),
            Ok(None) | Err(_) => Ok(false),
        }
    }

    fn replace_roles(
        &self,
        subject: &str,
        roles: &Roles,
        is_known: bool,
        now: Timestamp,
    ) -> Result<Membership, LedgerError> {
        let before = self.membership_row(subject)?;
        let is_same = match &before {
            Some(row) => row.roles()? == *roles,
            None => roles.is_empty(),
        };
        // To say that nothing changes is to know what is published.
        if is_same && is_known {
            return Ok(match before {
                Some(row) => row.membership()?,
                None => Membership::none(subject),
            });
        }
        let version = before.map_or(0, |row| row.version).saturating_add(1);
        let text =
            serde_json::to_string(roles).map_err(|_| StoreError("roles do not serialize".to_owned()))?;
        // An attempt sets `due_at` to its next one: a change comes no sooner than KV takes a key's writes.
        self.store.run(
            "INSERT INTO memberships (subject, version, written_at, roles, published, attempted_at, failures, due_at) \
             VALUES (?1, ?2, ?3, ?4, 0, 0, 0, ?5) \
             ON CONFLICT (subject) DO UPDATE SET version = ?2, written_at = ?3, roles = ?4, \
             due_at = max(?5, attempted_at + ?6)",
            Values::none()
                .text(subject)
                .large(version)
                .number(now)
                .text(&text)
                .large(now_milliseconds())
                .large(pause_after(0)),
        )?;
        let action = if roles.is_empty() {
            Action::MembershipRemoved
        } else {
            Action::MembershipSet
        };
        self.record_change(&Change::of(Actor::Admin, action, subject, 0), now)?;
        Ok(Membership {
            subject: subject.to_owned(),
            version,
            written_at: Some(now),
            memberships: roles.clone(),
            published: false,
        })
    }

    /// Whether a version of a subject's record is published.
    pub(super) fn has_published_membership(&self, subject: &str, version: u64) -> Result<bool, LedgerError> {
        let row = self.membership_row(subject)?;
        Ok(row.is_none_or(|row| row.published >= version))
    }

    /// When the next record is to be written to KV, in milliseconds. A time further ahead than any pause was noted before
    /// the clock went back: at once.
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

    /// Looks at what KV holds of the subjects that were looked at longest ago, a few each time, and has those written again
    /// that it has lost.
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
        // Those first that were made due before the clock went back.
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

    /// Makes the next few records due whose time to be renewed has come.
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

    /// Wakes the ledgers whose records these are since there are more of them, so that they look for them in KV. Gives those
    /// that are awake.
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

    /// Notes an attempt for each record, and seals it as it is now. It counts as failed until it has succeeded. What is another
    /// ledger's by now is left to that one, once it is awake.
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

    /// Takes over the record that KV holds of a subject that this ledger has none of: another shard's, from before
    /// there were as many.
    async fn take_over_membership(&self, subject: &str) -> Result<(), LedgerError> {
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
            // Old, or put back: what it says is nobody's word by now. A change goes on above it all the same.
            Some(record) => Err(LedgerError::FoundMembershipExpired {
                valid_until: record.valid_until(),
                roles: Box::new(record.roles().clone()),
            }),
        }
    }

    /// Goes by what KV holds of a subject beside what this ledger has: the newer counts. A change that is pending is made
    /// by someone who knew neither, and goes on above both.
    fn reconcile(&self, row: &MembershipRow, found: &MembershipRecord) -> Result<(), LedgerError> {
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
    fn home_of(&self, subject: &str) -> Option<u16> {
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
        // Set before KV is asked: where it fails, the search goes on then.
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
                    // One that is not in force or does not open comes to nothing, and keeps the others from nothing.
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
    async fn read_records(&self, rows: &[MembershipRow]) -> Vec<Result<Option<Vec<u8>>, KvUnavailable>> {
        let reads = rows
            .iter()
            .map(async |row| self.settings.kv.read(&key(&row.subject)).await);
        join_all(reads).await
    }

    /// What KV gave for a subject's record.
    fn open_membership(
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

    /// Takes over a record that this ledger did not write, unless it has one as new by now. It is written again, so
    /// that it is known with which key.
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

    fn membership_row(&self, subject: &str) -> Result<Option<MembershipRow>, StoreError> {
        self.store.row(
            "SELECT * FROM memberships WHERE subject = ?",
            Values::none().text(subject),
        )
    }
}

fn read_subject(subject: &str) -> Result<Subject, StoreError> {
    subject
        .parse()
        .map_err(|_| StoreError("a membership's subject is none".to_owned()))
}

fn key(subject: &str) -> String {
    format!("{PREFIX}{subject}")
}
