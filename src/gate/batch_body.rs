//! Reads a body that determines the class: the part that may matter, and no more.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::Request;

use super::js_bridge::{self, gathered};
use super::platform::{Outcome, when_settled};
use super::request_context::Gathered;
use crate::request::MAXIMUM_DECIDING_BODY_BYTES;

/// Reads a request's body, then continues with the request.
pub(super) fn gather(
    request: &Request,
    continuation: impl FnOnce(Result<Gathered, JsValue>) -> Outcome + 'static,
) -> Outcome {
    let gathering = js_bridge::gather(request, MAXIMUM_DECIDING_BODY_BYTES);
    continue_with_body(&gathering, Gathered::Whole, continuation)
}

/// Reads the first line of a request's body, then continues with the request. The rest of the body may have any length.
pub(super) fn gather_line(
    request: &Request,
    continuation: impl FnOnce(Result<Gathered, JsValue>) -> Outcome + 'static,
) -> Outcome {
    let gathering = js_bridge::gather_line(request, MAXIMUM_DECIDING_BODY_BYTES);
    continue_with_body(&gathering, Gathered::Begun, continuation)
}

fn continue_with_body(
    gathering: &Promise,
    of: fn(Vec<u8>) -> Gathered,
    continuation: impl FnOnce(Result<Gathered, JsValue>) -> Outcome + 'static,
) -> Outcome {
    let read = when_settled(gathering, move |settled| {
        continuation(gathered(settled).map(|bytes| bytes.map_or(Gathered::TooLong, of)))
    });
    Ok(read.into())
}
