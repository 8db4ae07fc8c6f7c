//! Ceilings of serials against those that `generate.py` made from the document alone.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lychgate::keys::KeyRing;
use lychgate::ledger::SerialCeiling;
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
    shard: u16,
    sealed: String,
    ceiling: Option<u64>,
    code: Option<String>,
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn opens_genuine_ceilings_and_refuses_at_the_first_check_that_fails() {
    let vectors: Vectors = read("serials.json", include_str!("serials.json"));
    let rings: BTreeMap<String, KeyRing> = read_rings(&vectors.rings);
    let mut cases = Cases::of("ceilings of serials");
    for case in vectors.open {
        let expected = match (case.ceiling, case.code) {
            (Some(ceiling), None) => Ok(ceiling),
            (None, Some(code)) => Err(code),
            _ => panic!("{}: a ceiling or a code", case.name),
        };
        let keys = &rings[&case.ring];
        let sealed = URL_SAFE_NO_PAD.decode(&case.sealed).unwrap();
        let outcome = match SerialCeiling::open(&sealed, case.shard, keys) {
            Ok(found) => equal("ceiling", Ok(found.ceiling), expected).and_then(|()| {
                let is_current = SerialCeiling::key_id(&sealed) == Some(keys.active());
                equal("sealed again", found.seal(keys) == sealed, is_current)
            }),
            Err(error) => equal("ceiling", Err(error.code().to_owned()), expected),
        };
        cases.note(&case.name, outcome);
    }
    cases.finish(21);
}
