//! The reading of a body that decides: as much as may decide, and no more.

use wasm_bindgen::JsValue;
use web_sys::Request;

use super::crossing::{self, gathered};
use super::platform::{Outcome, when_settled};
use super::visit::Gathered;
use crate::MAXIMUM_DECIDING_BODY_BYTES;

/// Reads a request's body, and goes on with it.
pub(super) fn gather(
    request: &Request,
    go_on: impl FnOnce(Result<Gathered, JsValue>) -> Outcome + 'static,
) -> Outcome {
    let gathering = crossing::gather(request, MAXIMUM_DECIDING_BODY_BYTES);
    let read = when_settled(&gathering, |settled| {
        go_on(gathered(settled).map(|bytes| bytes.map_or(Gathered::TooLong, Gathered::Whole)))
    });
    Ok(read.into())
}
