//! What a ledger is asked, and what it answers: the words between the edge and the ledgers of its shards.

use serde::{Deserialize, Serialize};

use super::audit_entry::{Actor, AuditEntry};
use super::idempotency::Idempotency;
use super::membership::Membership;
use super::record::{EndReason, TokenRecord};
use crate::claims::{Claims, Timestamp};
use crate::key_ring::KeyId;
use crate::membership::Roles;

/// An order, and the shard that it is for. A ledger learns its shard from the first one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Call {
    /// Which shard.
    pub shard: u16,
    /// What to do.
    pub order: Order,
}

/// What a ledger is asked to do. Whoever asks was let in by the edge.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// See to what is due: a list that is older than it should be.
    Wake,
    /// Make a token.
    Create(Create),
    /// Make a token in place of another.
    Refresh(Refresh),
    /// Show a subject's tokens, by serial.
    List {
        /// Whose.
        subject: String,
        /// Those that ended or expired, too.
        all: bool,
        /// From this serial on, without it.
        after: Option<u32>,
        /// How many at most.
        limit: u32,
    },
    /// Tell what another shard must know before it makes a token.
    Survey {
        /// Whose.
        subject: String,
        /// The name in question.
        name: String,
        /// The key of the call, as the ledger keeps it.
        idempotency_key: Option<String>,
    },
    /// End one token of a subject, or all.
    End {
        /// Whose.
        subject: String,
        /// Which; all without it.
        serial: Option<u32>,
    },
    /// End tokens that were presented, whoever did so.
    EndPresented {
        /// Which, by their own genuine word.
        tokens: Vec<GenuineToken>,
        /// Who presented them.
        actor: Actor,
        /// Why they end.
        reason: EndReason,
    },
    /// Tell whether a genuine token is accepted.
    Introspect(GenuineToken),
    /// Wait until a version is published.
    Await {
        /// Which.
        version: u64,
        /// For how long at most.
        seconds: u32,
    },
    /// Show the audit, newest first.
    Audit {
        /// Only of this subject.
        subject: Option<String>,
        /// Before this entry, without it.
        before: Option<u64>,
        /// How many at most.
        limit: u32,
    },
    /// Show a subject's membership.
    Membership {
        /// Whose.
        subject: String,
    },
    /// Put roles in place of those that a subject had.
    SetMembership {
        /// Whose.
        subject: String,
        /// The roles; none takes the subject out of all organizations.
        roles: Roles,
    },
    /// Wait until a version of a membership is published.
    AwaitMembership {
        /// Whose.
        subject: String,
        /// Which.
        version: u64,
        /// For how long at most.
        seconds: u32,
    },
    /// Note that tokens were used.
    Note(Vec<Use>),
    /// Let a hand-off sign somebody in, where it has not before.
    Admit {
        /// SHA-256 of its `jti`, in hexadecimal.
        hand_off: String,
        /// From when on it is refused in any case, and need not be known.
        expires_at: Timestamp,
    },
}

/// A token to be made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Create {
    /// Whom it stands for.
    pub subject: String,
    /// What the subject calls it.
    pub name: String,
    /// `read` or `write`.
    pub role: String,
    /// For how many seconds it is valid; `None` does not expire.
    pub expires_in: Option<u32>,
    /// The root key under which it will be minted.
    pub key_id: KeyId,
    /// How a repeated call is known.
    pub idempotency: Option<Idempotency>,
    /// What the other shards hold of the subject.
    pub elsewhere: Elsewhere,
}

/// A token to be made in place of another.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refresh {
    /// Whom both stand for.
    pub subject: String,
    /// The old token.
    pub serial: u32,
    /// For how many seconds the old one still works.
    pub grace: u32,
    /// For how many seconds the new one is valid; `None` is as long as the old one was made to.
    pub expires_in: Option<u32>,
    /// The root key under which it will be minted.
    pub key_id: KeyId,
    /// How a repeated call is known.
    pub idempotency: Option<Idempotency>,
    /// What the other shards hold of the subject, where that was asked for.
    pub elsewhere: Option<Elsewhere>,
}

/// What other shards hold of a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// How many live tokens.
    pub live: u32,
    /// Whether one of them has the name in question.
    pub holds_name: bool,
}

/// What a genuine token says of itself, as far as a ledger must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenuineToken {
    /// Its number in the shard.
    pub serial: u32,
    /// Whom it stands for.
    pub subject: String,
    /// When it was minted.
    pub issued_at: Timestamp,
    /// From when on it is refused; `None` is never.
    pub expires_at: Option<Timestamp>,
}

impl From<&Claims> for GenuineToken {
    fn from(claims: &Claims) -> Self {
        Self {
            serial: claims.id.serial,
            subject: claims.subject.as_str().to_owned(),
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
        }
    }
}

/// A use of a token, as an edge saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// The token's number in the shard.
    pub serial: u32,
    /// Whether it was refused as revoked.
    pub refused: bool,
}

/// What a ledger answers.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// It is done.
    Done,
    /// A token to be minted.
    Issued(Box<Issued>),
    /// A page of tokens, and whether there are more.
    Tokens {
        /// The page.
        tokens: Vec<TokenRecord>,
        /// Whether there are more.
        more: bool,
    },
    /// What a subject has here.
    Surveyed {
        /// Live tokens, and whether one has the name.
        here: Elsewhere,
        /// Whether the call was answered here before.
        holds_key: bool,
    },
    /// Ask the other shards about this name first, then ask again.
    SurveyNeeded {
        /// The token's name.
        name: String,
    },
    /// Tokens were ended.
    Ended(Ended),
    /// Whether a genuine token is accepted.
    Introspected {
        /// It is.
        active: bool,
    },
    /// Whether the version is published by now.
    Awaited {
        /// It is.
        published: bool,
    },
    /// Whether the hand-off came for the first time.
    Admitted {
        /// It did.
        first: bool,
    },
    /// A page of the audit, and whether there are more.
    Entries {
        /// The page.
        entries: Vec<AuditEntry>,
        /// Whether there are more.
        more: bool,
    },
    /// A subject's membership.
    Membership(Membership),
    /// The order cannot be carried out.
    Refused(LedgerRefusal),
}

/// A token that is in the ledger and is to be minted, now or again.
#[derive(Debug, Serialize, Deserialize)]
pub struct Issued {
    /// Its row.
    pub record: TokenRecord,
    /// The root key to mint it with.
    pub key_id: KeyId,
    /// Whether an earlier call made it.
    pub replayed: bool,
    /// After a refresh, what becomes of the token before.
    pub replaces: Option<Replaced>,
}

/// What becomes of a refreshed token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// Its public name.
    pub id: String,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// The list that ends it; `None` while its grace runs, or where it had expired.
    pub list: Option<ListVersion>,
}

/// A list in the version in which a change takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListVersion {
    /// Whose list.
    pub shard: u16,
    /// Its version.
    pub version: u64,
    /// Whether this one, or a later one, is published.
    pub published: bool,
}

/// What ending came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How many tokens ended by this.
    pub ended: u32,
    /// The list in which all of them are ended; `None` where none needs to say so.
    pub list: Option<ListVersion>,
}

/// Why a ledger does not do what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LedgerRefusal {
    /// The subject has no such token.
    NotFound,
    /// A live token of the subject has this name.
    NameTaken,
    /// The subject has as many live tokens as it may.
    LimitReached,
    /// The token has ended.
    TokenEnded,
    /// The key came with another call.
    IdempotencyKeyReused,
}
