//! The rules of the ledger, the single writer of one shard's tokens: names, shards, the schedule of publications, and its requests
//! and responses. Pure. Knows nothing of SQLite, of HTTP, or of where the ledger runs.

mod address;
mod audit_entry;
mod author;
mod backup;
mod elsewhere;
mod idempotency;
mod membership;
mod message;
mod page;
mod publication;
mod record;
mod request;
mod response;
mod serial_ceiling;
mod shards;
mod subject_block;
mod subject_limit;
mod token_name;
mod usage;

pub use crate::calendar::{day, day_name};
pub use address::LedgerAddress;
pub use audit_entry::{Action, Actor, AuditEntry};
pub use author::Author;
pub use backup::{BackupKind, BackupRecord, MAXIMUM_IMPORTED_RECORDS};
pub use elsewhere::Elsewhere;
pub use idempotency::{Idempotency, IdempotencyKey, assertion_digest};
pub use membership::Membership;
pub use message::{LedgerMessage, NoteUsage, SealMembership, Use, UsedToken, Wake};
pub use page::{Cursor, Limit};
pub use publication::{MAXIMUM_BACKOFF_MILLISECONDS, Publication, pause_after};
pub use record::{RevocationReason, TokenRecord, TokenState};
pub use request::{
    AdmitAssertion, AwaitList, AwaitMembership, BlockSubject, CreateToken, ExportRecords, GenuineToken,
    ImportRecords, InspectLedger, IntrospectToken, LedgerRequest, ListTokens, ReadAudit, ReadMembership,
    RefreshToken, RevokePresented, RevokeTokens, SetMembership, SurveySubject,
};
pub use response::{
    Admission, AuditPage, Awaited, Imported, Introspection, Issued, LedgerRefusal, ListVersion, Refreshed,
    Replaced, RevokedTokens, Survey, TokenPage,
};
pub use serial_ceiling::{CeilingError, END_OF_SERIALS, SerialCeiling};
pub use shards::Shards;
pub use subject_block::SubjectBlock;
pub use subject_limit::SubjectLimit;
pub use token_name::TokenName;
pub use usage::{Usage, Used};

/// How many tokens of a subject may be accepted, those in their grace included: enough for every device and job of a person,
/// few enough to survey.
pub const MAXIMUM_LIVE_TOKENS: u32 = 100;

/// The longest lifetime of a token that expires at all: ten years.
pub const MAXIMUM_LIFETIME_SECONDS: u32 = 315_360_000;

/// The longest grace period of a refresh: a week, in which a weekly job has run.
pub const MAXIMUM_GRACE_SECONDS: u32 = 604_800;

/// How long an expired item still counts as known: an edge's clock may be behind, or may be set back.
pub const CLOCK_MARGIN_SECONDS: u32 = 86_400;

/// The longest time that a response waits for a publication.
pub const MAXIMUM_WAIT_SECONDS: u32 = 30;

/// How long a repeated call returns the same token.
pub const IDEMPOTENCY_SECONDS: u32 = 86_400;

/// The most tokens in one report of a leak.
pub const MAXIMUM_REPORTED_TOKENS: usize = 1000;
