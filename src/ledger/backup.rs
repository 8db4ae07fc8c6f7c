//! What is exported of a ledger and imported again. The audit is left out: it stays where it was exported from by
//! `lychgate audit`.

use serde::{Deserialize, Serialize};

use super::record::RevocationReason;
use crate::keys::KeyId;
use crate::state::Roles;
use crate::token::Timestamp;

/// How many records one import holds at most: a page of an export, in one transaction.
pub const MAXIMUM_IMPORTED_RECORDS: usize = 100;

/// One record of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupRecord {
    /// A token.
    Token(TokenBackup),
    /// A revoked serial without a token of its own.
    Revocation {
        /// Its number in the shard.
        serial: u32,
        /// Until when it must stay on the list; `None` is for ever.
        expires_at: Option<Timestamp>,
    },
    /// A subject's roles in organizations.
    Membership(MembershipBackup),
}

/// A token's row, without its text, which no ledger has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenBackup {
    /// Its number in the shard.
    pub serial: u32,
    /// Whom it stands for.
    pub subject: String,
    /// What the subject calls it.
    pub name: String,
    /// `read` or `write`.
    pub role: String,
    /// The root key that it was minted with.
    pub key_id: KeyId,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// From when on it is refused; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, or will be.
    pub revoked_at: Option<Timestamp>,
    /// Why.
    pub revocation_reason: Option<RevocationReason>,
}

/// A subject's roles in organizations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipBackup {
    /// Whose.
    pub subject: String,
    /// The roles.
    pub roles: Roles,
}

/// A page of a backup.
#[derive(Debug, Serialize, Deserialize)]
pub struct BackupPage {
    /// The records.
    pub records: Vec<BackupRecord>,
    /// Where the page ended; `None` where nothing comes after it.
    pub next: Option<u64>,
}
