//! What is exported of a ledger and imported again. The audit is left out: `lychgate audit` reads it.

use serde::{Deserialize, Serialize};

use super::record::RevocationReason;
use crate::keys::KeyId;
use crate::state::Roles;
use crate::token::{BearerKind, Restrictions, Timestamp};

/// How many records one import holds at most: a page of an export, in one transaction.
pub const MAXIMUM_IMPORTED_RECORDS: usize = 100;

/// One record of a backup: a token, with its role; a subject's roles in organizations; a subject that is blocked or whose
/// sessions were revoked; or else a revoked serial that no token is known of. What a record does not have, it leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupRecord {
    /// A token's number in the shard.
    #[serde(default)]
    pub serial: u32,
    /// Whom it stands for, or whose roles they are.
    #[serde(default)]
    pub subject: String,
    /// What the subject calls the token.
    #[serde(default)]
    pub name: String,
    /// `read` or `write`; nothing where the record is no token's.
    #[serde(default)]
    pub role: String,
    /// What the token's subject is. A token's record says it.
    pub bearer: Option<BearerKind>,
    /// What limits the token beyond that. A token's record has them, even if there are none.
    pub restrictions: Option<Restrictions>,
    /// Whether the ledger knows the token from its usage alone.
    #[serde(default)]
    pub adopted: bool,
    /// The root key that the token was minted with.
    #[serde(default)]
    pub key_id: KeyId,
    /// When it was minted.
    #[serde(default)]
    pub issued_at: Timestamp,
    /// From when on it is refused, or a serial may leave the list; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When the token was revoked, or will be.
    pub revoked_at: Option<Timestamp>,
    /// Why.
    pub revocation_reason: Option<RevocationReason>,
    /// The token that this one was refreshed from. It ends with the first use of this one.
    pub replaces: Option<u32>,
    /// The roles in organizations.
    pub roles: Option<Roles>,
    /// Since when the subject is blocked.
    pub blocked_at: Option<Timestamp>,
    /// When all sessions of the subject were last revoked.
    pub sessions_revoked_at: Option<Timestamp>,
}

/// What a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackupKind<'a> {
    /// A token.
    Token,
    /// A revoked serial.
    RevokedSerial,
    /// A subject's roles.
    Roles(&'a Roles),
    /// A subject that was shut out.
    ShutOut,
}

impl BackupRecord {
    /// What it is of.
    pub fn kind(&self) -> BackupKind<'_> {
        if let Some(roles) = &self.roles {
            BackupKind::Roles(roles)
        } else if !self.role.is_empty() {
            BackupKind::Token
        } else if self.blocked_at.or(self.sessions_revoked_at).is_some() {
            BackupKind::ShutOut
        } else {
            BackupKind::RevokedSerial
        }
    }
}
