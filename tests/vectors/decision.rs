//! Verdicts on requests, given what the gate knows.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lychgate::keys::KeyRing;
use lychgate::policy::{Anonymous, Body, Decision, Mode, Need, Request, State, Verdict, decide};
use lychgate::request::{ClientAddress, Content, Sender};
use lychgate::response::{Fault, Refusal};
use lychgate::routes::RouteTable;
use lychgate::state::{
    MembershipRecord, MembershipRecords, Memberships, NameRules, OnStale, RevocationList, Revocations, Roles,
};
use lychgate::token::{Claims, Prefix, Restrictions, TokenId, Verifier, mint};
use serde::Deserialize;

use crate::cases::{Cases, equal, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    now: u32,
    /// The revoked serials of shard 0, the only shard of which there is a list.
    revoked: Vec<u32>,
    tokens: BTreeMap<String, Token>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    role: String,
    subject: String,
    shard: u16,
    serial: u32,
    expires_at: Option<u32>,
    #[serde(default)]
    ring: Ring,
    #[serde(default)]
    prefix: Option<String>,
    /// Each as on a command line.
    #[serde(default)]
    restrictions: Vec<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ring {
    #[default]
    Ours,
    Theirs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    method: String,
    target: String,
    /// `{name}` stands for a token, `{name%5F}` for one with an encoded underscore (or `%255F` … where it is encoded several times), `<text>` for the base64 of the text.
    authorization: Option<String>,
    /// `X-Api-Key`, likewise.
    api_key: Option<String>,
    body: Option<String>,
    #[serde(default)]
    body_too_long: bool,
    /// `Content-Type`; without, and without a body here, the request has none.
    content_type: Option<String>,
    content_encoding: Option<String>,
    #[serde(default)]
    sender: Said,
    #[serde(default)]
    list: List,
    /// For how many seconds reads may pass without a list in force; none at all where it is absent.
    on_stale: Option<u32>,
    #[serde(default)]
    anonymous: WhoeverComes,
    memberships: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// The gate's `OWN_NAMESPACE` and `NAMESPACE_CASE`.
    #[serde(default)]
    own_namespace: String,
    #[serde(default)]
    namespace_case: String,
    /// Of subjects for whom no record is named above.
    #[serde(default)]
    without_record: WithoutRecord,
    #[serde(default)]
    observe: bool,
    expect: Expected,
    /// The token that the log may name; none where it is absent.
    token: Option<String>,
    held: Option<String>,
    needed: Option<String>,
}

/// What the request says of its sender.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    sec_fetch_site: Option<String>,
    origin: Option<String>,
    requested_method: Option<String>,
    upgrade: Option<String>,
    #[serde(default)]
    address: Address,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Address {
    #[default]
    Unread,
    Unknown,
    At(String),
}

impl Said {
    fn sender(&self) -> Sender<'_> {
        Sender {
            sec_fetch_site: self.sec_fetch_site.as_deref(),
            origin: self.origin.as_deref(),
            requested_method: self.requested_method.as_deref(),
            requested_headers: None,
            upgrade: self.upgrade.as_deref(),
            address: match &self.address {
                Address::Unread => ClientAddress::Unread,
                Address::Unknown => ClientAddress::Unknown,
                Address::At(address) => ClientAddress::At(address),
            },
            own_origin: "https://hub.example",
        }
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum List {
    #[default]
    InForce,
    StaleFor(u32),
    MissingFor(u32),
    Unknown,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WhoeverComes {
    #[default]
    Deny,
    Reads,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WithoutRecord {
    #[default]
    Missing,
    Unavailable,
    Unknown,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Expected {
    Forward(Forward),
    Refuse(String),
    Fail(String),
    Wait(String),
    AnswerPreflight,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Forward {
    access: String,
    target: String,
    identity: Option<String>,
    observed: Option<String>,
}

const OURS: [u8; 32] = [1; 32];
const THEIRS: [u8; 32] = [2; 32];

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn requests_get_their_verdict() {
    let Vectors {
        now,
        revoked,
        tokens,
        cases: all,
    } = read("decision.json", include_str!("decision.json"));
    let tokens: BTreeMap<String, String> = tokens
        .iter()
        .map(|(name, token)| (name.clone(), token.text(now)))
        .collect();
    let mut state = State {
        tokens: Verifier::new(Prefix::default(), KeyRing::generate(OURS)),
        routes: RouteTable::shipped(),
        revocations: Revocations::default(),
        memberships: Memberships::Off,
        anonymous: Anonymous::Deny,
        on_stale: OnStale::Deny,
        mode: Mode::Enforce,
    };
    let mut cases = Cases::of("decisions");
    for case in all {
        case.put_into(&mut state, now, &revoked);
        let target = fill(&case.target, &tokens);
        let authorization = case.authorization.as_deref().map(|text| fill(text, &tokens));
        let api_key = case.api_key.as_deref().map(|text| fill(text, &tokens));
        let request = Request {
            method: &case.method,
            target: &target,
            authorization: authorization.as_deref(),
            api_key: api_key.as_deref(),
            content: case.content(),
            sender: case.sender.sender(),
            body: match &case.body {
                _ if case.body_too_long => Body::TooLong,
                Some(body) => Body::Whole(body.as_bytes()),
                None => Body::Unread,
            },
        };
        let decision = decide(&request, &state, now);
        let outcome = case.compare(&decision);
        cases.note(&case.name, outcome);
    }
    cases.finish(360);
}

impl Token {
    fn text(&self, now: u32) -> String {
        let claims = Claims {
            role: self.role.parse().unwrap(),
            subject: self.subject.parse().unwrap(),
            id: TokenId {
                shard: self.shard,
                serial: self.serial,
            },
            issued_at: now - 1000,
            expires_at: self.expires_at,
            bearer: lychgate::token::BearerKind::User,
            restrictions: Restrictions::new(
                self.restrictions
                    .iter()
                    .map(|text| text.parse().unwrap())
                    .collect(),
            )
            .unwrap(),
        };
        let keys = KeyRing::generate(match self.ring {
            Ring::Ours => OURS,
            Ring::Theirs => THEIRS,
        });
        let prefix: Prefix = self.prefix.as_deref().unwrap_or("hub").parse().unwrap();
        mint(&claims, &prefix, &keys).unwrap().to_string()
    }
}

impl Case {
    fn content(&self) -> Content<'_> {
        if self.content_type.is_none() && self.body.is_none() && !self.body_too_long {
            return Content::None;
        }
        Content::Body {
            content_type: self.content_type.as_deref(),
            content_encoding: self.content_encoding.as_deref(),
        }
    }

    /// Makes the state that the case speaks of.
    fn put_into(&self, state: &mut State, now: u32, revoked: &[u32]) {
        let list = |valid_until| {
            RevocationList::empty(0, 1, valid_until).next(revoked.iter().copied(), [], 1, valid_until)
        };
        let mut revocations = Revocations::default();
        match self.list {
            List::InForce => revocations.accept(list(now + 1)).unwrap(),
            List::StaleFor(seconds) => revocations.accept(list(now - seconds)).unwrap(),
            List::MissingFor(seconds) => revocations.note_missing(0, now - seconds),
            List::Unknown => {}
        }
        state.revocations = revocations;
        state.on_stale = match self.on_stale {
            Some(seconds) => OnStale::AllowReads { seconds },
            None => OnStale::Deny,
        };
        state.anonymous = match self.anonymous {
            WhoeverComes::Deny => Anonymous::Deny,
            WhoeverComes::Reads => Anonymous::Reads,
        };
        state.mode = if self.observe {
            Mode::Observe
        } else {
            Mode::Enforce
        };
        state.memberships = match &self.memberships {
            None => Memberships::Off,
            Some(records) => Memberships::On(self.records(records, now)),
        };
    }

    fn records(&self, named: &BTreeMap<String, BTreeMap<String, String>>, now: u32) -> MembershipRecords {
        let mut records = MembershipRecords::with_names(NameRules {
            case: parsed(&self.namespace_case),
            own_namespace: parsed(&self.own_namespace),
        });
        // All tokens of these vectors are alice's.
        let alice = "alice".parse().unwrap();
        match self.without_record {
            WithoutRecord::Missing => records.note_missing(&alice, now).unwrap(),
            WithoutRecord::Unavailable => records.note_unavailable(&alice, now),
            WithoutRecord::Unknown => {}
        }
        for (subject, record) in named {
            let mut roles = Roles::default();
            for (namespace, role) in record {
                roles
                    .insert(namespace.parse().unwrap(), role.parse().unwrap())
                    .unwrap();
            }
            let record = MembershipRecord::new(subject.parse().unwrap(), 1, (now, now + 60), roles);
            records.accept(record, now).unwrap();
        }
        records
    }

    fn compare(&self, decision: &Decision<'_>) -> Result<(), String> {
        let (found, facts) = match &decision.verdict {
            Verdict::Forward(pass) => (
                Expected::Forward(Forward {
                    access: pass.access().name().to_owned(),
                    target: pass.target().to_owned(),
                    identity: pass.identity().map(|claims| claims.id.to_string()),
                    observed: pass.observed().map(|observed| observed.code().to_owned()),
                }),
                (None, None),
            ),
            Verdict::Refuse(refusal) => (Expected::Refuse(refusal.code().to_owned()), facts(refusal)),
            Verdict::Fail(fault) => (Expected::Fail(Fault::code(fault).to_owned()), (None, None)),
            Verdict::AnswerPreflight => (Expected::AnswerPreflight, (None, None)),
            Verdict::Wait(Need::ClientAddress) => (Expected::Wait("client_address".to_owned()), (None, None)),
            Verdict::Wait(Need::Body) => (Expected::Wait("body".to_owned()), (None, None)),
            Verdict::Wait(Need::RevocationList(shard)) => {
                (Expected::Wait(format!("revocation_list {shard}")), (None, None))
            }
            Verdict::Wait(Need::Membership(subject)) => (
                Expected::Wait(format!("membership {}", subject.as_str())),
                (None, None),
            ),
        };
        equal("verdict", &found, &self.expect)?;
        let token = decision.token.map(|token| token.to_string());
        equal("token to log", token.as_deref(), self.token.as_deref())?;
        if self.held.is_some() || self.needed.is_some() {
            equal("held", facts.0.as_deref(), self.held.as_deref())?;
            equal("needed", facts.1.as_deref(), self.needed.as_deref())?;
        }
        Ok(())
    }
}

/// What was held and what was needed, where the refusal says so.
fn facts(refusal: &Refusal) -> (Option<String>, Option<String>) {
    let some = |name: &str| Some(name.to_owned());
    match refusal {
        Refusal::RoleInsufficient { held, needed } => (some(held.name()), some(needed.name())),
        Refusal::RestrictionInsufficient(unmet) => (Some(unmet.restriction.to_string()), unmet.asked.clone()),
        Refusal::MembershipInsufficient { held, needed } => (some(held.name()), some(needed.name())),
        Refusal::TokenRequired
        | Refusal::CredentialsMalformed(_)
        | Refusal::TokenInvalid(_)
        | Refusal::TokenExpired { .. }
        | Refusal::TokenRevoked { .. }
        | Refusal::OrganizationTokenDeprecated
        | Refusal::TargetAmbiguous(_)
        | Refusal::TargetTooLong { .. }
        | Refusal::MethodUnsupported
        | Refusal::RouteRefused
        | Refusal::PathReserved
        | Refusal::BodyUnexpected
        | Refusal::BodyTooLarge
        | Refusal::NamespaceUnknown
        | Refusal::CrossSite
        | Refusal::LengthTooLarge
        | Refusal::TooManyRefusals
        | Refusal::TooManyRetries
        | Refusal::TokenMistaken(_) => (None, None),
    }
}

fn fill(template: &str, tokens: &BTreeMap<String, String>) -> String {
    let filled = tokens.iter().fold(template.to_owned(), |text, (name, token)| {
        let encodings = ["%5F", "%255F", "%25255F", "%2525255F"];
        encodings
            .iter()
            .fold(text.replace(&format!("{{{name}}}"), token), |text, encoded| {
                let spelled = token.replacen('_', encoded, 1);
                text.replace(&format!("{{{name}{encoded}}}"), &spelled)
            })
    });
    match filled
        .split_once('<')
        .and_then(|(before, rest)| Some((before, rest.strip_suffix('>')?)))
    {
        Some((before, plain)) => format!("{before}{}", STANDARD.encode(plain)),
        None => filled,
    }
}

/// A word of a setting; its default where it is not set.
fn parsed<T: Default + std::str::FromStr<Err: std::fmt::Debug>>(word: &str) -> T {
    if word.is_empty() {
        T::default()
    } else {
        word.parse().unwrap()
    }
}
