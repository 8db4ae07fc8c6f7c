//! Tokens against those that `generate.py` made from the document alone.

use std::collections::BTreeMap;

use lychgate::keys::{KeyId, KeyRing, Purpose};
use lychgate::token::{
    BearerKind, Claims, Prefix, Restrictions, TokenError, Unverified, Verified, mint, prefix_of,
};
use serde::Deserialize;

use crate::cases::{Cases, equal, read, read_rings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    rings: BTreeMap<String, String>,
    derive: Vec<Derive>,
    mint: Vec<Mint>,
    narrow: Vec<Narrow>,
    verify: Vec<Verify>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Derive {
    name: String,
    ring: String,
    key_id: KeyId,
    purpose: String,
    /// Hexadecimal.
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mint {
    name: String,
    ring: String,
    prefix: String,
    claims: Shown,
    token: Option<String>,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Narrow {
    name: String,
    token: String,
    restriction: String,
    narrowed: Option<String>,
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Verify {
    name: String,
    ring: String,
    prefix: String,
    now: u32,
    token: String,
    claims: Option<Shown>,
    code: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Shown {
    role: String,
    subject: String,
    id: String,
    issued_at: u32,
    expires_at: Option<u32>,
    bearer: String,
    restrictions: Vec<String>,
    key_id: KeyId,
}

impl Shown {
    fn of(token: &Verified) -> Self {
        let claims = token.claims();
        Self {
            role: claims.role.name().to_owned(),
            subject: claims.subject.as_str().to_owned(),
            id: claims.id.to_string(),
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
            bearer: claims.bearer.name().to_owned(),
            restrictions: claims.restrictions.iter().map(ToString::to_string).collect(),
            key_id: token.key_id(),
        }
    }

    fn claims(&self) -> Claims {
        Claims {
            role: self.role.parse().unwrap(),
            subject: self.subject.parse().unwrap(),
            id: self.id.parse().unwrap(),
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            bearer: [BearerKind::User, BearerKind::ServiceAccount]
                .into_iter()
                .find(|bearer| bearer.name() == self.bearer)
                .unwrap(),
            restrictions: restrictions(&self.restrictions),
        }
    }
}

fn restrictions(texts: &[String]) -> Restrictions {
    Restrictions::new(texts.iter().map(|text| text.parse().unwrap()).collect()).unwrap()
}

fn vectors() -> (Vectors, BTreeMap<String, KeyRing>) {
    let vectors: Vectors = read("token.json", include_str!("token.json"));
    let rings = read_rings(&vectors.rings);
    (vectors, rings)
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn derives_one_key_per_purpose() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("derived keys");
    for case in &vectors.derive {
        let purpose = Purpose::ALL
            .into_iter()
            .find(|purpose| purpose.name() == case.purpose)
            .unwrap();
        let found = rings[&case.ring]
            .derived_key(case.key_id, purpose)
            .map(|key| key.expose().iter().map(|byte| format!("{byte:02x}")).collect());
        cases.equal(&case.name, found, Some(case.key.clone()));
    }
    cases.finish(20);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn mints_the_one_spelling_of_its_claims() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("minted tokens");
    for case in &vectors.mint {
        let keys = &rings[&case.ring];
        let prefix: Prefix = case.prefix.parse().unwrap();
        let expected = match (&case.token, &case.code) {
            (Some(token), None) => Ok(token.clone()),
            (None, Some(code)) => Err(code.clone()),
            _ => panic!("{}: a token or a code", case.name),
        };
        let found = mint(&case.claims.claims(), &prefix, keys)
            .map(|token| token.to_string())
            .map_err(|error| format!("{error:?}"));
        cases.note(
            &case.name,
            equal("key", keys.active(), case.claims.key_id).and_then(|()| equal("token", found, expected)),
        );
    }
    cases.finish(35);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn narrows_without_any_key() {
    let (vectors, _) = vectors();
    let mut cases = Cases::of("narrowed tokens");
    for case in vectors.narrow {
        let expected = match (case.narrowed, case.code) {
            (Some(token), None) => Ok(token),
            (None, Some(code)) => Err(code),
            _ => panic!("{}: a token or a code", case.name),
        };
        let prefix = prefix_of(&case.token).unwrap();
        let found = Unverified::parse(&case.token, &prefix)
            .unwrap()
            .narrowed(&restrictions(&[case.restriction]))
            .map(|token| token.to_string())
            .map_err(|error| format!("{error:?}"));
        cases.equal(&case.name, found, expected);
    }
    cases.finish(15);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn believes_genuine_tokens_and_refuses_at_the_first_check_that_fails() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("verified tokens");
    for case in vectors.verify {
        let prefix: Prefix = case.prefix.parse().unwrap();
        let expected = match (case.claims, case.code) {
            (Some(claims), None) => Ok(claims),
            (None, Some(code)) => Err(code),
            _ => panic!("{}: claims or a code", case.name),
        };
        let found = Unverified::parse(&case.token, &prefix)
            .and_then(|token| token.verify(&rings[&case.ring], case.now))
            .map(|token| Shown::of(&token));
        let facts = match found {
            Err(TokenError::Expired { now, expired_at, .. }) => equal("clock", now, case.now)
                .and_then(|()| equal("expired by then", expired_at <= case.now, true)),
            _ => Ok(()),
        };
        let found = found.map_err(|error| error.code().to_owned());
        cases.note(&case.name, facts.and_then(|()| equal("token", found, expected)));
    }
    cases.finish(400);
}
