//! What a ledger answers.

use serde::{Deserialize, Serialize};

use super::audit_entry::AuditEntry;
use super::elsewhere::Elsewhere;
use super::record::TokenRecord;
use crate::keys::KeyId;
use crate::token::Timestamp;

/// A token that is in the ledger and is to be minted, for the first time or again.
#[derive(Debug, Serialize, Deserialize)]
pub struct Issued {
    /// Its row.
    pub record: TokenRecord,
    /// The root key that mints it.
    pub key_id: KeyId,
    /// Whether an earlier call created it.
    pub replayed: bool,
    /// After a refresh, the fate of the previous token.
    pub replaces: Option<Replaced>,
}

/// The fate of a refreshed token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Its public id.
    pub id: String,
    /// The latest time of its revocation.
    pub revoked_at: Timestamp,
    /// The list that revokes it; `None` during its grace period, or if it had expired.
    pub list: Option<ListVersion>,
}

/// The result of a refresh.
#[derive(Debug, Serialize, Deserialize)]
pub enum Refreshed {
    /// A token to be minted.
    Issued(Box<Issued>),
    /// The other shards must be asked about this name first.
    SurveyNeeded {
        /// The token's name.
        name: String,
    },
}

/// A page of a subject's tokens.
#[derive(Debug, Serialize, Deserialize)]
pub struct TokenPage {
    /// The tokens.
    pub tokens: Vec<TokenRecord>,
    /// Whether there are more.
    pub more: bool,
}

/// A subject's tokens in one shard.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Survey {
    /// Live tokens, and whether one has the name.
    pub here: Elsewhere,
    /// Whether this shard has answered the call before.
    pub holds_key: bool,
}

/// A list in the version in which a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListVersion {
    /// The list's shard.
    pub shard: u16,
    /// Its version.
    pub version: u64,
    /// Whether this version, or a later one, is published.
    pub published: bool,
}

/// The result of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedTokens {
    /// How many tokens were revoked by this.
    pub revoked: u32,
    /// The list on which all of them are; `None` where none needs to say so.
    pub list: Option<ListVersion>,
}

/// Whether a genuine token is accepted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Introspection {
    /// Whether it is accepted.
    pub active: bool,
}

/// Whether a version is published.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Awaited {
    /// Whether it is published.
    pub published: bool,
}

/// Whether a sign-in assertion came for the first time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Admission {
    /// It did.
    pub first: bool,
}

/// A page of the audit.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// Whether there are more.
    pub more: bool,
}

/// Why a ledger refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LedgerRefusal {
    /// The subject has no such token.
    NotFound,
    /// A live token of the subject has this name.
    NameTaken,
    /// The subject has as many live tokens as it may.
    LimitReached,
    /// The token was revoked.
    AlreadyRevoked,
    /// The key came with another call.
    IdempotencyKeyReused,
}
