//! Assertions against those that `generate.py` made from the document alone.

use std::collections::BTreeMap;

use lychgate::identity::{
    Arrival, Assertion, AssertionClaims, AssertionError, AssertionKeys, AssertionSigner, verify_assertion,
};
use lychgate::keys::{JwsError, KeyRing, MAXIMUM_JWS_BYTES};
use lychgate::routes::Access;
use lychgate::token::{Claims, Restrictions};
use serde::Deserialize;

use crate::cases::{Cases, equal, read, read_rings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    rings: BTreeMap<String, String>,
    key_sets: BTreeMap<String, String>,
    make: Vec<Make>,
    verify: Vec<Verify>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Make {
    name: String,
    ring: String,
    claims: Shown,
    assertion: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verify {
    name: String,
    ring: String,
    audience: String,
    method: String,
    target: String,
    now: u32,
    leeway: u32,
    assertion: String,
    claims: Option<Shown>,
    code: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Shown {
    issuer: String,
    audience: String,
    identity: Option<Identity>,
    access: String,
    method: String,
    target: String,
    observed: Option<String>,
    issued_at: u32,
    expires_at: u32,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Identity {
    subject: String,
    role: String,
    id: String,
    restrictions: Restrictions,
}

impl Shown {
    fn of(claims: AssertionClaims) -> Self {
        Self {
            issuer: claims.issuer,
            audience: claims.audience,
            identity: claims.identity.map(|identity| Identity {
                subject: identity.subject.as_str().to_owned(),
                role: identity.role.name().to_owned(),
                id: identity.token.to_string(),
                restrictions: identity.restrictions,
            }),
            access: claims.access.name().to_owned(),
            method: claims.method,
            target: claims.target,
            observed: claims.observed,
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
        }
    }
}

impl Identity {
    fn claims(&self) -> Claims {
        Claims {
            role: self.role.parse().unwrap(),
            subject: self.subject.parse().unwrap(),
            id: self.id.parse().unwrap(),
            issued_at: 0,
            expires_at: None,
            bearer: lychgate::token::BearerKind::User,
            restrictions: self.restrictions.clone(),
        }
    }
}

fn vectors() -> (Vectors, BTreeMap<String, KeyRing>) {
    let vectors: Vectors = read("assertion.json", include_str!("assertion.json"));
    let rings = read_rings(&vectors.rings);
    (vectors, rings)
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn signs_what_the_document_says_byte_by_byte() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("made assertions");
    for case in &vectors.make {
        let keys = &rings[&case.ring];
        let shown = &case.claims;
        let identity = shown.identity.as_ref().map(Identity::claims);
        let said = Assertion {
            issuer: &shown.issuer,
            method: &shown.method,
            target: &shown.target,
            access: Access::ALL
                .into_iter()
                .find(|access| access.name() == shown.access)
                .unwrap(),
            identity: identity.as_ref(),
            observed: shown.observed.as_deref(),
        };
        let signer = AssertionSigner::new(keys, shown.audience.parse().unwrap());
        let found = signer.sign(&said, shown.issued_at, keys);
        cases.equal(&case.name, found, case.assertion.clone());
    }
    cases.finish(20);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn believes_genuine_assertions_and_refuses_at_the_first_check_that_fails() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("verified assertions");
    for case in &vectors.verify {
        let expected = match (&case.claims, &case.code) {
            (Some(claims), None) => Ok(claims.clone()),
            (None, Some(code)) => Err(code.clone()),
            _ => panic!("{}: claims or a code", case.name),
        };
        let arrival = Arrival {
            method: &case.method,
            target: &case.target,
        };
        let audience = case.audience.parse().unwrap();
        let outcome = |keys: &AssertionKeys| {
            let found = verify_assertion(&case.assertion, arrival, &audience, keys, case.now, case.leeway);
            let facts = facts(case, found.as_ref().err());
            let found = found.map(Shown::of).map_err(|error| error.code().to_owned());
            facts.and_then(|()| equal("assertion", found, expected.clone()))
        };
        // The set as an origin is given it, and the keys as the ring has them.
        let given = AssertionKeys::parse(&vectors.key_sets[&case.ring]).unwrap();
        let own = AssertionKeys::of(&rings[&case.ring]);
        cases.note(&case.name, outcome(&given).and_then(|()| outcome(&own)));
    }
    cases.finish(220);
}

/// What an error says beside its code.
fn facts(case: &Verify, error: Option<&AssertionError>) -> Result<(), String> {
    match error {
        Some(AssertionError::Envelope(JwsError::Long { bytes })) => {
            equal("bytes", *bytes, case.assertion.len())
                .and_then(|()| equal("too many", *bytes > MAXIMUM_JWS_BYTES, true))
        }
        Some(AssertionError::Early { now, issued_at }) => equal("clock", *now, case.now)
            .and_then(|()| equal("still to come", *issued_at > case.now + case.leeway, true)),
        Some(AssertionError::Expired { now, expired_at }) => {
            equal("clock", *now, case.now).and_then(|()| equal("over by then", *expired_at <= case.now, true))
        }
        _ => Ok(()),
    }
}
