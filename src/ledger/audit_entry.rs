//! One line of the audit: who changed what, and when.

use serde::{Deserialize, Serialize};

use super::record::RevocationReason;
use crate::token::Timestamp;

/// A change, or a sign of misuse, in the form of the management API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Shard and number of the entry.
    pub id: String,
    /// The time of the change.
    pub at: Timestamp,
    /// Who made the change.
    pub actor: Actor,
    /// The change.
    pub action: Action,
    /// The subject of the token or membership; unknown for a serial taken over from an earlier list.
    pub subject: Option<String>,
    /// The id of the token; none for a membership.
    pub token: Option<String>,
    /// For a refresh, the id of the previous token.
    pub replaces: Option<String>,
    /// For a revocation, the reason.
    pub reason: Option<RevocationReason>,
    /// For a token that is new to the ledger, whether restrictions limit it.
    pub restricted: Option<bool>,
}

/// Who changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Whoever has the admin key.
    Admin,
    /// The subject itself, signed in at the page.
    Session,
    /// Whoever held the token.
    Holder,
    /// A report of leaked tokens.
    Report,
    /// GitHub's secret scanning.
    Github,
    /// The gate itself, for work that was due.
    Gate,
}

impl Actor {
    /// The actor's name in tables and responses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Session => "session",
            Self::Holder => "holder",
            Self::Report => "report",
            Self::Github => "github",
            Self::Gate => "gate",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A token was created.
    Created,
    /// A token was created to replace another.
    Refreshed,
    /// A token was revoked.
    Revoked,
    /// A genuine token that the ledger did not know was used, and the ledger took it on.
    Adopted,
    /// A revoked token was presented: a possible leak.
    UsedAfterRevocation,
    /// A serial was found revoked in a list that this ledger did not publish, or a token in a backup.
    Imported,
    /// A subject's roles in organizations were set.
    MembershipSet,
    /// A subject was taken out of all organizations.
    MembershipRemoved,
    /// A subject signed in at the page.
    SignedIn,
    /// A genuine sign-in assertion was refused: it was used before, or its subject is blocked.
    SignInRefused,
    /// All sessions of a subject were revoked.
    SessionsRevoked,
    /// A subject was blocked.
    Blocked,
    /// A subject was unblocked.
    Unblocked,
}

impl Action {
    /// The action's name in tables and responses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Refreshed => "refreshed",
            Self::Revoked => "revoked",
            Self::Adopted => "adopted",
            Self::UsedAfterRevocation => "used_after_revocation",
            Self::Imported => "imported",
            Self::MembershipSet => "membership_set",
            Self::MembershipRemoved => "membership_removed",
            Self::SignedIn => "signed_in",
            Self::SignInRefused => "sign_in_refused",
            Self::SessionsRevoked => "sessions_revoked",
            Self::Blocked => "blocked",
            Self::Unblocked => "unblocked",
        }
    }

    /// Whether the action concerns a token.
    pub const fn names_token(self) -> bool {
        match self {
            Self::Created
            | Self::Refreshed
            | Self::Revoked
            | Self::Adopted
            | Self::UsedAfterRevocation
            | Self::Imported => true,
            Self::MembershipSet
            | Self::MembershipRemoved
            | Self::SignedIn
            | Self::SignInRefused
            | Self::SessionsRevoked
            | Self::Blocked
            | Self::Unblocked => false,
        }
    }
}
