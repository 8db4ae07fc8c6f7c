//! A ledger's records, page by page, and what another ledger takes on of them: nothing that it knows better, and never less
//! than it revokes already.

use serde::Deserialize;

use super::audit::Change;
use super::store::{StoreError, Values};
use super::tokens::TokenRow;
use super::{Ledger, LedgerError};
use crate::Timestamp;
use crate::ledger::{
    Action, Actor, BackupPage, BackupRecord, ExportRecords, ImportRecords, Imported, MembershipBackup,
    RevocationReason, TokenBackup, TokenState,
};

/// A position says which table, and which row of it: the kind stands above the 40 bits of a row's number.
const KIND_BITS: u32 = 40;

/// The tables, in the order in which they are exported.
const KINDS: u64 = 3;

/// How many memberships a page holds at most: the largest come to 900 KiB.
const MEMBERSHIPS_A_PAGE: u32 = 8;

#[derive(Deserialize)]
struct RevocationRow {
    serial: u32,
    expires_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct MembershipRow {
    number: u64,
    subject: String,
    roles: String,
}

impl Ledger {
    /// A page of all that a backup needs.
    pub(super) fn export(&self, export: &ExportRecords) -> Result<BackupPage, LedgerError> {
        // A row's number is 1 or more, so that the position before all of a kind is 0.
        let after = export.after.unwrap_or_default();
        let (kind, row) = (after >> KIND_BITS, after & ((1 << KIND_BITS) - 1));
        let (records, last) = match kind {
            0 => self.export_tokens(row, export.limit)?,
            1 => self.export_revocations(row, export.limit)?,
            _ => self.export_memberships(row, export.limit.min(MEMBERSHIPS_A_PAGE))?,
        };
        let next = match last {
            Some(last) => Some((kind << KIND_BITS) | last),
            None if kind + 1 < KINDS => Some((kind + 1) << KIND_BITS),
            None => None,
        };
        Ok(BackupPage { records, next })
    }

    fn export_tokens(&self, after: u64, limit: u32) -> Result<(Vec<BackupRecord>, Option<u64>), LedgerError> {
        let rows: Vec<TokenRow> = self.store.rows(
            "SELECT * FROM tokens WHERE serial > ? ORDER BY serial LIMIT ?",
            Values::none().large(after).number(limit),
        )?;
        let last = rows.last().map(|row| row.serial.into());
        let records = rows.into_iter().map(|row| {
            BackupRecord::Token(TokenBackup {
                serial: row.serial,
                subject: row.subject,
                name: row.name,
                role: row.role,
                key_id: row.key_id,
                issued_at: row.issued_at,
                expires_at: row.expires_at,
                revoked_at: row.revoked_at,
                revocation_reason: row.revocation_reason,
            })
        });
        Ok((records.collect(), last))
    }

    fn export_revocations(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<BackupRecord>, Option<u64>), LedgerError> {
        let rows: Vec<RevocationRow> = self.store.rows(
            "SELECT serial, expires_at FROM foreign_revocations WHERE serial > ? ORDER BY serial LIMIT ?",
            Values::none().large(after).number(limit),
        )?;
        let last = rows.last().map(|row| row.serial.into());
        let records = rows.into_iter().map(|row| BackupRecord::Revocation {
            serial: row.serial,
            expires_at: row.expires_at,
        });
        Ok((records.collect(), last))
    }

    fn export_memberships(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<(Vec<BackupRecord>, Option<u64>), LedgerError> {
        let rows: Vec<MembershipRow> = self.store.rows(
            "SELECT rowid AS number, subject, roles FROM memberships WHERE rowid > ? ORDER BY rowid LIMIT ?",
            Values::none().large(after).number(limit),
        )?;
        let last = rows.last().map(|row| row.number);
        let records = rows
            .into_iter()
            .map(|row| {
                Ok(BackupRecord::Membership(MembershipBackup {
                    roles: serde_json::from_slice(row.roles.as_bytes())
                        .map_err(|_| StoreError("a membership's roles do not parse".to_owned()))?,
                    subject: row.subject,
                }))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok((records, last))
    }

    /// Takes on what a backup holds and this ledger does not know.
    pub(super) async fn import(
        &self,
        import: ImportRecords,
        now: Timestamp,
    ) -> Result<Imported, LedgerError> {
        let mut taken = 0;
        let mut memberships = Vec::new();
        let mut others = Vec::new();
        for record in import.records {
            match record {
                BackupRecord::Membership(membership) => memberships.push(membership),
                BackupRecord::Token(_) | BackupRecord::Revocation { .. } => others.push(record),
            }
        }
        for membership in memberships {
            taken += u32::from(self.import_membership(&membership, now).await?);
        }
        taken += self
            .grown(|| {
                let mut taken = 0;
                for record in &others {
                    taken += u32::from(match record {
                        BackupRecord::Token(token) => self.import_token(token, now)?,
                        BackupRecord::Revocation { serial, expires_at } => {
                            self.import_revocation(*serial, *expires_at, now)?
                        }
                        BackupRecord::Membership(_) => false,
                    });
                }
                Ok(taken)
            })
            .await?;
        Ok(Imported { taken })
    }

    /// Whether the backup knew more of a token than this ledger.
    fn import_token(&self, token: &TokenBackup, now: Timestamp) -> Result<bool, LedgerError> {
        let is_ended = token.revoked_at.is_some_and(|revoked_at| revoked_at <= now);
        let reason = token.revocation_reason.unwrap_or(RevocationReason::Requested);
        if let Some(row) = self.store.token(token.serial)? {
            let is_same = row.subject == token.subject && row.issued_at == token.issued_at;
            let is_live = matches!(row.state(now), TokenState::Live | TokenState::InGrace);
            let is_news = is_same && is_ended && is_live;
            if is_news {
                self.revoke_row(&row, reason, Actor::Admin, now)?;
            }
            return Ok(is_news);
        }
        let is_revoked = self.store.is_foreign_revoked(token.serial)?;
        self.store.run(
            "INSERT INTO tokens (serial, subject, name, role, key_id, issued_at, expires_at, revoked_at, revocation_reason) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            Values::none()
                .number(token.serial)
                .text(&token.subject)
                .text(&token.name)
                .text(&token.role)
                .number(token.key_id.into())
                .number(token.issued_at)
                .optional(token.expires_at)
                .optional(token.revoked_at)
                .optional_text(token.revocation_reason.map(RevocationReason::name)),
        )?;
        self.write_down(
            &Change {
                actor: Actor::Admin,
                action: Action::Imported,
                subject: Some(&token.subject),
                serial: token.serial,
                replaces: None,
                reason: None,
            },
            now,
        )?;
        if is_ended || is_revoked {
            let row = self.store.token(token.serial)?;
            let row = row.ok_or_else(|| StoreError("a token was not written".to_owned()))?;
            self.revoke_row(&row, reason, Actor::Admin, now)?;
        }
        Ok(true)
    }

    fn import_revocation(
        &self,
        serial: u32,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        if let Some(row) = self.store.token(serial)? {
            let is_news = row.revoked_in.is_none();
            if is_news {
                self.revoke_row(&row, RevocationReason::Requested, Actor::Admin, now)?;
            }
            return Ok(is_news);
        }
        if self.store.is_foreign_revoked(serial)? {
            return Ok(false);
        }
        self.store.run(
            "INSERT INTO foreign_revocations (serial, expires_at) VALUES (?, ?)",
            Values::none().number(serial).optional(expires_at),
        )?;
        self.store.change()?;
        Ok(true)
    }
}
