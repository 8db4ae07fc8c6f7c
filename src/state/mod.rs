//! The state that decisions need: revocation lists and memberships, and how fresh each is. Knows nothing of where they are
//! stored.

mod last_read;
mod membership;
mod revocation;

pub use last_read::{Freshness, LastRead, READ_SECONDS, REFRESHES_MISSED};
pub(crate) use membership::{Exemption, Held};
pub use membership::{
    MAXIMUM_NAMESPACES, MAXIMUM_RECORD_BYTES, MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecord,
    MembershipRecords, MembershipRole, Memberships, NameRules, NameRulesError, Namespace, NamespaceCase,
    OwnNamespace, RecordError, Roles, RolesError,
};
pub use revocation::{
    ListError, ListFacts, ListReport, ListState, Lookup, MAXIMUM_LIST_BYTES, NotRevoked, OnStale,
    RevocationList, Revocations, Revoked,
};
