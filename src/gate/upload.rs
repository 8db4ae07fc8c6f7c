//! A request's body on its way to the origin, and the time that the origin has from its end until its answer begins:
//! neither an upload nor a download is cut off for being long.

use js_sys::{Number, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal, ReadableStream, Request};

use super::js_bridge::feed;
use super::platform::{FixedLengthStream, IdentityTransformStream, when_settled};

/// Up to how many bytes are taken to be sent at once: to look for the end of a body costs more than to send so few.
const SHORT_BODY_BYTES: f64 = 65_536.0;

/// The longest body that the platform counts in order: the largest whole number that JavaScript holds, 2^53 - 1.
const LARGEST_LENGTH: f64 = 9_007_199_254_740_991.0;

/// What is sent to the origin.
pub(super) struct Upload {
    /// A body in place of the request's; undefined where that one goes on as it is.
    pub(super) body: JsValue,
    /// How long the origin has for its answer to begin, in milliseconds; without, as long as it takes.
    pub(super) limit: Option<u32>,
    /// The promise of the body's end, where it is looked for.
    pub(super) sent: Option<Promise>,
    /// What calls the request to the origin off, where the body breaks off.
    pub(super) broken_off: Option<AbortSignal>,
}

impl Upload {
    /// No body.
    pub(super) fn none(limit: Option<u32>) -> Self {
        Self::unwatched(JsValue::UNDEFINED, limit)
    }

    /// A body that was read already.
    pub(super) fn whole(bytes: &[u8], limit: Option<u32>) -> Self {
        Self::unwatched(Uint8Array::from(bytes).into(), limit)
    }

    /// The body of a request, as it comes; `None` where it is declared longer than can be counted.
    pub(super) fn stream(request: &Request, limit: Option<u32>) -> Result<Option<Self>, JsValue> {
        let as_it_is = || Ok(Some(Self::unwatched(JsValue::UNDEFINED, limit)));
        if limit.is_none() {
            return as_it_is();
        }
        let Some(body) = request.body() else {
            return as_it_is();
        };
        let length = declared_length(request)?;
        if length.is_some_and(|length| length <= SHORT_BODY_BYTES) {
            return as_it_is();
        }
        Self::by_passage(&Uint8Array::new_with_length(0), &body, length, limit)
    }

    /// The body of a request of which so much has been read already, and the rest as it comes; `None` as with
    /// [`Upload::stream`].
    pub(super) fn resumed(
        start: &[u8],
        request: &Request,
        limit: Option<u32>,
    ) -> Result<Option<Self>, JsValue> {
        match request.body() {
            Some(body) => Self::by_passage(&Uint8Array::from(start), &body, declared_length(request)?, limit),
            None => Ok(Some(Self::none(limit))),
        }
    }

    fn by_passage(
        start: &Uint8Array,
        body: &ReadableStream,
        length: Option<f64>,
        limit: Option<u32>,
    ) -> Result<Option<Self>, JsValue> {
        let passage = match length {
            Some(length) if length > LARGEST_LENGTH => return Ok(None),
            Some(length) => FixedLengthStream::new(length)?.unchecked_into(),
            None => IdentityTransformStream::new()?,
        };
        Self::watched(start, body, &passage, limit).map(Some)
    }

    fn unwatched(body: JsValue, limit: Option<u32>) -> Self {
        Self {
            body,
            limit,
            sent: None,
            broken_off: None,
        }
    }

    /// A body by way of a stream whose end is seen. workerd ends the request to the origin in order even where what it
    /// reads from such a stream breaks off: half an upload would pass for a whole one. So the stream is closed after the
    /// whole body alone, and the request called off otherwise.
    fn watched(
        start: &Uint8Array,
        body: &ReadableStream,
        passage: &IdentityTransformStream,
        limit: Option<u32>,
    ) -> Result<Self, JsValue> {
        let writable = passage.writable();
        let caller_off = AbortController::new()?;
        let signal = caller_off.signal();
        let piped = feed(start, body, &writable);
        let sent = when_settled(&piped, move |piped| match piped {
            Ok(_) => Ok(writable.close().into()),
            Err(reason) => {
                caller_off.abort_with_reason(&reason);
                Ok(JsValue::UNDEFINED)
            }
        });
        Ok(Self {
            sent: Some(sent),
            broken_off: Some(signal),
            ..Self::unwatched(passage.readable().into(), limit)
        })
    }
}

/// The length that a body is declared to have, where it is. The platform has read it already, and lets nothing through but
/// digits.
fn declared_length(request: &Request) -> Result<Option<f64>, JsValue> {
    let length = request.headers().get("Content-Length")?;
    // The platform has read it already, and lets nothing through but digits. JavaScript makes the number of them: Rust
    // would bring 10 KiB of tables for it.
    Ok(length
        .filter(|length| !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|length| Number::parse_float(&length)))
}
