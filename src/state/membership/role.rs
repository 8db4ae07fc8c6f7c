//! A subject's role in one namespace. Knows nothing of records.

use std::fmt;

/// A subject's role in a namespace, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MembershipRole {
    /// Excluded: may not even contribute.
    NoAccess,
    /// Not a member.
    None,
    /// May read.
    Read,
    /// May contribute; the edge allows nothing more.
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

    /// The role's name in records and refusals.
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

    /// Whether records can contain the role. The others follow from the absence of an entry.
    pub(crate) const fn is_given(self) -> bool {
        match self {
            Self::NoAccess | Self::Read | Self::Contributor | Self::Write | Self::Admin => true,
            Self::None | Self::Owner => false,
        }
    }

    /// The role's byte in a sealed record; 0 for roles that no record contains.
    pub(super) const fn to_byte(self) -> u8 {
        match self {
            Self::None | Self::Owner => 0,
            Self::NoAccess => 1,
            Self::Read => 2,
            Self::Contributor => 3,
            Self::Write => 4,
            Self::Admin => 5,
        }
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
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

impl fmt::Display for MembershipRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
