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
