//! Why a ledger does not carry out a request.

use std::error::Error;
use std::fmt;

use super::store::StoreError;
use crate::isolate::environment::ConfigError;
use crate::isolate::log::Line;
use crate::ledger::LedgerRefusal;
use crate::state::Roles;
use crate::token::Timestamp;

/// Why a ledger does not carry out a request.
#[derive(Debug)]
pub(super) enum LedgerError {
    /// The ledger's rules forbid it.
    Refused(LedgerRefusal),
    /// There is no request of this name.
    Unknown,
    /// The request does not parse.
    Malformed { column: usize },
    /// The configuration is broken.
    Config(ConfigError),
    /// SQLite failed, or holds what it should not.
    Store(StoreError),
    /// The list that KV holds cannot be read or taken over.
    FoundList(String),
    /// The membership record that KV holds could not be fetched.
    FoundMembership(String),
    /// The membership record that KV holds does not open.
    UnreadMembership(String),
    /// This ledger has no record of a subject, and the one that KV holds has expired.
    FoundMembershipExpired {
        /// When it expired.
        valid_until: Timestamp,
        /// The roles in it, which no longer allow anything.
        roles: Box<Roles>,
    },
    /// The request is for another shard than this ledger's.
    Shard { own: u16, asked: u16 },
    /// The ledger is too large for new tokens.
    Full { size: usize },
    /// The ceiling of serials that KV holds cannot be read.
    FoundCeiling(String),
    /// The next serial must be reserved first.
    SerialUnreserved {
        /// The lowest one that may be free.
        next: u64,
    },
    /// No serial is left.
    SerialsExhausted,
    /// What the platform threw.
    Platform(String),
}

impl LedgerError {
    const fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Unknown | Self::Malformed { .. } => "request_malformed",
            Self::Config(_) => "gate_misconfigured",
            Self::Store(_) => "store_failed",
            Self::FoundList(_) => "list_not_taken_over",
            Self::FoundMembership(_) | Self::UnreadMembership(_) | Self::FoundMembershipExpired { .. } => {
                "membership_not_taken_over"
            }
            Self::Shard { .. } => "shard_mistaken",
            Self::Full { .. } => "ledger_full",
            Self::FoundCeiling(_) | Self::SerialUnreserved { .. } => "serials_unreserved",
            Self::SerialsExhausted => "serials_exhausted",
            Self::Platform(_) => "platform_failed",
        }
    }

    /// Writes the failure's line, unless it is the caller's to repair.
    pub(super) fn log(&self) {
        if matches!(self, Self::Refused(_)) {
            return;
        }
        Line {
            event: "ledger",
            code: self.code(),
            detail: Some(self.to_string()),
            ..Line::default()
        }
        .log_error();
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(_) => formatter.write_str("the request cannot be carried out"),
            Self::Unknown => formatter.write_str("there is no request of this name"),
            Self::Malformed { column } => write!(formatter, "at column {column}"),
            Self::Config(error) => error.fmt(formatter),
            Self::Store(error) => error.fmt(formatter),
            Self::FoundList(detail)
            | Self::FoundMembership(detail)
            | Self::UnreadMembership(detail)
            | Self::FoundCeiling(detail)
            | Self::Platform(detail) => formatter.write_str(detail),
            Self::FoundMembershipExpired { valid_until, .. } => write!(
                formatter,
                "this ledger has no record of the subject, and the one in KV was valid until {valid_until}: set the \
                 membership again"
            ),
            Self::Shard { own, asked } => {
                write!(formatter, "the ledger of shard {own} was asked for shard {asked}")
            }
            Self::Full { size } => write!(
                formatter,
                "it has {size} bytes and takes on no more tokens: raise LEDGER_MEGABYTES or SHARDS, or lower AUDIT_DAYS"
            ),
            Self::SerialUnreserved { next } => write!(
                formatter,
                "the ceiling of serials in KV could not be raised above {next}: no token is made until it is"
            ),
            Self::SerialsExhausted => formatter.write_str("the shard has no serial left; raise SHARDS"),
        }
    }
}

impl Error for LedgerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::Refused(_)
            | Self::Unknown
            | Self::Malformed { .. }
            | Self::FoundList(_)
            | Self::FoundMembership(_)
            | Self::UnreadMembership(_)
            | Self::FoundMembershipExpired { .. }
            | Self::Shard { .. }
            | Self::Full { .. }
            | Self::FoundCeiling(_)
            | Self::SerialUnreserved { .. }
            | Self::SerialsExhausted
            | Self::Platform(_) => None,
        }
    }
}

impl From<LedgerRefusal> for LedgerError {
    fn from(refusal: LedgerRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ConfigError> for LedgerError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<worker::Error> for LedgerError {
    fn from(error: worker::Error) -> Self {
        Self::Platform(error.to_string())
    }
}
