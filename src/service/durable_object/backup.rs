//! A ledger's records, page by page, and their import into another ledger. That one takes on nothing that it knows better,
//! and keeps everything revoked that it has revoked.

use serde_json::value::RawValue;

use super::audit::Change;
use super::store::{StoreError, Values};
use super::{Ledger, LedgerError};
use crate::json::from_slice;
use crate::ledger::{
    Action, Actor, BackupKind, BackupRecord, Cursor, ExportRecords, ImportRecords, Imported, RevocationReason,
};
use crate::token::Timestamp;

/// A position says which table, and which row of it: the kind stands above the 40 bits of a row's number.
const KIND_BITS: u32 = 40;

/// How each table is exported: a row's number, and the row as a [`BackupRecord`].
const KINDS: [&str; 4] = [
    "SELECT serial, json_object('serial', serial, 'subject', subject, 'name', name, 'role', role, 'bearer', bearer, \
     'restrictions', json(restrictions), \
     'adopted', json(iif(adopted, 'true', 'false')), 'key_id', key_id, \
     'issued_at', issued_at, 'expires_at', expires_at, 'revoked_at', revoked_at, \
     'revocation_reason', revocation_reason, 'replaces', replaces) FROM token_states WHERE serial > ?1 ORDER BY serial LIMIT ?2",
    "SELECT serial, json_object('serial', serial, 'expires_at', expires_at) FROM foreign_revocations \
     WHERE serial > ?1 ORDER BY serial LIMIT ?2",
    // The largest eight come to 900 KiB.
    "SELECT rowid, json_object('subject', subject, 'roles', json(roles)) FROM memberships \
     WHERE rowid > ?1 ORDER BY rowid LIMIT min(?2, 8)",
    // Most people were never shut out, and have no record.
    "SELECT rowid, iif(coalesce(blocked_at, sessions_revoked_at) IS NULL, '', json_object('subject', subject, \
     'blocked_at', blocked_at, 'sessions_revoked_at', sessions_revoked_at)) FROM people \
     WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
];

impl Ledger {
    /// A page of all that a backup needs, as the API gives it.
    pub(super) fn export(&self, export: &ExportRecords) -> Result<Box<RawValue>, LedgerError> {
        // A row's number is 1 or more, so that the position before all of a kind is 0.
        let after = export.after.unwrap_or_default();
        let (kind, row) = (after >> KIND_BITS, after & ((1 << KIND_BITS) - 1));
        let query = usize::try_from(kind).ok().and_then(|kind| KINDS.get(kind));
        let rows = match query {
            Some(query) => self
                .store
                .numbered(query, Values::none().large(row).number(export.limit))?,
            None => Vec::new(),
        };
        let next = match rows.last() {
            Some((number, _)) => Some((kind << KIND_BITS) | number),
            None if usize::try_from(kind).is_ok_and(|kind| kind + 1 < KINDS.len()) => {
                Some((kind + 1) << KIND_BITS)
            }
            None => None,
        };
        let next = match next {
            Some(position) => {
                let mut cursor = Cursor::default();
                cursor.move_to(self.shard()?, position);
                format!("\"{}\"", cursor.to_text())
            }
            None => "null".to_owned(),
        };
        let records = rows.into_iter().map(|(_, record)| record);
        let records: Vec<String> = records.filter(|record| !record.is_empty()).collect();
        raw(format!("{{\"records\":[{}],\"next\":{next}}}", records.join(",")))
    }

    /// Takes on what a backup holds and this ledger does not know.
    pub(super) async fn import(
        &self,
        import: &ImportRecords,
        now: Timestamp,
    ) -> Result<Imported, LedgerError> {
        let mut taken = 0;
        for record in &import.records {
            if let BackupKind::Roles(roles) = record.kind() {
                taken += u32::from(self.import_membership(&record.subject, roles, now).await?);
            }
        }
        taken += self
            .grown(|| {
                let mut taken = 0;
                for record in &import.records {
                    taken += u32::from(match record.kind() {
                        BackupKind::Token | BackupKind::RevokedSerial => self.import_serial(record, now)?,
                        BackupKind::ShutOut => self.import_shut_out(record, now)?,
                        BackupKind::Roles(_) => false,
                    });
                }
                Ok(taken)
            })
            .await?;
        Ok(Imported { taken })
    }

    /// Shuts out everybody whom the backup shuts out, and lets nobody in again; returns whether the backup knew more than
    /// this ledger.
    fn import_shut_out(&self, record: &BackupRecord, now: Timestamp) -> Result<bool, LedgerError> {
        let known = self.subject_block(&record.subject)?;
        let is_revoked_later = record.sessions_revoked_at > known.sessions_revoked_at;
        let is_blocked = record.blocked_at.is_some() && known.blocked_at.is_none();
        if is_revoked_later {
            self.revoke_sessions(&record.subject, now)?;
        }
        if is_blocked {
            self.block(&record.subject, true, now)?;
        }
        Ok(is_revoked_later || is_blocked)
    }

    /// Takes on a token or a revoked serial; returns whether the backup knew more of it than this ledger.
    fn import_serial(&self, record: &BackupRecord, now: Timestamp) -> Result<bool, LedgerError> {
        let is_token = record.kind() == BackupKind::Token;
        let is_revoked = !is_token || record.revoked_at.is_some_and(|revoked_at| revoked_at <= now);
        let reason = record.revocation_reason.unwrap_or(RevocationReason::Requested);
        if let Some(row) = self.store.token(record.serial)? {
            let is_same = !is_token || row.subject == record.subject && row.issued_at == record.issued_at;
            let is_open = is_same && row.revoked_in.is_none();
            if is_open && is_revoked {
                self.revoke_row(&row, reason, Actor::Admin, now)?;
                return Ok(true);
            }
            return match record.revoked_at {
                // The grace of a refresh that this ledger does not know of.
                Some(grace_end) if is_open && row.revoked_at.is_none_or(|known| grace_end < known) => {
                    self.store.run(
                        "UPDATE tokens SET revoked_at = ?, revocation_reason = ? WHERE serial = ?",
                        Values::none()
                            .number(grace_end)
                            .text(reason.name())
                            .number(record.serial),
                    )?;
                    Ok(true)
                }
                Some(_) | None => Ok(false),
            };
        }
        let is_known_as_revoked = self.store.is_foreign_revoked(record.serial)?;
        if !is_token {
            if !is_known_as_revoked {
                self.store.run(
                    "INSERT INTO foreign_revocations (serial, expires_at) VALUES (?, ?)",
                    Values::none().number(record.serial).optional(record.expires_at),
                )?;
                self.store.change()?;
            }
            return Ok(!is_known_as_revoked);
        }
        // The body was checked: a token's record has them.
        let restrictions = record.restrictions.clone().unwrap_or_default();
        let bearer = record.bearer.unwrap_or_default();
        self.store.run(
            "INSERT INTO tokens (serial, subject, name, role, bearer, restrictions, adopted, key_id, issued_at, expires_at, \
             revoked_at, revocation_reason, replaces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            Values::none()
                .number(record.serial)
                .text(&record.subject)
                .text(&record.name)
                .text(&record.role)
                .text(bearer.name())
                .text(&restrictions.to_json())
                .number(record.adopted.into())
                .number(record.key_id.into())
                .number(record.issued_at)
                .optional(record.expires_at)
                .optional(record.revoked_at)
                .optional_text(record.revocation_reason.map(RevocationReason::name))
                .optional(record.replaces),
        )?;
        self.record_change(
            &Change {
                restrictions: Some(&restrictions),
                ..Change::of(Actor::Admin, Action::Imported, &record.subject, record.serial)
            },
            now,
        )?;
        if is_revoked || is_known_as_revoked {
            let row = self.store.token(record.serial)?;
            let row = row.ok_or_else(|| StoreError("a token was not written".to_owned()))?;
            self.revoke_row(&row, reason, Actor::Admin, now)?;
        }
        Ok(true)
    }
}

/// JSON that goes on to whoever asked as it is.
pub(super) fn raw(json: String) -> Result<Box<RawValue>, LedgerError> {
    from_slice(json.as_bytes()).map_err(|_| LedgerError::Platform("what was written is no JSON".to_owned()))
}
