//! The hub's sign-in assertion: unchanged; with any claims under a valid signature (`C`); with any header and claims under
//! one (`S`, `<header><LF><claims>`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lychgate::identity::{SignInAssertion, SignInAssertionError};
use lychgate::keys::Purpose;
use serde_json::Value;

use crate::sealing::{RING, STRANGER, flipped, jws};
use crate::table_check::NOW;

const AUDIENCE: &str = "https://hub.example";

pub fn check(data: &[u8]) -> String {
    match data {
        [b'C', claims @ ..] => {
            let text = jws(
                r#"{"alg":"HS256","kid":"2","typ":"JWT"}"#.as_bytes(),
                claims,
                Purpose::SignIn,
            );
            let outcome = opened(&text);
            // The same claims, signed with the key of assertions to the origin, sign nobody in.
            let other = jws(
                r#"{"alg":"HS256","kid":"2","typ":"JWT"}"#.as_bytes(),
                claims,
                Purpose::Assertion,
            );
            assert!(SignInAssertion::open(&other, &RING, AUDIENCE, NOW).is_err());
            outcome
        }
        [b'S', both @ ..] => {
            let length = both.iter().position(|byte| *byte == b'\n').unwrap_or(both.len());
            let (header, claims) = both.split_at(length);
            opened(&jws(header, claims.get(1..).unwrap_or_default(), Purpose::SignIn))
        }
        text => str::from_utf8(text).map_or_else(|_| "not text".to_owned(), opened),
    }
}

fn opened(text: &str) -> String {
    let open = |text: &str, keys, audience: &str, now| SignInAssertion::open(text, keys, audience, now);
    let assertion = match open(text, &RING, AUDIENCE, NOW) {
        Ok(assertion) => assertion,
        Err(error) => return error.to_string(),
    };
    assert!((NOW + 1..=NOW + 65).contains(&assertion.expires_at()));
    assert!((16..=128).contains(&assertion.jti().len()));
    assert!(matches!(
        open(text, &RING, AUDIENCE, assertion.expires_at()),
        Err(SignInAssertionError::Expired { .. })
    ));
    assert!(matches!(
        open(text, &RING, "https://hub.example.org", NOW),
        Err(SignInAssertionError::Audience { .. })
    ));
    assert!(matches!(
        open(text, &STRANGER, AUDIENCE, NOW),
        Err(SignInAssertionError::Signed(_))
    ));
    if let Ok(changed) = String::from_utf8(flipped(text.as_bytes())) {
        assert!(open(&changed, &RING, AUDIENCE, NOW).is_err(), "{changed}");
    }
    // Another JSON reader finds the same claims.
    let claims = text.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let said: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(said["sub"], assertion.subject().as_str());
    assert_eq!(said["jti"], assertion.jti());
    assert_eq!(said["exp"], assertion.expires_at());
    format!("{assertion:?}")
}
