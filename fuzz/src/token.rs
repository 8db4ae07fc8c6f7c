//! Token text: unchanged; with any signed part inside a valid HMAC and checksum; and made of any claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lychgate::keys::Purpose;
use lychgate::token::{
    Claims, FieldError, Inspection, Prefix, Restrictions, Role, Subject, TokenError, TokenId, Unverified,
    Verified, mint, mint_with,
};
use sha2::Sha256;

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
        Err(TokenError::UnknownKey | TokenError::Signature | TokenError::Version | TokenError::Structure) => {
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
            .effective_expiry()
            .is_none_or(|expires_at| NOW < expires_at)
    );
    // Narrowed, it allows no more, and nobody needs a key for that.
    let prefix = Prefix::default();
    let added = Restrictions::new(vec!["role=read".parse().unwrap()]).unwrap();
    if let Ok(narrowed) = Unverified::parse(text, &prefix).unwrap().narrowed(&added) {
        assert_eq!(verify(&narrowed).unwrap().claims().effective_role(), Role::Read);
    }
    let prefix = Prefix::default();
    let token = Unverified::parse(text, &prefix).unwrap();
    assert!(token.verify(&STRANGER, NOW).is_err());
}

/// The subject's end and the restrictions after it, if the lengths add up.
fn layout(before: &[u8]) -> Option<(usize, Vec<&[u8]>)> {
    let length = usize::from(*before.get(18)?);
    let end = 19 + length;
    let mut rest = before.get(end..)?;
    let mut restrictions = Vec::new();
    while !rest.is_empty() {
        let length = 2 + usize::from(*rest.get(1)?);
        restrictions.push(rest.get(..length)?);
        rest = &rest[length..];
    }
    ((1..=64).contains(&length) && restrictions.len() <= 8).then_some((end, restrictions))
}

/// The tag over everything before it, and, if the lengths add up, along the chain.
fn tag(before: &[u8]) -> Vec<u8> {
    let key_id = before.get(3).copied().unwrap_or_default();
    let (end, restrictions) = layout(before).unwrap_or((before.len(), Vec::new()));
    let first = hmac(key_id, Purpose::Token, &[b"hub_", &before[..end]])[..16].to_vec();
    restrictions.into_iter().fold(first, |tag, restriction| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&tag).unwrap();
        mac.update(restriction);
        mac.finalize().into_bytes()[..16].to_vec()
    })
}

fn sealed(before: &[u8]) -> String {
    let before = &before[..before.len().min(400)];
    let mut body = before.to_vec();
    body.extend(tag(before));
    body.extend(crc32fast::hash(&body).to_be_bytes());
    let text = format!("hub_{}", URL_SAFE_NO_PAD.encode(&body));
    let found = verify(&text);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let is_subject = |bytes: &[u8]| {
        bytes.iter().all(plain)
            && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last() != Some(&b'.')
    };
    let known = |byte: &u8| (1..=2).contains(byte);
    let layout = layout(before);
    let is_restricted = layout
        .as_ref()
        .is_some_and(|(_, restrictions)| !restrictions.is_empty());
    let expected = match (before, layout) {
        _ if !(20..=361).contains(&before.len()) => Err("length"),
        ([version, ..], _) if *version != 2 => Err("version"),
        (_, None) => Err("structure"),
        ([_, _, _, key_id, ..], _) if !known(key_id) => Err("unknown_key"),
        ([_, role, bearer, ..], Some((end, _)))
            if !known(role) || !known(bearer) || !is_subject(&before[19..end]) =>
        {
            Err("claims")
        }
        (_, Some(_)) => match u32::from_be_bytes(before[8..12].try_into().unwrap()) {
            1..=NOW => Err("expired"),
            _ => Ok(()),
        },
    };
    let found = found.map(|_| ()).map_err(|error| error.code());
    // What restrictions say decides before and with the expiry.
    let is_right = found == expected
        || is_restricted
            && matches!(
                (found, expected),
                (Err("restriction" | "expired"), Ok(()) | Err("expired"))
            );
    assert!(is_right, "{text}: {found:?}, expected {expected:?}");
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
