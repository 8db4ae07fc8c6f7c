//! Properties of tokens: minting and verifying are inverse, and each token has only one text.

use lychgate::keys::KeyRing;
use lychgate::token::{
    BearerKind, Claims, Prefix, Restriction, Restrictions, Role, Subject, TokenError, TokenId, Unverified,
    Verified, mint,
};
use proptest::prelude::*;

use crate::config;

fn keys() -> KeyRing {
    KeyRing::generate([1; 32])
}

pub(crate) fn claims() -> impl Strategy<Value = Claims> {
    let role = prop_oneof![Just(Role::Read), Just(Role::Write)];
    let subject =
        "[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?".prop_map(|name| name.parse::<Subject>().unwrap());
    let expires_at = prop_oneof![Just(None), (1..=u32::MAX).prop_map(Some)];
    (
        role,
        subject,
        any::<u16>(),
        any::<u32>(),
        any::<u32>(),
        expires_at,
        restrictions(),
    )
        .prop_map(
            |(role, subject, shard, serial, issued_at, expires_at, restrictions)| Claims {
                role,
                subject,
                id: TokenId { shard, serial },
                issued_at: expires_at.map_or(issued_at, |expires_at| issued_at % expires_at),
                expires_at,
                bearer: if serial % 2 == 0 {
                    BearerKind::User
                } else {
                    BearerKind::ServiceAccount
                },
                restrictions,
            },
        )
}

/// Restrictions without a time, and short enough for any token.
fn restrictions() -> impl Strategy<Value = Restrictions> {
    let restriction = prop_oneof![
        "role=(read|write)",
        "repositories=([a-z]{1,3}/)?[a-z]{1,3}/[a-zA-Z0-9_-]{1,3}",
        "areas=[a-z][a-z0-9-]{0,5}",
        "networks=[1-9]\\.[0-9]\\.0\\.0/16",
        "requests=(GET|POST,PUT) /[a-z]{1,4}(/\\{rev\\})?",
    ];
    prop::collection::vec(restriction, 0..=8).prop_map(|texts| {
        let all = texts.iter().map(|text| text.parse::<Restriction>().unwrap());
        Restrictions::new(all.collect()).unwrap()
    })
}

fn verify(text: &str, prefix: &Prefix, now: u32) -> Result<Verified, TokenError> {
    Unverified::parse(text, prefix).and_then(|token| token.verify(&keys(), now))
}

/// Tokens of each remainder of the body's length, so base64 leaves no bits, two or four over.
fn samples() -> Vec<String> {
    [
        "x",
        "xy",
        "xyz",
        "alice",
        "a-much.longer_subject",
        "carol",
        "dave",
        "erin",
    ]
    .map(|subject| {
        let claims = Claims {
            role: Role::Write,
            subject: subject.parse().unwrap(),
            id: TokenId {
                shard: 0x1234,
                serial: 0x0fed_cba9,
            },
            issued_at: 1_700_000_000,
            expires_at: None,
            bearer: lychgate::token::BearerKind::User,
            restrictions: lychgate::token::Restrictions::default(),
        };
        mint(&claims, &Prefix::default(), &keys()).unwrap().to_string()
    })
    .into()
}

/// Texts that must be refused, counted.
struct Refused(u32);

impl Refused {
    fn try_one(&mut self, text: &str, how: &str) {
        let found = verify(text, &Prefix::default(), 1);
        assert!(found.is_err(), "{how} was let in: {text}");
        self.0 += 1;
    }
}

#[test]
fn refuses_every_text_with_one_bit_flipped() {
    let mut refused = Refused(0);
    for text in samples() {
        assert!(verify(&text, &Prefix::default(), 1).is_ok());
        for index in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                // `parse` takes a `str`, so bytes that are not UTF-8 cannot be tried.
                if let Ok(flipped) = String::from_utf8(bytes) {
                    refused.try_one(&flipped, &format!("bit {bit} of byte {index} flipped"));
                }
            }
        }
    }
    println!("one bit flipped in a token: {} texts, none let in", refused.0);
}

#[test]
fn refuses_every_text_with_a_character_cut_added_or_replaced() {
    let added = (' '..='~').chain(['\0', '\n', '\u{7f}', 'é', '\u{feff}']);
    let added: Vec<char> = added.collect();
    let mut refused = Refused(0);
    for text in samples() {
        for index in 0..=text.len() {
            let (before, after) = text.split_at(index);
            if !before.is_empty() && !after.is_empty() {
                refused.try_one(before, "the beginning");
                refused.try_one(after, "the end");
            }
            for character in &added {
                refused.try_one(&format!("{before}{character}{after}"), "a character added");
                if let Some(replaced) = after.chars().next()
                    && replaced != *character
                {
                    refused.try_one(
                        &format!("{before}{character}{}", &after[1..]),
                        "a character replaced",
                    );
                }
            }
            if !after.is_empty() {
                refused.try_one(&format!("{before}{}", &after[1..]), "a character cut");
            }
        }
    }
    println!(
        "a character of a token cut, added or replaced: {} texts, none let in",
        refused.0
    );
}

#[test]
fn one_token_has_one_spelling() {
    let mut refused = Refused(0);
    for text in samples() {
        let (prefix, body) = text.split_once('_').unwrap();
        for padding in ["=", "==", "===", "====", "%3D", "\u{a0}"] {
            refused.try_one(&format!("{text}{padding}"), "padding");
        }
        // A decoder that ignores trailing bits takes up to 16 last characters for the same bytes.
        let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
        for last in alphabet.filter(|last| !text.ends_with(*last)) {
            refused.try_one(
                &format!("{}{last}", &text[..text.len() - 1]),
                "another last character",
            );
        }
        let standard: String = body
            .chars()
            .map(|character| match character {
                '-' => '+',
                '_' => '/',
                other => other,
            })
            .collect();
        if standard != body {
            refused.try_one(&format!("{prefix}_{standard}"), "the standard alphabet");
        }
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            if bytes[index].is_ascii_alphabetic() {
                bytes[index] ^= 0x20;
                refused.try_one(&String::from_utf8(bytes).unwrap(), "a letter in the other case");
            }
        }
        for other in [
            text.to_uppercase(),
            text.to_lowercase(),
            format!(" {text}"),
            format!("{text} "),
            format!("\"{text}\""),
            format!("{prefix}__{body}"),
            format!("{prefix}-{body}"),
            format!("{prefix}{body}"),
            format!("{text}.{text}"),
        ] {
            if other != text {
                refused.try_one(&other, "another spelling");
            }
        }
    }
    assert!(
        samples().iter().any(|text| text.contains('-')),
        "no sample has a character outside the standard alphabet"
    );
    println!("another spelling of a token: {} texts, none let in", refused.0);
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    URL_SAFE_NO_PAD
        .decode(text.strip_prefix("hub_").unwrap())
        .unwrap()
}

/// With a right checksum.
fn encoded(mut body: Vec<u8>) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    body.extend(crc32fast::hash(&body).to_be_bytes());
    format!("hub_{}", URL_SAFE_NO_PAD.encode(&body))
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn verifying_gives_back_what_was_minted(claims in claims(), prefix in "[a-z][a-z0-9]{1,9}") {
        let prefix: Prefix = prefix.parse().unwrap();
        let text = mint(&claims, &prefix, &keys()).unwrap();
        let token = verify(&text, &prefix, claims.issued_at).unwrap();
        prop_assert_eq!(token.claims(), &claims);
        let again = mint(token.claims(), &prefix, &keys()).unwrap();
        prop_assert_eq!(again.as_str(), text.as_str());
        if let Some(expires_at) = claims.expires_at {
            prop_assert!(verify(&text, &prefix, expires_at - 1).is_ok());
            let expired = verify(&text, &prefix, expires_at);
            let expected = TokenError::Expired { id: claims.id, now: expires_at, expired_at: expires_at };
            prop_assert_eq!(expired, Err(expected));
        }
    }

    #[test]
    fn no_other_ring_and_no_other_prefix_believes_a_token(claims in claims(), root in any::<[u8; 32]>()) {
        prop_assume!(root != [1; 32]);
        let (ours, theirs) = (Prefix::default(), "hug".parse::<Prefix>().unwrap());
        let text = mint(&claims, &ours, &keys()).unwrap();
        let token = Unverified::parse(&text, &ours).unwrap();
        let found = token.verify(&KeyRing::generate(root), 0);
        prop_assert_eq!(found, Err(TokenError::Signature));
        let renamed = text.replacen("hub", "hug", 1);
        prop_assert_eq!(verify(&renamed, &theirs, 0), Err(TokenError::Signature));
    }

    #[test]
    fn changed_bytes_are_refused_whatever_the_checksum(
        claims in claims(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1..=u8::MAX), 1..4),
    ) {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let text = mint(&claims, &Prefix::default(), &keys()).unwrap();
        let mut body = URL_SAFE_NO_PAD.decode(text.strip_prefix("hub_").unwrap()).unwrap();
        let original = body.clone();
        body.truncate(original.len() - 4);
        for (index, change) in changes {
            let index = index.index(body.len());
            body[index] ^= change;
        }
        body.extend(crc32fast::hash(&body).to_be_bytes());
        let forged = format!("hub_{}", URL_SAFE_NO_PAD.encode(&body));
        prop_assert_eq!(verify(&forged, &Prefix::default(), 0).is_ok(), body == original);
    }

    #[test]
    fn nobody_widens_a_narrowed_token(claims in claims(), added in restrictions(), cut in any::<prop::sample::Index>()) {
        let prefix = Prefix::default();
        let text = mint(&claims, &prefix, &keys()).unwrap();
        let token = Unverified::parse(&text, &prefix).unwrap();
        let Ok(narrowed) = token.narrowed(&added) else {
            prop_assert!(claims.restrictions.iter().count() + added.iter().count() > 8);
            return Ok(());
        };
        // What is narrowed is what would have been minted so.
        let all: Vec<Restriction> = claims.restrictions.iter().chain(added.iter()).cloned().collect();
        let narrower = Claims { restrictions: Restrictions::new(all).unwrap(), ..claims.clone() };
        let minted = mint(&narrower, &prefix, &keys()).unwrap();
        prop_assert_eq!(narrowed.as_str(), minted.as_str());
        let verified = verify(&narrowed, &prefix, claims.issued_at).unwrap();
        prop_assert_eq!(verified.claims(), &narrower);
        // Each restriction left out, under the tag that is there.
        let body = decoded(&narrowed);
        let (before, tag) = (&body[..body.len() - 20], &body[body.len() - 20..body.len() - 4]);
        let start = 19 + usize::from(body[18]);
        let mut spans = Vec::new();
        let mut at = start;
        while at < before.len() {
            let end = at + 2 + usize::from(before[at + 1]);
            spans.push(at..end);
            at = end;
        }
        prop_assert_eq!(spans.len(), narrower.restrictions.iter().count());
        if !spans.is_empty() {
            let span = spans[cut.index(spans.len())].clone();
            let without = [&before[..span.start], &before[span.end..], tag].concat();
            prop_assert_eq!(verify(&encoded(without), &prefix, 0), Err(TokenError::Signature));
            let none = [&before[..start], tag].concat();
            prop_assert_eq!(verify(&encoded(none), &prefix, 0), Err(TokenError::Signature));
        }
    }
}
