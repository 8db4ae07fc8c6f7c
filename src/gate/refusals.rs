//! How often a caller was refused for what is wrong with a token: the binding `REFUSALS` counts, by address. Only the
//! answer to a refused request is another one past the limit; a good token is never asked about.

use js_sys::{Promise, Reflect};
use wasm_bindgen::JsValue;
use web_sys::Request;

use super::js_bridge::client_address;
use super::platform::{RateLimiter, Settled, in_time, object, thrown_message};
use crate::isolate::log::Line;
use crate::{Caller, Refusal};

/// How long the count may take: it is kept where the Worker runs.
const COUNT_MILLISECONDS: u32 = 1_000;

/// Counts a refusal against its caller; gives the promise of what [`instead`] reads, where it counts at all.
pub(super) fn count(
    limiter: Option<&RateLimiter>,
    refusal: &Refusal,
    request: &Request,
) -> Result<Option<Promise>, JsValue> {
    let Some(limiter) = limiter.filter(|_| refusal.is_of_a_token()) else {
        return Ok(None);
    };
    let address = client_address(request)?;
    let Some(caller) = address.as_deref().and_then(Caller::at) else {
        return Ok(None);
    };
    let asked = object(&[("key", caller.name())]).and_then(|options| limiter.limit(&options));
    Ok(Some(in_time(asked, COUNT_MILLISECONDS)))
}

/// What the caller is told in place of the refusal, once that is counted. Where it could not be, that it is refused, as
/// ever.
pub(super) fn instead(counted: &Settled) -> Option<Refusal> {
    match counted {
        Ok(outcome) => {
            let is_within = Reflect::get(outcome, &"success".into()).is_ok_and(|success| success.is_truthy());
            (!is_within).then_some(Refusal::TooManyRefusals)
        }
        Err(thrown) => {
            Line {
                event: "failed",
                code: "refusals_uncounted",
                detail: Some(thrown_message(thrown)),
                ..Line::default()
            }
            .log_error();
            None
        }
    }
}
