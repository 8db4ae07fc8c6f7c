//! One subject's membership record, which is sealed because others may be able to write to the store.
//!
//! | bytes | field (numbers big-endian) |
//! | --- | --- |
//! | 4 | magic, `LYMR` |
//! | 1 | format version, 1 |
//! | 1 | key id of the seal |
//! | 8 | record version |
//! | 4 | written at, seconds since 1970 |
//! | 4 | valid until |
//! | 1 + n | the subject, after its length |
//! | 2 | number of namespaces |
//! | each: 1 + 1 + n | role (1 no_access, 2 read, 3 contributor, 4 write, 5 admin), the namespace's length, the namespace |
//! | 32 | HMAC-SHA-256 over all of it, with the key ring's `membership` key |
//!
//! Namespaces ascend and occur once, so a record has only one spelling. Knows nothing of where records are stored or when they
//! are fetched.

use std::error::Error;
use std::fmt;

use super::role::MembershipRole;
use super::roles::{MAXIMUM_NAMESPACES, Namespace, Roles};
use crate::keys::envelope::{Envelope, EnvelopeError, START_BYTES, envelope_code};
use crate::keys::{KeyId, KeyRing, Purpose};
use crate::token::{Subject, Timestamp};

/// Version, time of writing and `valid until`.
const HEADER_BYTES: usize = 16;

const ENVELOPE: Envelope<HEADER_BYTES> = Envelope {
    magic: *b"LYMR",
    version: 1,
    purpose: Purpose::Membership,
    maximum_bytes: MAXIMUM_RECORD_BYTES,
};

/// The largest record that is opened: one with the most namespaces, of the longest names.
pub const MAXIMUM_RECORD_BYTES: usize = Envelope::<HEADER_BYTES>::OWN_BYTES
    + 1
    + Subject::MAXIMUM_BYTES
    + 2
    + MAXIMUM_NAMESPACES * (2 + Namespace::MAXIMUM_BYTES);

/// An open membership record. It is genuine and its subject's; its age has not been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRecord {
    subject: Subject,
    version: u64,
    written_at: Timestamp,
    valid_until: Timestamp,
    roles: Roles,
}

impl MembershipRecord {
    /// A record with a subject's roles in this version, and when it was written and expires.
    pub fn new(
        subject: Subject,
        version: u64,
        (written_at, valid_until): (Timestamp, Timestamp),
        roles: Roles,
    ) -> Self {
        Self {
            subject,
            version,
            written_at,
            valid_until,
            roles,
        }
    }

    /// Seals the record with the active key.
    pub fn seal(&self, keys: &KeyRing) -> Vec<u8> {
        let ([v0, v1, v2, v3, v4, v5, v6, v7], [w0, w1, w2, w3], [u0, u1, u2, u3]) = (
            self.version.to_be_bytes(),
            self.written_at.to_be_bytes(),
            self.valid_until.to_be_bytes(),
        );
        let header = [v0, v1, v2, v3, v4, v5, v6, v7, w0, w1, w2, w3, u0, u1, u2, u3];
        let write = |sealed: &mut Vec<u8>| {
            push_name(sealed, self.subject.as_str());
            // The types bound both lengths. If they did not, the record would not open, and the gate would refuse.
            let count = u16::try_from(self.roles.len()).unwrap_or_default();
            sealed.extend(count.to_be_bytes());
            for (namespace, role) in self.roles.iter() {
                sealed.push(role.to_byte());
                push_name(sealed, namespace);
            }
        };
        ENVELOPE.seal(header, self.inner_bytes(), write, keys)
    }

    /// Opens a sealed record that must be `subject`'s. It checks the seal before it parses anything.
    ///
    /// # Errors
    /// [`RecordError`]: the first check that fails.
    pub fn open(sealed: &[u8], subject: &Subject, keys: &KeyRing) -> Result<Self, RecordError> {
        let (header, rest) = ENVELOPE.open(sealed, keys).map_err(RecordError::Envelope)?;
        let [v0, v1, v2, v3, v4, v5, v6, v7, w0, w1, w2, w3, u0, u1, u2, u3] = *header;
        let (name, rest) = split_name(rest).ok_or(RecordError::Entries)?;
        if name != subject.as_str().as_bytes() {
            return Err(RecordError::Subject);
        }
        Ok(Self {
            subject: *subject,
            version: u64::from_be_bytes([v0, v1, v2, v3, v4, v5, v6, v7]),
            written_at: u32::from_be_bytes([w0, w1, w2, w3]),
            valid_until: u32::from_be_bytes([u0, u1, u2, u3]),
            roles: read_roles(rest).ok_or(RecordError::Entries)?,
        })
    }

    /// The subject of the record.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The record's version, which only increases.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When it was written.
    pub fn written_at(&self) -> Timestamp {
        self.written_at
    }

    /// Until when it may be used.
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// Whether it may be used.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.valid_until > now
    }

    /// The roles by namespace.
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// The role in a namespace: see [`Roles::role`].
    pub fn role(&self, namespace: &str) -> MembershipRole {
        self.roles.role(namespace)
    }

    /// The `valid until` that a sealed record names; `None` if the bytes are too short. It is not verified.
    pub fn said_valid_until(sealed: &[u8]) -> Option<Timestamp> {
        let header = sealed.get(START_BYTES..START_BYTES + HEADER_BYTES)?;
        header.last_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// The id of the key that a sealed record names; `None` if the bytes are no record.
    pub fn key_id(sealed: &[u8]) -> Option<KeyId> {
        ENVELOPE.key_id(sealed)
    }

    /// The length of the sealed record.
    pub(super) fn sealed_bytes(&self) -> usize {
        Envelope::<HEADER_BYTES>::OWN_BYTES + self.inner_bytes()
    }

    /// The length of the subject and the roles in it.
    fn inner_bytes(&self) -> usize {
        let namespaces: usize = self.roles.iter().map(|(namespace, _)| 2 + namespace.len()).sum();
        1 + self.subject.as_str().len() + 2 + namespaces
    }
}

fn push_name(sealed: &mut Vec<u8>, name: &str) {
    sealed.push(u8::try_from(name.len()).unwrap_or_default());
    sealed.extend(name.bytes());
}

fn split_name(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

fn read_roles(bytes: &[u8]) -> Option<Roles> {
    let (count, mut rest) = bytes.split_first_chunk::<2>()?;
    let mut roles = Roles::default();
    let mut last: Option<Namespace> = None;
    for _ in 0..u16::from_be_bytes(*count) {
        let (role, after_role) = rest.split_first()?;
        let (name, after_name) = split_name(after_role)?;
        let namespace: Namespace = str::from_utf8(name).ok()?.parse().ok()?;
        if last.as_ref().is_some_and(|last| *last >= namespace) {
            return None;
        }
        last = Some(namespace.clone());
        roles.insert(namespace, MembershipRole::from_byte(*role)?).ok()?;
        rest = after_name;
    }
    rest.is_empty().then_some(roles)
}

/// Why a record cannot be opened or accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// The envelope cannot be opened.
    Envelope(EnvelopeError),
    /// Another subject's record.
    Subject,
    /// The seal is valid, but the rest does not parse.
    Entries,
    /// Older than the cached record.
    RolledBack {
        /// The cached version.
        held: u64,
        /// The version that was found.
        found: u64,
    },
    /// It has expired.
    Expired {
        /// The time from which on it is invalid.
        valid_until: Timestamp,
    },
    /// The store has none, although one is cached.
    Gone {
        /// The cached version.
        held: u64,
    },
}

impl RecordError {
    /// The error as one word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Envelope(error) => envelope_code!(error, "membership"),
            Self::Subject => "membership_subject",
            Self::Entries => "membership_entries",
            Self::RolledBack { .. } => "membership_rolled_back",
            Self::Expired { .. } => "membership_expired",
            Self::Gone { .. } => "membership_gone",
        }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Envelope(error) => write!(formatter, "the record {error}"),
            Self::Subject => write!(formatter, "the record is another subject's than its key says"),
            Self::Entries => write!(formatter, "the record's namespaces do not parse"),
            Self::RolledBack { held, found } => write!(
                formatter,
                "version {found} came while version {held} is cached; the newer is kept"
            ),
            Self::Expired { valid_until } => write!(
                formatter,
                "the record was valid until {valid_until}: its ledger renews records, so an old one was put back, or the \
                 ledger fails"
            ),
            Self::Gone { held } => write!(
                formatter,
                "no record came while version {held} is cached, and a ledger takes none back; it is kept"
            ),
        }
    }
}

impl Error for RecordError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Envelope(error) => Some(error),
            Self::Subject
            | Self::Entries
            | Self::RolledBack { .. }
            | Self::Expired { .. }
            | Self::Gone { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAXIMUM_RECORD_BYTES, MembershipRecord, RecordError};
    use crate::keys::envelope::EnvelopeError;
    use crate::keys::{KeyRing, Purpose};
    use crate::state::{MAXIMUM_NAMESPACES, MembershipRole, Roles};
    use crate::token::Subject;

    fn alice() -> Subject {
        "alice".parse().unwrap()
    }

    fn keys() -> KeyRing {
        KeyRing::generate([1; 32])
    }

    fn record() -> MembershipRecord {
        let roles = Roles::parse(br#"{"acme":"write","lab":"read"}"#).unwrap();
        MembershipRecord::new(alice(), 7, (1_800_000_000, 1_800_086_400), roles)
    }

    /// A record whose signed part was changed and sealed again.
    fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut sealed = record().seal(&keys());
        sealed.truncate(sealed.len() - 32);
        change(&mut sealed);
        let seal = keys().sign(Purpose::Membership, &[&sealed]);
        sealed.extend(seal);
        sealed
    }

    #[test]
    fn seals_and_opens_what_it_holds() {
        let sealed = record().seal(&keys());
        assert_eq!(sealed.len(), record().sealed_bytes());
        assert_eq!(MembershipRecord::key_id(&sealed), Some(1));
        assert_eq!(MembershipRecord::said_valid_until(&sealed), Some(1_800_086_400));
        assert_eq!(MembershipRecord::said_valid_until(&sealed[..21]), None);
        let opened = MembershipRecord::open(&sealed, &alice(), &keys()).unwrap();
        assert_eq!(opened, record());
        assert_eq!(opened.role("acme"), MembershipRole::Write);
        assert_eq!(opened.role("elsewhere"), MembershipRole::None);
    }

    #[test]
    fn the_spelling_is_the_one_documented() {
        let signed = b"LYMR\x01\x01\0\0\0\0\0\0\0\x07\x6b\x49\xd2\0\x6b\x4b\x23\x80\x05alice\0\x02\x04\x04acme\x02\x03lab";
        assert!(record().seal(&keys()).starts_with(signed));
        assert_eq!(forged(|_| ()).len(), signed.len() + 32);
    }

    #[test]
    fn refuses_every_changed_byte_and_every_cut() {
        let sealed = record().seal(&keys());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(
                MembershipRecord::open(&changed, &alice(), &keys()).is_err(),
                "{index}"
            );
            assert!(
                MembershipRecord::open(&sealed[..index], &alice(), &keys()).is_err(),
                "{index}"
            );
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let open = |sealed: &[u8]| MembershipRecord::open(sealed, &alice(), &keys()).unwrap_err();
        let sealed = record().seal(&keys());
        assert_eq!(
            MembershipRecord::open(&sealed, &"bob".parse().unwrap(), &keys()),
            Err(RecordError::Subject)
        );
        assert_eq!(
            open(&record().seal(&KeyRing::generate([2; 32]))),
            RecordError::Envelope(EnvelopeError::Seal)
        );
        let rotated = keys().rotate([3; 32]).unwrap();
        assert_eq!(
            open(&record().seal(&rotated)),
            RecordError::Envelope(EnvelopeError::UnknownKey { key_id: 2 })
        );
        assert_eq!(open(&sealed[..20]), RecordError::Envelope(EnvelopeError::Short));
        assert_eq!(
            open(&vec![0; MAXIMUM_RECORD_BYTES + 1]),
            RecordError::Envelope(EnvelopeError::Long {
                bytes: MAXIMUM_RECORD_BYTES + 1,
                at_most: MAXIMUM_RECORD_BYTES
            })
        );
        assert_eq!(
            open(&forged(|signed| signed[0] = b'X')),
            RecordError::Envelope(EnvelopeError::Magic)
        );
        assert_eq!(
            open(&forged(|signed| signed[4] = 2)),
            RecordError::Envelope(EnvelopeError::Version { found: 2, known: 1 })
        );
        // The key for lists does not seal records.
        let mut other = sealed.clone();
        other.truncate(sealed.len() - 32);
        let seal = keys().sign(Purpose::List, &[&other]);
        other.extend(seal);
        assert_eq!(open(&other), RecordError::Envelope(EnvelopeError::Seal));
    }

    #[test]
    fn one_record_has_one_spelling() {
        for (fault, sealed) in [
            ("trailing byte", forged(|signed| signed.push(0))),
            ("unknown role", forged(|signed| signed[30] = 6)),
            ("role none", forged(|signed| signed[30] = 0)),
            ("descending", forged(|signed| signed[32] = b'z')),
            ("no name", forged(|signed| signed[32] = b'/')),
            ("one fewer", forged(|signed| signed[29] = 1)),
            ("one more", forged(|signed| signed[29] = 3)),
            (
                "twice",
                forged(|signed| {
                    signed.truncate(36);
                    signed.extend(*b"\x04\x04acme");
                }),
            ),
        ] {
            assert_eq!(
                MembershipRecord::open(&sealed, &alice(), &keys()),
                Err(RecordError::Entries),
                "{fault}"
            );
        }
    }

    #[test]
    fn the_longest_record_opens() {
        let mut roles = Roles::default();
        for number in 0..MAXIMUM_NAMESPACES {
            let namespace = format!("{number:0>96}").parse().unwrap();
            roles.insert(namespace, MembershipRole::Admin).unwrap();
        }
        let subject: Subject = "s".repeat(64).parse().unwrap();
        let record = MembershipRecord::new(subject, u64::MAX, (u32::MAX, u32::MAX), roles);
        let sealed = record.seal(&keys());
        assert_eq!(sealed.len(), MAXIMUM_RECORD_BYTES);
        assert_eq!(MembershipRecord::open(&sealed, &subject, &keys()), Ok(record));
    }
}
