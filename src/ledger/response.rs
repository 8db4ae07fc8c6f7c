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
    /// How many tokens are accepted, and whether a live one has the name.
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
    /// How many tokens were revoked by this, as far as their rows say so by now.
    pub revoked: u32,
    /// Whether there are more: they are revoked by the same list, and their rows will say so shortly.
    pub more: bool,
    /// The list on which all of them are; `None` where none needs to say so.
    pub list: Option<ListVersion>,
}

impl RevokedTokens {
    /// Nothing was revoked, and nothing needed to be.
    pub const fn none() -> Self {
        Self {
            revoked: 0,
            more: false,
            list: None,
        }
    }
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

/// What comes of a sign-in assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// When the session begins that it opens, by the ledger's clock; `None` if it opens none.
    pub begins_at: Option<Timestamp>,
    /// Whether that is because its subject is blocked. Otherwise it has signed somebody in before.
    pub blocked: bool,
}

/// How many records of a backup were new to a ledger.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Imported {
    /// So many.
    pub taken: u32,
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
    /// As many tokens of the subject are accepted as may be.
    LimitReached,
    /// The token was revoked.
    AlreadyRevoked,
    /// A restriction says that the token expired.
    RestrictionExpired,
    /// The key came with another call.
    IdempotencyKeyReused,
    /// The subject is blocked.
    SubjectBlocked,
    /// The session began before all sessions of the subject were revoked.
    SessionRevoked,
    /// The subject has had too much written.
    TooManyWrites {
        /// In how many seconds there may be more.
        retry_after: u32,
    },
}
