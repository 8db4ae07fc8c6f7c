//! Sign-in assertions and sessions against those that `generate.py` made from the documents alone.

use std::collections::BTreeMap;

use lychgate::identity::{Session, SessionError, SignInAssertion, SignInAssertionError};
use lychgate::keys::KeyRing;
use serde::Deserialize;

use crate::cases::{Cases, equal, read, read_rings};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    rings: BTreeMap<String, String>,
    /// The gate that assertions must be for.
    audience: String,
    assertion: Vec<AssertionCase>,
    session: Vec<SessionCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssertionCase {
    name: String,
    ring: String,
    now: u32,
    text: String,
    assertion: Option<ShownAssertion>,
    code: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ShownAssertion {
    subject: String,
    jti: String,
    expires_at: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionCase {
    name: String,
    ring: String,
    now: u32,
    text: String,
    session: Option<ShownSession>,
    code: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ShownSession {
    subject: String,
    expires_at: u32,
    csrf: String,
}

fn vectors() -> (Vectors, BTreeMap<String, KeyRing>) {
    let vectors: Vectors = read("sign_in.json", include_str!("sign_in.json"));
    let rings = read_rings(&vectors.rings);
    (vectors, rings)
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn opens_assertions_and_refuses_at_the_first_check_that_fails() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("sign-in assertions");
    for case in vectors.assertion {
        let expected = expected(&case.name, case.assertion, case.code);
        let found = SignInAssertion::open(&case.text, &rings[&case.ring], &vectors.audience, case.now)
            .map(|opened| ShownAssertion {
                subject: opened.subject().as_str().to_owned(),
                jti: opened.jti().to_owned(),
                expires_at: opened.expires_at(),
            })
            .map_err(|error| assertion_code(&error));
        cases.equal(&case.name, found, expected);
    }
    cases.finish(70);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn opens_sessions_and_refuses_at_the_first_check_that_fails() {
    let (vectors, rings) = vectors();
    let mut cases = Cases::of("sessions");
    for case in vectors.session {
        let keys = &rings[&case.ring];
        let expected = expected(&case.name, case.session, case.code);
        let outcome = match Session::open(&case.text, keys, case.now) {
            Ok(session) => {
                let shown = ShownSession {
                    subject: session.subject().as_str().to_owned(),
                    expires_at: session.expires_at(),
                    csrf: session.csrf_token(keys),
                };
                let takes_its_csrf_token = session.accepts_csrf_token(&shown.csrf, keys);
                // What the gate seals is that text again: the format is one and the same both ways.
                equal("csrf token", takes_its_csrf_token, true)
                    .and_then(|()| equal("sealed again", session.seal(keys), case.text))
                    .and_then(|()| equal("session", Ok(shown), expected))
            }
            Err(error) => equal("session", Err(session_code(error)), expected),
        };
        cases.note(&case.name, outcome);
    }
    cases.finish(40);
}

fn expected<T>(name: &str, shown: Option<T>, code: Option<String>) -> Result<T, String> {
    match (shown, code) {
        (Some(shown), None) => Ok(shown),
        (None, Some(code)) => Err(code),
        (Some(_), Some(_)) | (None, None) => panic!("{name}: what it opens to, or a code"),
    }
}

fn assertion_code(error: &SignInAssertionError) -> String {
    match error {
        SignInAssertionError::Signed(error) if error.code() == "claims" => "signed_claims",
        SignInAssertionError::Signed(error) => error.code(),
        SignInAssertionError::Claims => "claims",
        SignInAssertionError::Subject => "subject",
        SignInAssertionError::Identifier => "identifier",
        SignInAssertionError::Audience { .. } => "audience",
        SignInAssertionError::Lifetime => "lifetime",
        SignInAssertionError::Early { .. } => "early",
        SignInAssertionError::Expired { .. } => "expired",
        unknown => panic!("no vector tells of {unknown:?}"),
    }
    .to_owned()
}

fn session_code(error: SessionError) -> String {
    match error {
        SessionError::Malformed => "malformed",
        SessionError::KeyRotated { .. } => "key_rotated",
        SessionError::Seal => "seal",
        SessionError::Expired { .. } => "expired",
        unknown => panic!("no vector tells of {unknown:?}"),
    }
    .to_owned()
}
