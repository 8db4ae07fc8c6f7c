//! What a subject is in a namespace, which records say so, and when it is asked for. Knows nothing of where records are
//! kept.

mod record;
mod records;
mod roles;

use std::fmt;
use std::str::FromStr;

pub use self::record::{MAXIMUM_RECORD_BYTES, MembershipRecord, RecordError};
pub use self::records::{MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecords};
pub use self::roles::{MAXIMUM_NAMESPACES, Namespace, Roles, RolesError};

use crate::routes::{Access, Route};
use crate::token::{Subject, Timestamp};

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

/// What a subject is in the namespace that a request names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    /// It does not matter.
    Unasked(Unasked),
    /// This.
    Role(MembershipRole),
    /// Its record must be fetched first.
    Unknown,
    /// Its record cannot be had.
    Unavailable,
    /// It is a write, and the path does not say whose.
    Nameless,
}

/// Why nobody asks what a subject is in a namespace.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unasked {
    /// Memberships are off.
    Off,
    /// The path names no namespace, and the request is no write or belongs to nobody.
    NoNamespace,
    /// No membership takes reading away, and so no missing record delays it.
    Read,
}

impl Memberships {
    /// What a subject is in the namespace that a request names, where that matters for what the request does.
    pub(crate) fn held(
        &self,
        subject: &Subject,
        route: &Route<'_, '_>,
        access: Access,
        now: Timestamp,
    ) -> Held {
        let Self::On(records) = self else {
            return Held::Unasked(Unasked::Off);
        };
        let Some(namespace) = route.namespace else {
            return if access == Access::Write && !route.belongs_to_nobody {
                Held::Nameless
            } else {
                Held::Unasked(Unasked::NoNamespace)
            };
        };
        match access {
            Access::Public | Access::Read => return Held::Unasked(Unasked::Read),
            Access::Contribute | Access::Write => {}
        }
        if subject.as_str() == namespace {
            return Held::Role(MembershipRole::Owner);
        }
        match records.lookup(subject, now) {
            MembershipLookup::Unknown => Held::Unknown,
            MembershipLookup::Unavailable => Held::Unavailable,
            MembershipLookup::None => Held::Role(MembershipRole::None),
            MembershipLookup::InHand(record) => Held::Role(record.role(namespace)),
        }
    }
}

impl Held {
    /// Whether a record was looked for.
    pub(crate) fn is_by_record(self) -> bool {
        !matches!(
            self,
            Self::Unasked(_) | Self::Nameless | Self::Role(MembershipRole::Owner)
        )
    }
}
