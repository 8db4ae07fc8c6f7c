//! Memberships: a subject's role in a namespace, the records that state it, and when it matters. Knows nothing of where records
//! are stored.

mod names;
mod record;
mod records;
mod role;
mod roles;

pub use self::names::{NameRules, NameRulesError, NamespaceCase, OwnNamespace};
pub use self::record::{MAXIMUM_RECORD_BYTES, MembershipRecord, RecordError};
pub use self::records::{MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecords};
pub use self::role::MembershipRole;
pub use self::roles::{MAXIMUM_NAMESPACES, Namespace, Roles, RolesError};

use crate::routes::{Access, RequiredMembership, Route};
use crate::token::{Subject, Timestamp};

/// Whether memberships cap what a token allows.
#[derive(Clone, Debug, Default)]
pub enum Memberships {
    /// The edge does not check namespaces; the origin does.
    #[default]
    Off,
    /// Memberships cap tokens, with these cached records.
    On(MembershipRecords),
}

/// What is known of a subject's role in the namespace that a request names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    /// The role does not matter.
    Exempt(Exemption),
    /// The role.
    Role(MembershipRole),
    /// The record must be fetched first.
    Unknown,
    /// The record cannot be fetched.
    Unavailable,
    /// The request is a write, and its path names no namespace.
    NamespaceMissing,
}

/// Why the role in a namespace does not matter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exemption {
    /// Memberships are off.
    Off,
    /// The path names no namespace, and the request is no write or belongs to no namespace.
    NoNamespace,
    /// Memberships do not restrict reads, so a missing record does not delay them.
    Read,
}

impl Memberships {
    /// The subject's role in the namespace that a request names, if it matters for the request's access.
    pub(crate) fn held(
        &self,
        subject: &Subject,
        route: &Route<'_, '_>,
        access: Access,
        now: Timestamp,
    ) -> Held {
        let Self::On(records) = self else {
            return Held::Exempt(Exemption::Off);
        };
        let Some(namespace) = route.namespace else {
            return if access == Access::Write && route.membership != RequiredMembership::None {
                Held::NamespaceMissing
            } else {
                Held::Exempt(Exemption::NoNamespace)
            };
        };
        match access {
            Access::Public | Access::Read => return Held::Exempt(Exemption::Read),
            Access::Contribute | Access::Write => {}
        }
        match records.lookup(subject, now) {
            MembershipLookup::Unknown => Held::Unknown,
            MembershipLookup::Unavailable => Held::Unavailable,
            MembershipLookup::None => {
                Held::Role(records.names().role(subject.as_str(), [].into_iter(), namespace))
            }
            MembershipLookup::Cached(record) => Held::Role(records.names().role(
                subject.as_str(),
                record.roles().iter(),
                namespace,
            )),
        }
    }
}

impl Held {
    /// Whether a record was looked up.
    pub(crate) fn is_by_record(self) -> bool {
        !matches!(self, Self::Exempt(_) | Self::NamespaceMissing)
    }
}
