//! Membership records against those that `generate.py` made from the document alone.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lychgate::keys::KeyRing;
use lychgate::state::MembershipRecord;
use serde::Deserialize;

use crate::cases::{Cases, equal, read, read_rings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    rings: BTreeMap<String, String>,
    open: Vec<Open>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    name: String,
    ring: String,
    subject: String,
    sealed: String,
    record: Option<Shown>,
    code: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Shown {
    version: u64,
    written_at: u32,
    valid_until: u32,
    roles: BTreeMap<String, String>,
}

impl Shown {
    fn of(record: &MembershipRecord) -> Self {
        let roles = record.roles().iter();
        Self {
            version: record.version(),
            written_at: record.written_at(),
            valid_until: record.valid_until(),
            roles: roles
                .map(|(namespace, role)| (namespace.to_owned(), role.name().to_owned()))
                .collect(),
        }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn opens_genuine_records_and_refuses_at_the_first_check_that_fails() {
    let vectors: Vectors = read("membership.json", include_str!("membership.json"));
    let rings: BTreeMap<String, KeyRing> = read_rings(&vectors.rings);
    let mut cases = Cases::of("membership records");
    for case in vectors.open {
        let expected = match (case.record, case.code) {
            (Some(record), None) => Ok(record),
            (None, Some(code)) => Err(code),
            _ => panic!("{}: a record or a code", case.name),
        };
        let keys = &rings[&case.ring];
        let sealed = URL_SAFE_NO_PAD.decode(&case.sealed).unwrap();
        let outcome = match MembershipRecord::open(&sealed, &case.subject.parse().unwrap(), keys) {
            // What the active key seals is the same again: a record has one spelling.
            Ok(record) => equal("record", Ok(Shown::of(&record)), expected).and_then(|()| {
                let is_current = MembershipRecord::key_id(&sealed) == Some(keys.active());
                equal("sealed again", record.seal(keys) == sealed, is_current)
            }),
            Err(error) => equal("record", Err(error.code().to_owned()), expected),
        };
        cases.note(&case.name, outcome);
    }
    cases.finish(59);
}
