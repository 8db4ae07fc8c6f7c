//! One line of the audit: who changed what, and when.

use serde::{Deserialize, Serialize};

use super::record::RevocationReason;
use crate::token::Timestamp;

/// A change, or a sign of misuse, as the management API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Shard and number of the entry.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// Whose token or membership; unknown for a serial taken over from an earlier list.
    pub subject: Option<String>,
    /// Which token; none for a membership.
    pub token: Option<String>,
    /// For a refresh, the token before.
    pub replaces: Option<String>,
    /// For a revocation, why.
    pub reason: Option<RevocationReason>,
}

/// Who changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Whoever has the admin key.
    Admin,
    /// Whoever held the token.
    Holder,
    /// A report of leaked tokens.
    Report,
    /// GitHub's secret scanning.
    Github,
    /// The gate itself, for what was due.
    Gate,
}

impl Actor {
    /// The actor as tables and answers spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
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
    /// A token was made.
    Created,
    /// A token was made in place of another.
    Refreshed,
    /// A token was revoked.
    Revoked,
    /// A revoked token was presented: a possible leak.
    UsedAfterRevocation,
    /// A serial was found revoked in a list that this ledger did not publish.
    Imported,
    /// A subject's roles in organizations were set.
    MembershipSet,
    /// A subject was taken out of all organizations.
    MembershipRemoved,
}

impl Action {
    /// The action as tables and answers spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Refreshed => "refreshed",
            Self::Revoked => "revoked",
            Self::UsedAfterRevocation => "used_after_revocation",
            Self::Imported => "imported",
            Self::MembershipSet => "membership_set",
            Self::MembershipRemoved => "membership_removed",
        }
    }

    /// Whether it happened to a token.
    pub const fn names_token(self) -> bool {
        match self {
            Self::Created | Self::Refreshed | Self::Revoked | Self::UsedAfterRevocation | Self::Imported => {
                true
            }
            Self::MembershipSet | Self::MembershipRemoved => false,
        }
    }
}
