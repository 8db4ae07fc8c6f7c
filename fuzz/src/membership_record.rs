//! A sealed membership record: unchanged; with any signed part under a valid seal (`S`); and made of any names (`N`).

use lychgate::keys::{EnvelopeError, Purpose};
use lychgate::state::{MembershipRecord, MembershipRole, Namespace, RecordError, Roles};
use lychgate::token::Subject;

use crate::sealing::{RING, STRANGER, flipped, hmac};

const SUBJECT_AT: usize = 22;

pub fn check(data: &[u8]) -> String {
    match data {
        [b'S', signed @ ..] => under_a_seal(signed),
        [b'N', said @ ..] => made(said),
        sealed => opened(sealed),
    }
}

/// The subject that the record names, so the record can be opened.
fn subject_of(sealed: &[u8]) -> Subject {
    let named = sealed.get(SUBJECT_AT).and_then(|length| {
        let name = sealed.get(SUBJECT_AT + 1..)?.get(..usize::from(*length))?;
        str::from_utf8(name).ok()?.parse().ok()
    });
    named.unwrap_or_else(|| "alice".parse().unwrap())
}

fn under_a_seal(signed: &[u8]) -> String {
    let key_id = signed.get(5).copied().unwrap_or_default();
    let mut sealed = signed.to_vec();
    sealed.extend(hmac(key_id, Purpose::Membership, &[signed]));
    let outcome = opened(&sealed);
    // With a valid seal, the form may be wrong, but never the seal.
    assert_ne!(outcome, RecordError::Envelope(EnvelopeError::Seal).code());
    outcome
}

fn opened(sealed: &[u8]) -> String {
    let subject = subject_of(sealed);
    let record = match MembershipRecord::open(sealed, &subject, &RING) {
        Ok(record) => record,
        Err(error) => return error.code().to_owned(),
    };
    assert_binds(sealed, &subject);
    let roles: Vec<(&str, MembershipRole)> = record.roles().iter().collect();
    assert!(roles.is_sorted_by(|one, next| one.0 < next.0));
    for (namespace, role) in &roles {
        // If nothing is known of how the origin compares names, no access counts for every spelling.
        let is_denied = roles
            .iter()
            .any(|(other, role)| *role == MembershipRole::NoAccess && other.eq_ignore_ascii_case(namespace));
        let expected = if is_denied {
            MembershipRole::NoAccess
        } else {
            *role
        };
        assert_eq!(record.role(namespace), expected);
    }
    // There is one spelling: sealed again with its key, it gives the same text.
    let again = record.seal(&RING);
    assert_eq!(
        MembershipRecord::open(&again, &subject, &RING).as_ref(),
        Ok(&record)
    );
    if MembershipRecord::key_id(sealed) == Some(RING.active()) {
        assert_eq!(again, sealed);
    }
    // JSON gives the same roles.
    let json = serde_json::to_vec(record.roles()).unwrap();
    assert_eq!(Roles::parse(&json).as_ref(), Ok(record.roles()));
    format!(
        "{} version {} at {} {}",
        record.subject().as_str(),
        record.version(),
        record.written_at(),
        String::from_utf8(json).unwrap(),
    )
}

/// A record that opens does not open as another subject's, with one bit changed, truncated, extended, or with another ring.
fn assert_binds(sealed: &[u8], subject: &Subject) {
    let open = |sealed: &[u8]| MembershipRecord::open(sealed, subject, &RING);
    let other: Subject = if subject.as_str() == "mallory" {
        "eve"
    } else {
        "mallory"
    }
    .parse()
    .unwrap();
    assert_eq!(
        MembershipRecord::open(sealed, &other, &RING).unwrap_err(),
        RecordError::Subject
    );
    assert!(open(&flipped(sealed)).is_err());
    assert!(open(&sealed[..sealed.len() - 1]).is_err());
    assert!(open(&[sealed, b"\0"].concat()).is_err());
    assert!(MembershipRecord::open(sealed, subject, &STRANGER).is_err());
}

/// Parses `<subject> <role><namespace> <role><namespace> …`, with a digit for each role.
fn made(said: &[u8]) -> String {
    let Ok(text) = str::from_utf8(said) else {
        return "not text".to_owned();
    };
    let mut words = text.split(' ');
    let Some(subject) = words.next().and_then(|word| word.parse::<Subject>().ok()) else {
        return "no subject".to_owned();
    };
    let given = [
        MembershipRole::NoAccess,
        MembershipRole::Read,
        MembershipRole::Contributor,
        MembershipRole::Write,
        MembershipRole::Admin,
    ];
    let mut roles = Roles::default();
    for word in words {
        let Some((digit, name)) = word.split_at_checked(1) else {
            continue;
        };
        let role = digit.parse::<usize>().ok().and_then(|digit| given.get(digit));
        if let (Some(role), Ok(namespace)) = (role, name.parse::<Namespace>()) {
            let _a_second_role_is_refused = roles.insert(namespace, *role);
        }
    }
    let record = MembershipRecord::new(subject, 1, (10, 20), roles);
    let outcome = opened(&record.seal(&RING));
    assert!(outcome.contains(" version 1 at 10 "), "{outcome}");
    outcome
}
