//! The page's demo gate. It mints tokens with a key that the page made up, and decides by the same rules as the real gate.

use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::keys::KeyRing;
use crate::policy::{Anonymous, Body, Mode, Need, Request, State, Verdict, decide};
use crate::request::{ClientAddress, Content, Sender};
use crate::response::{Answer, Client, Reader, Refusal};
use crate::routes::RouteTable;
use crate::state::{Memberships, OnStale, RevocationList, Revocations};
use crate::token::{Claims, FieldError, Prefix, Timestamp, TokenId, Verifier, mint};

/// How long the demo's list is valid: longer than anybody usually looks at the page.
const LIST_VALID_SECONDS: u32 = 3600;

/// Where the demo's requests come from: an address for documentation (RFC 5737).
const CLIENT_ADDRESS: &str = "203.0.113.7";

/// Mints a token with a demo key of 32 bytes: `{token, id}`, or `{error}`. `lifetime` is in seconds; 0 means no expiry.
#[wasm_bindgen]
pub fn mint_demo(
    key: &[u8],
    role: &str,
    subject: &str,
    serial: u32,
    now: Timestamp,
    lifetime: u32,
) -> String {
    let minted = claims(role, subject, serial, now, lifetime)
        .map_err(|error| error.to_string())
        .and_then(|claims| {
            let token =
                mint(&claims, &Prefix::default(), &key_ring(key)?).map_err(|error| error.to_string())?;
            Ok(Minted {
                token: token.as_str().to_owned(),
                id: claims.id.to_string(),
            })
        });
    super::json_or_error(minted)
}

#[derive(Serialize)]
struct Minted {
    token: String,
    id: String,
}

/// Decides about a request with a token, at a gate with this key and this list of revoked serials:
/// `{verdict: "forward", access, subject, role, id, restrictions: [text]}` or `{verdict: "refuse", code, status, at_list,
/// text}`, or `{error}`. The request comes from 203.0.113.7.
#[wasm_bindgen]
pub fn try_demo(
    key: &[u8],
    token: &str,
    method: &str,
    target: &str,
    revoked: &[u32],
    now: Timestamp,
) -> String {
    let outcome = state(key, revoked, now).and_then(|state| {
        let authorization = format!("Bearer {token}");
        let request = Request {
            method,
            target,
            authorization: Some(&authorization),
            api_key: None,
            content: Content::None,
            sender: Sender {
                address: ClientAddress::At(CLIENT_ADDRESS),
                ..Sender::default()
            },
            body: Body::Unread,
        };
        outcome(&decide(&request, &state, now).verdict)
    });
    super::json_or_error(outcome)
}

/// What the demo gate does with a request.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
enum Outcome {
    Forward {
        access: &'static str,
        subject: Option<String>,
        role: Option<&'static str>,
        id: Option<String>,
        restrictions: Vec<String>,
    },
    Refuse {
        code: &'static str,
        status: u16,
        at_list: bool,
        text: String,
    },
}

fn outcome(verdict: &Verdict<'_>) -> Result<Outcome, String> {
    let failed = |text: &str| Err(text.to_owned());
    match verdict {
        Verdict::Forward(authorized) => {
            let claims = authorized.identity();
            let restrictions = claims.into_iter().flat_map(|claims| claims.restrictions.iter());
            Ok(Outcome::Forward {
                access: authorized.access().name(),
                subject: claims.map(|claims| claims.subject.as_str().to_owned()),
                role: claims.map(|claims| claims.effective_role().name()),
                id: claims.map(|claims| claims.id.to_string()),
                restrictions: restrictions.map(ToString::to_string).collect(),
            })
        }
        Verdict::Refuse(refusal) => Ok(Outcome::Refuse {
            code: refusal.code(),
            status: refusal.status(),
            at_list: matches!(refusal, Refusal::TokenRevoked { .. }),
            text: Answer::to_refusal(refusal, &Reader::new(Client::Git, &Prefix::default())).body,
        }),
        Verdict::Fail(fault) => failed(fault.code()),
        Verdict::Wait(Need::Membership(_)) => failed("memberships are off here"),
        Verdict::AnswerPreflight => failed("the gate answers a preflight itself"),
        Verdict::Wait(Need::ClientAddress) => failed("the address of the client is not known here"),
        Verdict::Wait(Need::Body) => failed("the body of this request determines its class"),
        Verdict::Wait(Need::RevocationList(shard)) => Err(format!(
            "the token belongs to shard {shard}; the demo has a list for shard 0 only"
        )),
    }
}

fn claims(
    role: &str,
    subject: &str,
    serial: u32,
    now: Timestamp,
    lifetime: u32,
) -> Result<Claims, FieldError> {
    Ok(Claims {
        role: role.parse()?,
        subject: subject.parse()?,
        id: TokenId { shard: 0, serial },
        issued_at: now,
        expires_at: (lifetime > 0).then(|| now.saturating_add(lifetime)),
        bearer: crate::token::BearerKind::User,
        restrictions: crate::token::Restrictions::default(),
    })
}

fn state(key: &[u8], revoked: &[u32], now: Timestamp) -> Result<State, String> {
    let mut revocations = Revocations::default();
    let list = RevocationList::new(
        0,
        1,
        revoked.iter().copied(),
        now,
        now.saturating_add(LIST_VALID_SECONDS),
    );
    revocations.accept(list).map_err(|error| error.to_string())?;
    Ok(State {
        tokens: Verifier::new(Prefix::default(), key_ring(key)?),
        routes: RouteTable::shipped(),
        revocations,
        memberships: Memberships::Off,
        anonymous: Anonymous::Deny,
        on_stale: OnStale::Deny,
        mode: Mode::Enforce,
    })
}

fn key_ring(key: &[u8]) -> Result<KeyRing, String> {
    key.try_into()
        .map(KeyRing::generate)
        .map_err(|_| format!("a demo key has 32 bytes, not {}", key.len()))
}
