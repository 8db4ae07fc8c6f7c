//! What a subject is in a namespace, which records say so, and when it is asked for. Knows nothing of where records are
//! kept.

mod record;
mod records;
mod role;
mod roles;

pub use self::record::{MAXIMUM_RECORD_BYTES, MembershipRecord, RecordError};
pub use self::records::{MAXIMUM_SUBJECTS, MembershipLookup, MembershipRecords};
pub use self::role::MembershipRole;
pub use self::roles::{MAXIMUM_NAMESPACES, Namespace, Roles, RolesError};

use crate::routes::{Access, Route};
use crate::token::{Subject, Timestamp};

/// Whether memberships cap what a token may do.
#[derive(Clone, Debug, Default)]
pub enum Memberships {
    /// The edge does not look at namespaces; the origin does.
    #[default]
    Off,
    /// They do, with these records cached.
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
            MembershipLookup::Cached(record) => Held::Role(record.role(namespace)),
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
