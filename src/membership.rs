//! What a subject is in a namespace, and what that adds to a token's role. Knows nothing of where records are
//! kept.

mod record;
mod records;
mod roles;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

pub use self::record::{MAXIMUM_RECORD_BYTES, MembershipRecord, RecordError};
pub use self::records::{MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecords};
pub use self::roles::{MAXIMUM_NAMESPACES, Namespace, Roles, RolesError};

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

    /// Whether the role allows the access, given a token whose own role does.
    pub const fn allows(self, access: Access) -> bool {
        match access {
            Access::Public | Access::Read => true,
            Access::Contribute => match self {
                Self::NoAccess => false,
                Self::None | Self::Read | Self::Contributor | Self::Write | Self::Admin | Self::Owner => true,
            },
            Access::Write => match self {
                Self::NoAccess | Self::None | Self::Read | Self::Contributor => false,
                Self::Write | Self::Admin | Self::Owner => true,
            },
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

/// Whether memberships cut what a token may do, and which are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Memberships {
    /// The edge does not look at namespaces; the origin does.
    #[default]
    Off,
    /// Roles by subject and namespace. A subject that is not named is a member of nothing.
    On(BTreeMap<String, BTreeMap<String, MembershipRole>>),
}

impl Memberships {
    /// The subject's role in the namespace; `None` where memberships are off.
    pub fn role(&self, subject: &Subject, namespace: &str) -> Option<MembershipRole> {
        match self {
            Self::Off => None,
            Self::On(_) if subject.as_str() == namespace => Some(MembershipRole::Owner),
            Self::On(records) => Some(
                records
                    .get(subject.as_str())
                    .and_then(|record| record.get(namespace))
                    .copied()
                    .unwrap_or(MembershipRole::None),
            ),
        }
    }
}
