//! Parsers of outside input never panic.

use std::fmt::Display;

use lychgate::keys::KeyRing;
use lychgate::policy::{Anonymous, Body, Mode, Request, State, Verdict, decide};
use lychgate::request::{Content, Credentials, Method, Sender, Target};
use lychgate::response::{Answer, Client, Reader};
use lychgate::routes::RouteTable;
use lychgate::state::{MembershipRecords, Memberships, OnStale, Revocations};
use lychgate::token::{Prefix, Subject, TokenId, Unverified, Verifier, mint};
use proptest::prelude::*;

use crate::config;
use crate::token::claims;

/// Texts with a few changes made to them.
fn mutated(texts: Vec<String>) -> impl Strategy<Value = String> {
    let change = (
        any::<prop::sample::Index>(),
        any::<char>(),
        prop::sample::select(vec![
            '%', '/', '.', ';', '?', '&', '=', '#', '\\', '\0', '_', '{', '*', '|', '"',
        ]),
        0..4_u8,
    );
    let changes = prop::collection::vec(change, 0..6);
    (prop::sample::select(texts), changes).prop_map(|(text, changes)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (index, any, special, kind) in changes {
            let at = index.index(characters.len() + 1);
            match kind {
                0 => characters.insert(at, any),
                1 => characters.insert(at, special),
                2 if at < characters.len() => characters[at] = special,
                _ => characters.truncate(at),
            }
        }
        characters.into_iter().collect()
    })
}

fn targets() -> Vec<String> {
    [
        "/",
        "/acme/widget/info/refs?service=git-receive-pack",
        "/api/models/acme/widget/commit/refs%2Fpr%2F1?create_pr=1&x",
        "/acme/widget/resolve/main/a%20b/100%25;c.txt",
        "/a/%2e%2e/b%252e%252e%25252e",
        "/caf\u{e9}?q=\u{e9}%ff+&&=",
    ]
    .map(str::to_owned)
    .into()
}

fn headers() -> Vec<String> {
    [
        "Bearer hub_AQEB",
        "Basic YWxpY2U6aHVudGVyMg==",
        "basic Og==",
        "Bearer a, Bearer b",
    ]
    .map(str::to_owned)
    .into()
}

fn says_something(error: &impl Display) {
    assert!(!error.to_string().is_empty());
}

fn state() -> State {
    State {
        tokens: Verifier::new(Prefix::default(), KeyRing::generate([1; 32])),
        routes: RouteTable::shipped(),
        revocations: Revocations::default(),
        memberships: Memberships::On(MembershipRecords::default()),
        anonymous: Anonymous::Reads,
        on_stale: OnStale::AllowReads { seconds: u32::MAX },
        mode: Mode::Enforce,
    }
}

proptest! {
    #![proptest_config(config(4_000))]

    #[test]
    fn reads_any_small_text(text in prop_oneof![any::<String>(), "[-0-9a-z_.]{0,70}"]) {
        let _ = text.parse::<Method>().map_err(|error| says_something(&error));
        let _ = text.parse::<TokenId>().map_err(|error| says_something(&error));
        let _ = text.parse::<Prefix>().map_err(|error| says_something(&error));
        if let Ok(subject) = text.parse::<Subject>() {
            prop_assert_eq!(subject.as_str(), text.as_str());
        }
        if let Ok(id) = text.parse::<TokenId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn reads_any_token(text in any::<String>(), claims in claims(), bytes in prop::collection::vec(any::<u8>(), 0..110)) {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let (prefix, keys) = (Prefix::default(), KeyRing::generate([1; 32]));
        let genuine = mint(&claims, &prefix, &keys).unwrap().to_string();
        let summed = [bytes.as_slice(), &crc32fast::hash(&bytes).to_be_bytes()].concat();
        let versioned = [&[1], bytes.as_slice()].concat();
        let versioned = [versioned.as_slice(), &crc32fast::hash(&versioned).to_be_bytes()].concat();
        for text in [
            text.clone(),
            format!("hub_{text}"),
            format!("{genuine}{text}"),
            format!("hub_{}", URL_SAFE_NO_PAD.encode(&bytes)),
            format!("hub_{}", URL_SAFE_NO_PAD.encode(&summed)),
            format!("hub_{}", URL_SAFE_NO_PAD.encode(&versioned)),
        ] {
            let found = Unverified::parse(&text, &prefix).and_then(|token| token.verify(&keys, 0));
            prop_assert_eq!(found.is_ok(), text == genuine);
        }
    }

    #[test]
    fn reads_any_target(text in prop_oneof![any::<String>(), mutated(targets()), "/[a.%/;0-9A-F?&=_]{0,24}"]) {
        match Target::parse(&text) {
            Ok(target) => {
                let canonical = target.canonical().to_owned();
                let again = Target::parse(&canonical);
                prop_assert_eq!(again.as_ref().map(Target::canonical), Ok(canonical.as_str()));
                prop_assert!(canonical.bytes().all(|byte| byte.is_ascii_graphic()), "{}", canonical);
                prop_assert_eq!(target.segments().count(), target.segment_count());
                let _ = target.parameters().map(|parameter| parameter.name().len() + parameter.value().len()).sum::<usize>();
            }
            Err(error) => says_something(&error),
        }
    }

    #[test]
    fn reads_any_credentials(
        header in prop::option::of(prop_oneof![any::<String>(), mutated(headers())]),
        target in mutated(targets()),
    ) {
        if let Ok(target) = Target::parse(&target) {
            match Credentials::read(header.as_deref(), None, &target) {
                // Basic with neither name nor password counts as no credentials.
                Ok(credentials) => {
                    let is_empty = header.as_deref().is_some_and(|header| {
                        header.split_once(' ').is_some_and(|(scheme, value)| {
                            scheme.eq_ignore_ascii_case("basic") && value.trim().trim_end_matches('=') == "Og"
                        })
                    });
                    let is_token = header.is_some() && !is_empty;
                    prop_assert_eq!(credentials.token().is_some(), is_token, "{:?}", header);
                }
                Err(error) => says_something(&error),
            }
        }
    }

    #[test]
    fn reads_any_key_ring(text in prop_oneof![
        any::<String>(),
        mutated(vec![KeyRing::generate([7; 32]).rotate([8; 32]).unwrap().to_text().to_string()]),
    ]) {
        match KeyRing::parse(&text) {
            Ok(keys) => prop_assert_eq!(KeyRing::parse(&keys.to_text()).unwrap().active(), keys.active()),
            Err(error) => says_something(&error),
        }
    }

    #[test]
    fn reads_any_short_route_table(text in prop_oneof![any::<String>(), mutated(vec![
        "read GET /a|b?/{namespace}?/{repo}/x/{*path} ?service=*".to_owned(),
        "lfs-batch POST,PUT /a/{rev}/ # what for\nwrite POST /a/{tag}/ ?x=1".to_owned(),
    ])]) {
        if let Err(error) = RouteTable::parse(&text) {
            says_something(&error);
        }
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn reads_the_shipped_route_table_with_changes(
        text in mutated(vec![include_str!("../../src/routes/hub.routes").to_owned()]),
    ) {
        if let Err(error) = RouteTable::parse(&text) {
            says_something(&error);
            prop_assert!(error.line >= 1 && error.line <= text.lines().count());
        }
    }
}

#[test]
fn judges_any_request_without_a_panic() {
    let state = state();
    let requests = (
        prop_oneof![
            prop::sample::select(Method::ALL.map(|method| method.name().to_owned()).to_vec()),
            any::<String>()
        ],
        prop_oneof![mutated(targets()), any::<String>()],
        prop::option::of(prop_oneof![mutated(headers()), any::<String>()]),
        prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
        any::<u32>(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(config(4_000));
    runner
        .run(&requests, |(method, target, authorization, body, now)| {
            let request = Request {
                method: &method,
                target: &target,
                authorization: authorization.as_deref(),
                api_key: None,
                content: Content::of_type("application/json"),
                sender: Sender::default(),
                body: body.as_deref().map_or(Body::Unread, Body::Whole),
            };
            match decide(&request, &state, now).verdict {
                Verdict::Refuse(refusal) => {
                    let answer =
                        Answer::to_refusal(&refusal, &Reader::new(Client::Other, state.tokens.prefix()));
                    prop_assert!(answer.status >= 400);
                }
                Verdict::Forward(pass) => {
                    // Without a genuine token, only requests that anyone may send are forwarded.
                    prop_assert!(pass.identity().is_none());
                    prop_assert!(pass.access() <= lychgate::routes::Access::Read);
                }
                Verdict::AnswerPreflight => prop_assert_eq!(&method, "OPTIONS"),
                Verdict::Wait(need) => prop_assert_eq!(need, lychgate::policy::Need::Body),
                Verdict::Fail(fault) => return Err(TestCaseError::fail(format!("{fault:?}"))),
            }
            Ok(())
        })
        .unwrap();
}
