//! Memberships: one record a subject, in the table first and then, sealed, in KV. A version is given once and never
//! taken back, so that no older record which an edge still holds can pass for the newer.

use futures_util::future::join_all;
use serde::Deserialize;

use super::audit::Change;
use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::ledger::{Action, Actor, MAXIMUM_BACKOFF_MILLISECONDS, Membership, SetMembership, pause_after};
use crate::service::kv::KvUnavailable;
use crate::service::time::now_milliseconds;
use crate::{KeyId, KeyRing, MembershipRecord, Roles, Subject, Timestamp};

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
        Roles::parse(self.roles.as_bytes())
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

    fn seal(&self, keys: &KeyRing) -> Result<Vec<u8>, StoreError> {
        let subject = read_subject(&self.subject)?;
        let record = MembershipRecord::new(subject, self.version, self.written_at, self.roles()?);
        Ok(record.seal(keys))
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

    /// Puts roles in place of those that a subject had. Gone is a record without any, for a version must not come
    /// again.
    pub(super) async fn set_membership(
        &self,
        set: &SetMembership,
        now: Timestamp,
    ) -> Result<Membership, LedgerError> {
        self.take_over_membership(&set.subject).await?;
        self.changed(|| self.replace_roles(&set.subject, &set.roles, now))
            .await
    }

    fn replace_roles(&self, subject: &str, roles: &Roles, now: Timestamp) -> Result<Membership, LedgerError> {
        let before = self.membership_row(subject)?;
        let unchanged = match &before {
            Some(row) => row.roles()? == *roles,
            None => roles.is_empty(),
        };
        if unchanged {
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
        self.write_down(
            &Change {
                actor: Actor::Admin,
                action: if roles.is_empty() {
                    Action::MembershipRemoved
                } else {
                    Action::MembershipSet
                },
                subject: Some(subject),
                serial: 0,
                replaces: None,
                reason: None,
            },
            now,
        )?;
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
        Ok(self.store.number(
            "SELECT due_at FROM memberships WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1",
            Values::none(),
        )?)
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
            Ok(Some(found)) if found.version() > row.version => {
                self.adopt(&found)?;
                true
            }
            Ok(found) => found.is_some_and(|found| found.version() == row.version),
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
        }
        Ok(())
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
        for (row, read) in due.iter().zip(self.read_records(due).await) {
            match self.found_membership(&row.subject, read) {
                Ok(Some(found)) if found.version() > row.version => self.adopt(&found)?,
                Ok(_) => {}
                Err(detail) => self.warn("membership_unreadable", &detail),
            }
        }
        let sealed = self.store.transaction(|| self.attempt_memberships(due))?;
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
        let mut are_written = true;
        for is_written in join_all(writes).await {
            are_written &= is_written?;
        }
        Ok(are_written)
    }

    /// Notes an attempt for each record, and seals it as it is now. It counts as failed until it has succeeded.
    fn attempt_memberships(
        &self,
        due: &[MembershipRow],
    ) -> Result<Vec<(MembershipRow, Vec<u8>)>, LedgerError> {
        let mut sealed = Vec::new();
        for row in due {
            let Some(row) = self.membership_row(&row.subject)? else {
                continue;
            };
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
            let bytes = row.seal(&self.settings.keys)?;
            sealed.push((row, bytes));
        }
        Ok(sealed)
    }

    /// Notes that KV has confirmed a version. A change since then stays due.
    fn note_published(&self, row: &MembershipRow, sealed_with: KeyId) -> Result<(), LedgerError> {
        let again = (row.failures > 0).then(|| now_milliseconds().saturating_add(SETTLING_MILLISECONDS));
        Ok(self.store.run(
            "UPDATE memberships SET published = max(published, ?1), sealed_with = ?2, failures = 0, \
             due_at = CASE WHEN version = ?1 THEN nullif(?3, 0) ELSE due_at END WHERE subject = ?4",
            Values::none()
                .large(row.version)
                .number(sealed_with.into())
                .large(again.unwrap_or_default())
                .text(&row.subject),
        )?)
    }

    /// Takes over the record that KV holds of a subject that this ledger has none of: another shard's, from before
    /// there were as many.
    async fn take_over_membership(&self, subject: &str) -> Result<(), LedgerError> {
        if self.membership_row(subject)?.is_some() {
            return Ok(());
        }
        let read = self.settings.kv.read(&key(subject)).await;
        let found = self
            .found_membership(subject, read)
            .map_err(LedgerError::FoundMembership)?;
        found.map_or(Ok(()), |record| self.adopt(&record))
    }

    /// What KV holds of these subjects, all read at once.
    async fn read_records(&self, rows: &[MembershipRow]) -> Vec<Result<Option<Vec<u8>>, KvUnavailable>> {
        let reads = rows
            .iter()
            .map(async |row| self.settings.kv.read(&key(&row.subject)).await);
        join_all(reads).await
    }

    /// The record that KV holds.
    fn found_membership(
        &self,
        subject: &str,
        read: Result<Option<Vec<u8>>, KvUnavailable>,
    ) -> Result<Option<MembershipRecord>, String> {
        let value = read.map_err(|KvUnavailable| "KV failed or took too long".to_owned())?;
        self.open_membership(subject, value.as_deref())
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
             ON CONFLICT (subject) DO UPDATE SET version = ?2, written_at = ?3, roles = ?4, published = ?2 \
             WHERE version < ?2",
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
    format!("members/{subject}")
}
