//! An assertion as the origin receives it: unchanged; with any claims under a valid signature (`C`); with any header and
//! claims under one (`S`, `<header><LF><claims>`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lychgate::identity::{Arrival, AssertionError, AssertionKeys, Audience, verify_assertion};
use lychgate::keys::{JwsError, Purpose};

use crate::sealing::{RING, STRANGER, flipped, jws};
use crate::table_check::NOW;

const ARRIVAL: Arrival<'_> = Arrival {
    method: "GET",
    target: "/acme/widget?x=1",
};

pub fn check(data: &[u8]) -> String {
    match data {
        [b'C', claims @ ..] => verified(&jws(
            r#"{"alg":"HS256","kid":"2","typ":"JWT"}"#.as_bytes(),
            claims,
            Purpose::Assertion,
        )),
        [b'S', both @ ..] => {
            let length = both.iter().position(|byte| *byte == b'\n').unwrap_or(both.len());
            let (header, claims) = both.split_at(length);
            verified(&jws(
                header,
                claims.get(1..).unwrap_or_default(),
                Purpose::Assertion,
            ))
        }
        text => str::from_utf8(text).map_or_else(|_| "not text".to_owned(), verified),
    }
}

fn verified(text: &str) -> String {
    let audience = Audience::default();
    let keys = AssertionKeys::of(&RING);
    let verify = |text: &str, arrival, keys: &AssertionKeys, now| {
        verify_assertion(text, arrival, &audience, keys, now, 5)
    };
    let claims = match verify(text, ARRIVAL, &keys, NOW) {
        Ok(claims) => claims,
        Err(error) => return error.code().to_owned(),
    };
    assert_eq!(
        (claims.method.as_str(), claims.target.as_str()),
        (ARRIVAL.method, ARRIVAL.target)
    );
    assert_eq!(claims.audience, audience.as_str());
    assert!(claims.issued_at <= NOW + 5 && claims.expires_at + 5 > NOW);
    assert!(claims.expires_at - claims.issued_at <= 60);
    // It is invalid for another request, at another time and with other keys; and it has only one spelling.
    let other = Arrival {
        method: "PUT",
        ..ARRIVAL
    };
    assert_eq!(verify(text, other, &keys, NOW), Err(AssertionError::Method));
    let other = Arrival {
        target: "/acme/widget",
        ..ARRIVAL
    };
    assert_eq!(verify(text, other, &keys, NOW), Err(AssertionError::Target));
    assert!(matches!(
        verify(text, ARRIVAL, &keys, NOW + 66),
        Err(AssertionError::Expired { .. })
    ));
    assert!(matches!(
        verify(text, ARRIVAL, &AssertionKeys::of(&STRANGER), NOW),
        Err(AssertionError::Envelope(
            JwsError::Signature | JwsError::UnknownKey { .. }
        ))
    ));
    if let Ok(changed) = String::from_utf8(flipped(text.as_bytes())) {
        assert!(verify(&changed, ARRIVAL, &keys, NOW).is_err(), "{changed}");
    }
    for part in text.split('.') {
        assert_eq!(
            URL_SAFE_NO_PAD.encode(URL_SAFE_NO_PAD.decode(part).unwrap()),
            part
        );
    }
    format!("{claims:?}")
}
