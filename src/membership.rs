//! What a subject is in a namespace, and which records say so. Knows nothing of where records are
//! kept.

mod record;
mod records;
mod roles;

use std::fmt;
use std::str::FromStr;

pub use self::record::{MAXIMUM_RECORD_BYTES, MembershipRecord, RecordError};
pub use self::records::{MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecords};
pub use self::roles::{MAXIMUM_NAMESPACES, Namespace, Roles, RolesError};

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

    /// Whether records give it; the others follow from there being none.
    pub(crate) const fn is_given(self) -> bool {
        match self {
            Self::NoAccess | Self::Read | Self::Contributor | Self::Write | Self::Admin => true,
            Self::None | Self::Owner => false,
        }
    }

    /// The role as a sealed record spells it; 0 for those that none gives.
    const fn to_byte(self) -> u8 {
        match self {
            Self::None | Self::Owner => 0,
            Self::NoAccess => 1,
            Self::Read => 2,
            Self::Contributor => 3,
            Self::Write => 4,
            Self::Admin => 5,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::NoAccess),
            2 => Some(Self::Read),
            3 => Some(Self::Contributor),
            4 => Some(Self::Write),
            5 => Some(Self::Admin),
            _ => None,
        }
    }
}

impl FromStr for MembershipRole {
    type Err = RolesError;

    /// Reads a role that a record gives.
    fn from_str(text: &str) -> Result<Self, RolesError> {
        match text {
            "no_access" => Ok(Self::NoAccess),
            "read" => Ok(Self::Read),
            "contributor" => Ok(Self::Contributor),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            _ => Err(RolesError::Role),
        }
    }
}

impl fmt::Display for MembershipRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether memberships cut what a token may do.
#[derive(Clone, Debug, Default)]
pub enum Memberships {
    /// The edge does not look at namespaces; the origin does.
    #[default]
    Off,
    /// They do, with these records in hand.
    On(MembershipRecords),
}
