//! Long-lived responses, WebSockets and event streams: the gate ends them when their token is revoked or expires, or after the
//! longest time that the deployment allows.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::Request;

use super::config::Config;
use super::gate::with_gate;
use super::js_bridge::take;
use super::platform::{Outcome, returned, when_settled};
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::isolate::request_url::RequestUrl;
use crate::policy::{Identification, check_token};
use crate::request::{Credentials, Target};
use crate::response::{Fault, Refusal};
use crate::state::Freshness;
use crate::token::TokenId;

/// RFC 6455 section 7.4.1, "policy violation": the caller's token no longer allows the connection.
const POLICY_VIOLATION: u16 = 1008;

/// Of the registry of section 11.7, "try again later": the fault is ours.
const TRY_AGAIN_LATER: u16 = 1013;

#[wasm_bindgen(module = "/src/gate/long_lived.js")]
extern "C" {
    /// Passes the function that checks the token of a long-lived response, how often, and the longest time, in milliseconds.
    #[wasm_bindgen(js_name = learnHold)]
    fn learn_hold(check: &JsValue, milliseconds: u32, longest: u32);
}

/// Passes what the bridge needs to watch long-lived responses, once per instance of the module.
pub(super) fn hand_over(config: &Config) {
    let milliseconds = |seconds: u32| seconds.saturating_mul(1_000);
    let check = Closure::<dyn Fn(Request) -> JsValue>::new(|request| returned(check(&request)));
    learn_hold(
        &check.into_js_value(),
        milliseconds(config.refresh_seconds.max(1)),
        milliseconds(config.connection_seconds),
    );
}

/// Checks the token of a request again: `undefined` if it is still valid, or a close code and a reason. The result may be a
/// promise, if the list in memory must be refreshed first.
fn check(request: &Request) -> Outcome {
    let (found, shard) = judge(request)?;
    let Some(shard) = shard else {
        return Ok(found.into_js());
    };
    let pending = with_gate(|gate| gate.begin_list(shard))?;
    let request = Clone::clone(request);
    Ok(when_settled(&pending, move |settled| {
        // The gate does not wait for a ledger that this wakes.
        let _woken = with_gate(|gate| gate.finish_list(shard, &settled))?;
        Ok(judge(&request)?.0.into_js())
    })
    .into())
}

/// The result of checking the token of a long-lived response.
enum Found {
    Good,
    Refused(Refusal),
    Failed(Fault),
}

impl Found {
    /// The form that `long_lived.js` expects. The end of a response is logged.
    fn into_js(self) -> JsValue {
        let (code, reason, token) = match self {
            Self::Good => return JsValue::UNDEFINED,
            Self::Refused(refusal) => (POLICY_VIOLATION, refusal.code(), token_of(&refusal)),
            Self::Failed(fault) => (TRY_AGAIN_LATER, fault.code(), None),
        };
        Line {
            event: "connection_ended",
            code: reason,
            token: token.map(|id| id.to_string()),
            ..Line::default()
        }
        .log_info();
        format!("{code} {reason}").into()
    }
}

fn token_of(refusal: &Refusal) -> Option<TokenId> {
    if let Refusal::TokenRevoked { id } | Refusal::TokenExpired { id, .. } = refusal {
        Some(*id)
    } else {
        None
    }
}

/// Checks the token of a request again, and says which list must be refreshed first, if any.
fn judge(request: &Request) -> Result<(Found, Option<u16>), JsValue> {
    let taken = take(request)?;
    let url = RequestUrl::new(taken.url);
    let (_, target) = url.split();
    let text = Target::parse(target).ok().and_then(|target| {
        let credentials =
            Credentials::read(taken.authorization.as_deref(), taken.api_key.as_deref(), &target).ok()?;
        credentials
            .token()
            .map(|text| zeroize::Zeroizing::new(text.to_owned()))
    });
    let Some(text) = text else {
        return Ok((Found::Refused(Refusal::TokenRequired), None));
    };
    let now = now();
    with_gate(|gate| match check_token(&text, &gate.config.state, now) {
        Identification::Token(claims) => {
            let shard = claims.id.shard;
            let old = match gate.lists.freshness(shard, gate.config.refresh_seconds, now) {
                Freshness::Fresh => None,
                Freshness::Refresh | Freshness::Wait => Some(shard),
            };
            (Found::Good, old)
        }
        Identification::Refuse(refusal) => (Found::Refused(refusal), None),
        // A missing or stale list is read again once before it has an effect.
        Identification::Fail(fault) => {
            let shard = gate
                .config
                .state
                .tokens
                .verify(&text, now)
                .ok()
                .map(|token| token.claims().id.shard);
            (Found::Failed(fault), shard)
        }
        Identification::Wait(shard) => (Found::Failed(Fault::RevocationsUnavailable), Some(shard)),
    })
}
