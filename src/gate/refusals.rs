//! How often a caller was refused for what is wrong with a token, or told that its request cannot be judged: the binding
//! `REFUSALS` counts both, by address. Only the answer to a request that is not let through is another one past the
//! limit; a good token is never asked about.

use js_sys::{Promise, Reflect};
use wasm_bindgen::JsValue;
use web_sys::Request;

use super::js_bridge::client_address;
use super::platform::{RateLimiter, Settled, object, thrown_message, with_timeout};
use super::refused::{Count, Reason};
use crate::isolate::log::Line;
use crate::request::Caller;

/// How long the count may take: it is kept where the Worker runs.
const LIMITER_TIMEOUT_MILLISECONDS: u32 = 1_000;

/// Counts an answer against its caller; gives the promise of what [`read_count`] reads, where it counts at all.
pub(super) fn count(
    limiter: Option<&RateLimiter>,
    reason: &Reason,
    request: &Request,
) -> Result<Option<Promise>, JsValue> {
    // Each kind by itself: an outage must not make anybody a guesser of tokens.
    let kind = match reason {
        Reason::Refusal(refusal) if refusal.is_of_a_token() => "",
        Reason::Refusal(_) => return Ok(None),
        Reason::Fault(_) => "fault ",
    };
    let Some(limiter) = limiter else {
        return Ok(None);
    };
    let address = client_address(request)?;
    let Some(caller) = address.as_deref().and_then(Caller::at) else {
        return Ok(None);
    };
    let key = [kind, caller.name()].concat();
    let asked = object(&[("key", &key)]).and_then(|options| limiter.limit(&options));
    Ok(Some(with_timeout(asked, LIMITER_TIMEOUT_MILLISECONDS)))
}

/// What was counted. Where it could not be, the caller is answered as ever.
pub(super) fn read_count(counted: &Settled) -> Count {
    match counted {
        Ok(outcome) => {
            let is_within = Reflect::get(outcome, &"success".into()).is_ok_and(|success| success.is_truthy());
            if is_within { Count::Within } else { Count::Past }
        }
        Err(thrown) => {
            Line {
                event: "failed",
                code: "refusals_uncounted",
                detail: Some(thrown_message(thrown)),
                ..Line::default()
            }
            .log_error();
            Count::Within
        }
    }
}
