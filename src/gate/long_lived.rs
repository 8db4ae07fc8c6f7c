//! Answers that last, WebSockets and event streams: they end when their token is revoked or expires, or after the
//! longest time that the deployment allows.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::Request;

use super::config::Config;
use super::gate::with_gate;
use super::js_bridge::take;
use super::platform::{Outcome, returned, when_settled};
use crate::isolate::asked_url::AskedUrl;
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::{Credentials, Fault, Freshness, Identification, Refusal, Target, TokenId, check_token};

/// RFC 6455 section 7.4.1, "policy violation": what the caller may no longer do.
const POLICY_VIOLATION: u16 = 1008;

/// Of the registry of section 11.7, "try again later": the fault is ours.
const TRY_AGAIN_LATER: u16 = 1013;

thread_local! {
    /// What looks after the token of an answer that lasts: made once, for all of them.
    static LOOK: JsValue = Closure::<dyn Fn(Request) -> JsValue>::new(|request| returned(look(&request))).into_js_value();
}

#[wasm_bindgen(module = "/src/gate/long_lived.js")]
extern "C" {
    #[wasm_bindgen(js_name = hold)]
    fn hold_looked_after(
        answer: &JsValue,
        request: &Request,
        look: &JsValue,
        milliseconds: u32,
        longest: u32,
    ) -> Promise;
}

/// The answer to come to a request with a token. One that lasts is looked after, whatever it is an answer to.
pub(super) fn hold(answer: &JsValue, request: &Request, config: &Config) -> Promise {
    let milliseconds = |seconds: u32| seconds.saturating_mul(1_000);
    LOOK.with(|look| {
        hold_looked_after(
            answer,
            request,
            look,
            milliseconds(config.refresh_seconds.max(1)),
            milliseconds(config.connection_seconds),
        )
    })
}

/// Whether the token of a request is still good: undefined where it is, or a code of the close and its reason. It may be a
/// promise of that, where the list in memory is to be read again first.
fn look(request: &Request) -> Outcome {
    let (found, shard) = judge(request)?;
    let Some(shard) = shard else {
        return Ok(found.into_js());
    };
    let pending = with_gate(|gate| gate.begin_list(shard))?;
    let request = Clone::clone(request);
    Ok(when_settled(&pending, move |settled| {
        // A ledger that this wakes is not waited for.
        let _woken = with_gate(|gate| gate.finish_list(shard, &settled))?;
        Ok(judge(&request)?.0.into_js())
    })
    .into())
}

/// What is found of the token of an answer that lasts.
enum Found {
    Good,
    Refused(Refusal),
    Failed(Fault),
}

impl Found {
    /// As `long_lived.js` takes it; an end is logged.
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

/// Judges the token of a request anew, and says which list is to be read first, where one is.
fn judge(request: &Request) -> Result<(Found, Option<u16>), JsValue> {
    let taken = take(request)?;
    let url = AskedUrl::new(taken.url);
    let (_, target) = url.split();
    let text = Target::parse(target).ok().and_then(|target| {
        let credentials = Credentials::read(taken.authorization.as_deref(), &target).ok()?;
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
        // What is missing or stale is read again, once, before it counts.
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
