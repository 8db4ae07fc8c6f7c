//! Types and functions of the platform that `web_sys` lacks.

use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::{ReadableStream, Request, Response, WritableStream};

use crate::state::READ_SECONDS;

/// How long the platform may answer a KV read from its own cache: the least that it accepts.
const CACHE_SECONDS: u32 = 30;

/// The value that rejects a promise which took too long.
pub(super) const TIMED_OUT: &str = "no answer in time";

#[wasm_bindgen(module = "/src/gate/js_bridge.js")]
extern "C" {
    /// A promise that settles as the given one does, or is rejected with [`TIMED_OUT`] after this many milliseconds.
    pub(super) fn within(promise: &Promise, milliseconds: u32) -> Promise;

    #[wasm_bindgen(js_name = learnLimit)]
    fn learn_limit(too_late: &str);

    fn settle(promise: &Promise, continuation: &JsValue) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// The execution context of one request.
    #[derive(Clone)]
    pub type Context;

    /// Keeps the isolate alive for a promise after the response.
    #[wasm_bindgen(method, js_name = waitUntil)]
    pub fn wait_until(this: &Context, promise: &Promise);

    /// A Workers KV namespace.
    #[derive(Clone)]
    pub type KvNamespace;

    #[wasm_bindgen(method, catch, js_name = get)]
    fn read(this: &KvNamespace, key: &str, options: &JsValue) -> Result<Promise, JsValue>;

    /// A binding to the Durable Objects of one class.
    #[derive(Clone)]
    pub type DurableObjectNamespace;

    /// The id of an object, by its name.
    #[wasm_bindgen(method, catch, js_name = idFromName)]
    pub fn id_from_name(this: &DurableObjectNamespace, name: &str) -> Result<JsValue, JsValue>;

    /// The stub of an object.
    #[wasm_bindgen(method, catch)]
    pub fn get(this: &DurableObjectNamespace, id: &JsValue) -> Result<Service, JsValue>;

    /// A rate limiting binding.
    #[derive(Clone)]
    pub type RateLimiter;

    /// Counts against the member `key`. The promise's member `success` says whether the count is within the limit.
    #[wasm_bindgen(method, catch)]
    pub fn limit(this: &RateLimiter, options: &JsValue) -> Result<Promise, JsValue>;

    /// A binding to another Worker.
    #[derive(Clone)]
    pub type Service;

    /// Sends a request to that Worker.
    #[wasm_bindgen(method, catch, js_name = fetch)]
    pub fn fetch(this: &Service, request: &Request) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, milliseconds: u32) -> JsValue;

    /// A stream from which one reads what was written to it.
    pub(super) type IdentityTransformStream;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new() -> Result<IdentityTransformStream, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn readable(this: &IdentityTransformStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    pub(super) fn writable(this: &IdentityTransformStream) -> WritableStream;

    /// The same, for a fixed number of bytes.
    #[wasm_bindgen(extends = IdentityTransformStream)]
    pub(super) type FixedLengthStream;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(length: f64) -> Result<FixedLengthStream, JsValue>;

}

/// How a promise settled.
pub(super) type Settled = Result<JsValue, JsValue>;

/// The result of the request path: a response, or a promise of one.
pub(super) type Outcome = Result<JsValue, JsValue>;

/// Passes [`TIMED_OUT`] to the bridge, once per instance of the module.
pub(super) fn hand_over() {
    learn_limit(TIMED_OUT);
}

/// A promise that is fulfilled after this many milliseconds.
pub(super) fn after(milliseconds: u32) -> Promise {
    Promise::new(&mut |resolve, _reject| {
        set_timeout(&resolve, milliseconds);
    })
}

/// An outcome as the module returns it: a failure becomes a rejected promise. The module throws only when it breaks down, which
/// is how `entry.mjs` distinguishes the two.
pub(super) fn returned(outcome: Outcome) -> JsValue {
    outcome.unwrap_or_else(|thrown| Promise::reject(&thrown).into())
}

/// Continues when a promise settles, whichever way it does. If the continuation breaks down, the returned promise is rejected.
pub(super) fn when_settled(
    promise: &Promise,
    continuation: impl FnOnce(Settled) -> Outcome + 'static,
) -> Promise {
    settle(promise, &callback(Box::new(continuation)))
}

/// A continuation as JavaScript calls it. Each type of function that is passed to [`Closure`] takes a kilobyte of code, so all have one.
fn callback(continuation: Box<dyn FnOnce(Settled) -> Outcome>) -> JsValue {
    Closure::once_into_js(move |outcome: JsValue, is_kept: bool| {
        returned(continuation(if is_kept { Ok(outcome) } else { Err(outcome) }))
    })
}

/// As [`within`], for a promise whose creation may have failed.
pub(super) fn with_timeout(asked: Result<Promise, JsValue>, milliseconds: u32) -> Promise {
    match asked {
        Ok(answer) => within(&answer, milliseconds),
        Err(thrown) => Promise::reject(&thrown),
    }
}

impl KvNamespace {
    /// A promise of a value's bytes, or of `null` if there is none. If KV takes too long or the call itself fails, the promise is
    /// rejected, as when KV fails.
    pub(super) fn read_bytes(&self, key: &str) -> Promise {
        let read = || {
            let options = js_sys::Object::new();
            Reflect::set(&options, &"type".into(), &"arrayBuffer".into())?;
            Reflect::set(&options, &"cacheTtl".into(), &CACHE_SECONDS.into())?;
            self.read(key, &options)
        };
        with_timeout(read(), READ_SECONDS * 1_000)
    }
}

/// An object with these members.
pub(super) fn object(members: &[(&str, &str)]) -> Result<JsValue, JsValue> {
    let object = js_sys::Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), &(*value).into())?;
    }
    Ok(object.into())
}

/// The bytes of an array buffer; `None` where the value is null.
pub(super) fn bytes(buffer: &JsValue) -> Option<Vec<u8>> {
    (!buffer.is_null() && !buffer.is_undefined()).then(|| Uint8Array::new(buffer).to_vec())
}

/// The message of a thrown value, for the platform's own errors only: a parser's error may repeat its input.
pub(super) fn thrown_message(thrown: &JsValue) -> String {
    Reflect::get(thrown, &"message".into())
        .ok()
        .and_then(|message| message.as_string())
        .or_else(|| thrown.as_string())
        .unwrap_or_else(|| "something was thrown".to_owned())
}

/// A response as the outcome of the request path.
pub(super) fn responded(response: Response) -> Outcome {
    Ok(response.into())
}
