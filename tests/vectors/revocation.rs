//! Revocation lists against those that `generate.py` made from the documents alone.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lychgate::keys::KeyRing;
use lychgate::state::{ListError, Lookup, RevocationList, Revocations};
use lychgate::token::{Claims, Prefix, Role, TokenId, Unverified, mint};
use serde::Deserialize;

use crate::cases::{Cases, equal, read, read_rings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    rings: BTreeMap<String, String>,
    open: Vec<Open>,
    seal: Vec<Seal>,
    hold: Vec<Hold>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    name: String,
    ring: String,
    shard: u16,
    sealed: String,
    list: Option<List>,
    #[serde(default)]
    revoked: Vec<u32>,
    #[serde(default)]
    not_revoked: Vec<u32>,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    version: u64,
    published_at: u32,
    valid_until: u32,
    serials: Vec<Range>,
}

/// First, last and step.
type Range = (u32, u32, u32);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    name: String,
    ring: String,
    shard: u16,
    published_at: u32,
    valid_until: u32,
    serials: Vec<Range>,
    sealed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hold {
    name: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Step {
    Accept {
        accept: u64,
        valid_until: u32,
        code: Option<String>,
    },
    Missing {
        missing: u32,
    },
    Lookup {
        lookup: u32,
        finds: String,
        version: Option<u64>,
        since: Option<u32>,
    },
}

fn vectors() -> (Vectors, BTreeMap<String, KeyRing>) {
    let vectors: Vectors = read("revocation.json", include_str!("revocation.json"));
    let rings = read_rings(&vectors.rings);
    (vectors, rings)
}

fn serials(ranges: &[Range]) -> Vec<u32> {
    ranges
        .iter()
        .flat_map(|&(first, last, step)| (first..=last).step_by(usize::try_from(step).unwrap()))
        .collect()
}

fn matches(list: &RevocationList, expected: &List, shard: u16) -> Result<(), String> {
    equal("shard", list.shard(), shard)?;
    equal("version", list.version(), expected.version)?;
    equal("published at", list.published_at(), expected.published_at)?;
    equal("valid until", list.valid_until(), expected.valid_until)?;
    let serials = serials(&expected.serials);
    equal("length", list.len(), u64::try_from(serials.len()).unwrap())?;
    equal("emptiness", list.is_empty(), serials.is_empty())?;
    equal("serials", list.serials().eq(serials), true)
}

/// Whether the list names the token, asked the only way there is: with a genuine one.
fn is_revoked(list: &RevocationList, serial: u32, keys: &KeyRing) -> bool {
    let prefix = Prefix::default();
    let id = TokenId {
        shard: list.shard(),
        serial,
    };
    let claims = Claims {
        role: Role::Read,
        subject: "alice".parse().unwrap(),
        id,
        issued_at: 1,
        expires_at: None,
        bearer: lychgate::token::BearerKind::User,
        restrictions: lychgate::token::Restrictions::default(),
    };
    let text = mint(&claims, &prefix, keys).unwrap();
    let token = Unverified::parse(&text, &prefix)
        .unwrap()
        .verify(keys, 2)
        .unwrap();
    match list.check(&token) {
        Ok(_) => false,
        Err(revoked) => {
            assert_eq!(revoked.id, id);
            true
        }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn opens_genuine_lists_and_refuses_at_the_first_check_that_fails() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("opened lists");
    for case in &vectors.open {
        let keys = &rings[&case.ring];
        let sealed = URL_SAFE_NO_PAD.decode(&case.sealed).unwrap();
        let outcome = match (
            RevocationList::open(&sealed, case.shard, keys),
            &case.list,
            &case.code,
        ) {
            (Ok(list), Some(expected), None) => matches(&list, expected, case.shard).and_then(|()| {
                let on = case.revoked.iter().map(|serial| (serial, true));
                let off = case.not_revoked.iter().map(|serial| (serial, false));
                on.chain(off).try_for_each(|(serial, expected)| {
                    let what = format!("serial {serial} revoked");
                    equal(&what, is_revoked(&list, *serial, keys), expected)
                })
            }),
            (Err(error), None, Some(code)) => equal("code", error.code(), code),
            (Err(error), Some(_), None) => Err(format!("expected a list, found {error:?}")),
            (Ok(_), None, Some(code)) => Err(format!("expected {code}, and it opened")),
            (_, Some(_), Some(_)) | (_, None, None) => Err("a list or a code must be expected".to_owned()),
        };
        cases.note(&case.name, outcome);
    }
    cases.finish(67);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn seals_to_the_very_bytes_of_the_format() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("sealed lists");
    for case in &vectors.seal {
        let list = RevocationList::empty(case.shard, 0, 0).next(
            serials(&case.serials),
            [],
            case.published_at,
            case.valid_until,
        );
        let found = URL_SAFE_NO_PAD.encode(list.seal(&rings[&case.ring]));
        cases.equal(&case.name, &found, &case.sealed);
    }
    cases.finish(16);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn keeps_the_newest_list() {
    let (vectors, _) = vectors();
    let mut cases = Cases::of("cached lists");
    for case in &vectors.hold {
        let mut held = Revocations::default();
        let outcome = case.steps.iter().try_for_each(|step| take(step, &mut held));
        cases.note(&case.name, outcome);
    }
    cases.finish(10);
}

fn take(step: &Step, held: &mut Revocations) -> Result<(), String> {
    match step {
        Step::Accept {
            accept,
            valid_until,
            code,
        } => {
            let list = (1..*accept).fold(RevocationList::empty(0, 0, *valid_until), |list, _| {
                list.next([], [], 0, *valid_until)
            });
            let found = held.accept(list).err();
            equal("acceptance", found.as_ref().map(ListError::code), code.as_deref())
        }
        Step::Missing { missing } => {
            held.note_missing(0, *missing);
            Ok(())
        }
        Step::Lookup {
            lookup,
            finds,
            version,
            since,
        } => {
            let found = match held.lookup(0, *lookup) {
                Lookup::Unknown => ("unknown", None, None),
                Lookup::Missing { since } => ("missing", None, Some(since)),
                Lookup::InForce(list) => ("in_force", Some(list.version()), None),
                Lookup::Stale(list) => ("stale", Some(list.version()), None),
            };
            equal(
                &format!("lookup at {lookup}"),
                found,
                (finds.as_str(), *version, *since),
            )
        }
    }
}
