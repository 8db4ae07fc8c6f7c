//! The page's demo gate. It mints tokens with a key that the page made up, and decides by the same rules as the real gate.

use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::keys::KeyRing;
use crate::policy::{Anonymous, Body, Mode, Need, Request, State, Verdict, decide};
use crate::request::{Content, Sender};
use crate::response::{Answer, Client, Reader, Refusal};
use crate::routes::RouteTable;
use crate::state::{Memberships, OnStale, RevocationList, Revocations};
use crate::token::{Claims, FieldError, Prefix, Timestamp, TokenId, Verifier, mint};

/// How long the demo's list is valid: longer than anybody usually looks at the page.
const LIST_VALID_SECONDS: u32 = 3600;

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
            Ok(json!({"token": token.as_str(), "id": claims.id.to_string()}))
        });
    super::json(&minted.unwrap_or_else(|error| json!({"error": error})))
}

/// Decides about a request with a token, at a gate with this key and this list of revoked serials:
/// `{verdict: "forward", access, subject, role, id}` or `{verdict: "refuse", code, status, text}`, or `{error}`.
#[wasm_bindgen]
pub fn try_demo(
    key: &[u8],
    token: &str,
    method: &str,
    target: &str,
    revoked: &[u32],
    now: Timestamp,
) -> String {
    let tried = state(key, revoked, now).map(|state| {
        let authorization = format!("Bearer {token}");
        let request = Request {
            method,
            target,
            authorization: Some(&authorization),
            api_key: None,
            content: Content::None,
            sender: Sender::default(),
            body: Body::Unread,
        };
        told(&decide(&request, &state, now).verdict)
    });
    super::json(&tried.unwrap_or_else(|error| json!({"error": error})))
}

fn told(verdict: &Verdict<'_>) -> Value {
    match verdict {
        Verdict::Forward(pass) => json!({
            "verdict": "forward",
            "access": pass.access().name(),
            "subject": pass.identity().map(|claims| claims.subject.as_str().to_owned()),
            "role": pass.identity().map(|claims| claims.role.name()),
            "id": pass.identity().map(|claims| claims.id.to_string()),
        }),
        Verdict::Refuse(refusal) => json!({
            "verdict": "refuse",
            "code": refusal.code(),
            "status": refusal.status(),
            "at_list": matches!(refusal, Refusal::TokenRevoked { .. }),
            "text": Answer::to_refusal(refusal, &Reader::new(Client::Git, &Prefix::default())).body,
        }),
        Verdict::Fail(fault) => json!({"error": fault.code()}),
        Verdict::Wait(Need::Membership(_)) => json!({"error": "memberships are off here"}),
        Verdict::AnswerPreflight => json!({"error": "the gate answers a preflight itself"}),
        Verdict::Wait(Need::ClientAddress) => {
            json!({"error": "the token is limited to networks; nobody sends this request"})
        }
        Verdict::Wait(Need::Body) => json!({"error": "the body of this request determines its class"}),
        Verdict::Wait(Need::RevocationList(shard)) => json!({
            "error": format!("the token belongs to shard {shard}; the demo has a list for shard 0 only")
        }),
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
