//! The reading of a body that decides: as much as may decide, and no more.

use wasm_bindgen::JsValue;
use web_sys::ReadableStream;

use super::crossing;
use super::platform::Outcome;
use super::visit::Gathered;
use crate::MAXIMUM_BATCH_BYTES;

/// Reads a request's body, where it has one, and goes on with it.
pub(super) fn gather(
    stream: Option<ReadableStream>,
    go_on: impl FnOnce(Result<Gathered, JsValue>) -> Outcome + 'static,
) -> Outcome {
    let Some(stream) = stream else {
        return go_on(Ok(Gathered::Whole(Vec::new())));
    };
    crossing::gather(&stream, MAXIMUM_BATCH_BYTES, |bytes| {
        go_on(bytes.map(|bytes| bytes.map_or(Gathered::TooLong, Gathered::Whole)))
    })
}
