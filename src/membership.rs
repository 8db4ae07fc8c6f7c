//! What a subject is in a namespace, and what that adds to a token's role. Knows nothing of where records are
//! kept.

use std::collections::BTreeMap;
use std::fmt;

use crate::claims::Subject;
use crate::routes::Access;

/// A subject's role in a namespace, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MembershipRole {
    /// Shut out: may not even contribute.
    NoAccess,
    /// Not a member.
    None,
    /// May read.
    Read,
    /// May contribute, and nothing more at the edge.
    Contributor,
    /// May write.
    Write,
    /// May write and govern.
    Admin,
    /// The namespace is the subject's own.
    Owner,
}

impl MembershipRole {
    /// Every role, from the weakest to the strongest.
    pub const ALL: [Self; 7] = [
        Self::NoAccess,
        Self::None,
        Self::Read,
        Self::Contributor,
        Self::Write,
        Self::Admin,
        Self::Owner,
    ];

    /// The role as records and refusals spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAccess => "no_access",
            Self::None => "none",
            Self::Read => "read",
            Self::Contributor => "contributor",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl fmt::Display for MembershipRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether memberships cut what a token may do, and which are known.
#[derive(Default)]
pub enum Memberships {
    /// The edge does not look at namespaces; the origin does.
    #[default]
    Off,
    /// It does, with these records in hand.
    On(MembershipRecords),
}
pub struct MembershipRecords;
pub struct MembershipRecord;
pub enum MembershipLookup<'a> {
    Unknown,
    Unavailable,
    None,
    InHand(&'a MembershipRecord),
}
impl MembershipRecords {
    pub fn lookup(&self, _: &Subject, _: u32) -> MembershipLookup<'_> {
        MembershipLookup::Unknown
    }
}
impl MembershipRecord {
    pub fn role(&self, _: &str) -> MembershipRole {
        MembershipRole::None
    }
}
