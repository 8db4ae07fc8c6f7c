//! A request's body on its way to the origin, and the time between its end and the beginning of the origin's response. Neither an
//! upload nor a download is cut off because it takes long.

use js_sys::{Number, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal, ReadableStream, Request};

use super::js_bridge::feed;
use super::platform::{FixedLengthStream, IdentityTransformStream, when_settled};

/// The length up to which a body counts as sent at once: watching for its end costs more than sending so few bytes.
const SHORT_BODY_BYTES: f64 = 65_536.0;

/// The longest body that the platform counts exactly: the largest integer that JavaScript represents, 2^53 - 1.
const LARGEST_LENGTH: f64 = 9_007_199_254_740_991.0;

/// The body that is sent to the origin.
pub(super) struct Upload {
    /// A body that replaces the request's; undefined if the request's own body is sent unchanged.
    pub(super) body: JsValue,
    /// The time for the origin's response to begin, in milliseconds; `None` for no limit.
    pub(super) limit: Option<u32>,
    /// The promise of the body's end, if it is watched.
    pub(super) sent: Option<Promise>,
    /// Aborts the request to the origin if the body breaks off.
    pub(super) broken_off: Option<AbortSignal>,
}

impl Upload {
    /// No body.
    pub(super) fn none(limit: Option<u32>) -> Self {
        Self::unwatched(JsValue::UNDEFINED, limit)
    }

    /// A body that has already been read.
    pub(super) fn whole(bytes: &[u8], limit: Option<u32>) -> Self {
        Self::unwatched(Uint8Array::from(bytes).into(), limit)
    }

    /// The body of a request as a stream; `None` if its declared length is too large to count.
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
        Self::through_stream(&Uint8Array::new_with_length(0), &body, length, limit)
    }

    /// The body of a request of which these bytes have already been read, with the rest as a stream; `None` as with
    /// [`Upload::stream`].
    pub(super) fn resumed(
        start: &[u8],
        request: &Request,
        limit: Option<u32>,
    ) -> Result<Option<Self>, JsValue> {
        match request.body() {
            Some(body) => {
                Self::through_stream(&Uint8Array::from(start), &body, declared_length(request)?, limit)
            }
            None => Ok(Some(Self::none(limit))),
        }
    }

    fn through_stream(
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

    /// A body that passes through a stream, so its end can be seen. If the source of such a stream breaks off, workerd still ends
    /// the request to the origin normally, and half an upload would pass for a complete one. The stream is therefore closed only
    /// after the complete body; otherwise the request is aborted.
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

/// The declared length of a body, if any. The platform has parsed it already, and accepts only digits.
fn declared_length(request: &Request) -> Result<Option<f64>, JsValue> {
    let length = request.headers().get("Content-Length")?;
    // The platform has parsed it already, and accepts only digits. JavaScript converts it to a number, because the code for that
    // in Rust would add 10 KiB of tables.
    Ok(length
        .filter(|length| !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|length| Number::parse_float(&length)))
}
