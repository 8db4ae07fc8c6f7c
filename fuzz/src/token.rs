//! Token text: unchanged; with any signed part inside a valid HMAC and checksum; and made of any claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lychgate::{
    Claims, FieldError, Inspection, Prefix, Purpose, Role, Subject, TokenError, TokenId, Unverified,
    Verified, mint, mint_with,
};

use crate::sealing::{RING, STRANGER, flipped, hmac};

const NOW: u32 = 1_750_000_000;

pub fn check(data: &[u8]) -> String {
    match data {
        [b'S', signed @ ..] => sealed(signed),
        [b'C', said @ ..] => minted(said),
        text => str::from_utf8(text).map_or_else(|_| "not text".to_owned(), as_it_came),
    }
}

fn verify(text: &str) -> Result<Verified, TokenError> {
    Unverified::parse(text, &Prefix::default()).and_then(|token| token.verify(&RING, NOW))
}

fn as_it_came(text: &str) -> String {
    let found = verify(text);
    match &found {
        Ok(token) => assert_one_spelling(text, token),
        // Every text that has the form of a token is its only spelling, genuine or not.
        Err(TokenError::UnknownKey | TokenError::Signature | TokenError::Version) => {
            let body = URL_SAFE_NO_PAD
                .decode(text.strip_prefix("hub_").unwrap())
                .unwrap();
            assert_eq!(format!("hub_{}", URL_SAFE_NO_PAD.encode(body)), text);
        }
        Err(_) => {}
    }
    let inspection = Inspection::of(text);
    if found.is_ok() {
        assert!(inspection.is_well_formed(), "{text}");
    }
    let names: Vec<&str> = inspection.fields.iter().map(|field| field.name).collect();
    format!("{found:?} {names:?} {:?}", inspection.faults)
}

/// A genuine token equals the token that is minted from its claims, or is one that this crate does not mint.
fn assert_one_spelling(text: &str, token: &Verified) {
    match mint_with(token.claims(), &Prefix::default(), &RING, token.key_id()) {
        Ok(again) => assert_eq!(*again, text),
        Err(error) => assert_eq!(error, FieldError::Expiry),
    }
    assert!(
        token
            .claims()
            .expires_at
            .is_none_or(|expires_at| NOW < expires_at)
    );
    let prefix = Prefix::default();
    let token = Unverified::parse(text, &prefix).unwrap();
    assert!(token.verify(&STRANGER, NOW).is_err());
}

fn sealed(signed: &[u8]) -> String {
    let signed = &signed[..signed.len().min(100)];
    let key_id = signed.get(2).copied().unwrap_or_default();
    let mut body = signed.to_vec();
    body.extend(&hmac(key_id, Purpose::Token, &[b"hub_", signed])[..16]);
    body.extend(crc32fast::hash(&body).to_be_bytes());
    let text = format!("hub_{}", URL_SAFE_NO_PAD.encode(&body));
    let found = verify(&text);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let expected = match signed {
        _ if !(18..=81).contains(&signed.len()) => Err("length"),
        [version, ..] if *version != 1 => Err("version"),
        [_, _, key_id, ..] if !(1..=2).contains(key_id) => Err("unknown_key"),
        [_, role, ..] if !(1..=2).contains(role) || !signed[17..].iter().all(plain) => Err("claims"),
        [_, _, _, _, _, _, _, e0, e1, e2, e3, ..] => match u32::from_be_bytes([*e0, *e1, *e2, *e3]) {
            1..=NOW => Err("expired"),
            _ => Ok(()),
        },
        _ => unreachable!("a signed part has 18 bytes at least"),
    };
    assert_eq!(
        found.map(|_| ()).map_err(|error| error.code()),
        expected,
        "{text}"
    );
    as_it_came(&text)
}

fn minted(said: &[u8]) -> String {
    let Some((fixed, subject)) = said.split_first_chunk::<15>() else {
        return "short".to_owned();
    };
    let Some(subject) = str::from_utf8(subject)
        .ok()
        .and_then(|text| text.parse::<Subject>().ok())
    else {
        return "no subject".to_owned();
    };
    let [role, i0, i1, i2, i3, e0, e1, e2, e3, h0, h1, s0, s1, s2, s3] = *fixed;
    let expires_at = u32::from_be_bytes([e0, e1, e2, e3]);
    let claims = Claims {
        role: if role % 2 == 0 { Role::Read } else { Role::Write },
        subject,
        id: TokenId {
            shard: u16::from_be_bytes([h0, h1]),
            serial: u32::from_be_bytes([s0, s1, s2, s3]),
        },
        issued_at: u32::from_be_bytes([i0, i1, i2, i3]),
        expires_at: (expires_at != 0).then_some(expires_at),
        bearer: lychgate::token::BearerKind::User,
        restrictions: lychgate::token::Restrictions::default(),
    };
    let prefix = Prefix::default();
    let text = match mint(&claims, &prefix, &RING) {
        Ok(text) => text,
        Err(error) => {
            assert!(error == FieldError::Expiry && expires_at <= claims.issued_at);
            return format!("{error:?}");
        }
    };
    let token = Unverified::parse(&text, &prefix).unwrap();
    let found = token.verify(&RING, claims.issued_at).unwrap();
    assert_eq!((found.claims(), found.key_id()), (&claims, 2));
    assert!(Inspection::of(&text).is_well_formed());
    if let Ok(changed) = String::from_utf8(flipped(text.as_bytes())) {
        assert!(verify(&changed).is_err(), "{changed}");
    }
    text.to_string()
}
