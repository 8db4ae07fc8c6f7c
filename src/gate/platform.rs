//! What the platform offers and `web_sys` has no name for.

use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::{ReadableStream, Request, Response, WritableStream};

use crate::READ_SECONDS;

/// How long the platform may answer a KV read from its own cache: the least that it takes.
const CACHE_SECONDS: u32 = 30;

/// What a promise is rejected with that took too long.
pub(super) const TOO_LATE: &str = "no answer in time";

#[wasm_bindgen(module = "/src/gate/js_bridge.js")]
extern "C" {
    #[wasm_bindgen(js_name = within)]
    fn ends_within(promise: &Promise, milliseconds: u32, too_late: &str) -> Promise;

    fn settle(promise: &Promise, go_on: &JsValue) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// The execution context of one request.
    #[derive(Clone)]
    pub type Context;

    /// Keeps the isolate at work on a promise after the response has gone.
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

    /// The way to an object.
    #[wasm_bindgen(method, catch)]
    pub fn get(this: &DurableObjectNamespace, id: &JsValue) -> Result<Service, JsValue>;

    /// A rate limiting binding.
    #[derive(Clone)]
    pub type RateLimiter;

    /// Counts against the member `key`; a promise of whether, in the member `success`, that is within the limit.
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

    /// What is written to it can be read from it.
    pub(super) type IdentityTransformStream;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new() -> Result<IdentityTransformStream, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn readable(this: &IdentityTransformStream) -> ReadableStream;

    #[wasm_bindgen(method, getter)]
    pub(super) fn writable(this: &IdentityTransformStream) -> WritableStream;

    /// The same, of so many bytes.
    #[wasm_bindgen(extends = IdentityTransformStream)]
    pub(super) type FixedLengthStream;

    #[wasm_bindgen(constructor, catch)]
    pub(super) fn new(length: f64) -> Result<FixedLengthStream, JsValue>;

}

/// How a promise settled.
pub(super) type Settled = Result<JsValue, JsValue>;

/// What the request path gives back: a response, or a promise of one.
pub(super) type Outcome = Result<JsValue, JsValue>;

/// A promise that is kept after so many milliseconds.
pub(super) fn after(milliseconds: u32) -> Promise {
    Promise::new(&mut |resolve, _reject| {
        set_timeout(&resolve, milliseconds);
    })
}

/// An outcome as it leaves the module: what failed is a rejected promise. Nothing is ever thrown out of the module but by
/// its breaking down, which is how the two are told apart.
pub(super) fn returned(outcome: Outcome) -> JsValue {
    outcome.unwrap_or_else(|thrown| Promise::reject(&thrown).into())
}

/// Goes on with what a promise ends in, whichever way it ends. Should the continuation break down, the promise
/// returned is rejected.
pub(super) fn when_settled(promise: &Promise, go_on: impl FnOnce(Settled) -> Outcome + 'static) -> Promise {
    let callback = Closure::once_into_js(move |outcome: JsValue, is_kept: bool| {
        returned(go_on(if is_kept { Ok(outcome) } else { Err(outcome) }))
    });
    settle(promise, &callback)
}

/// A promise that ends as the given one does, or is rejected with [`TOO_LATE`] after so many milliseconds.
pub(super) fn within(promise: &Promise, milliseconds: u32) -> Promise {
    ends_within(promise, milliseconds, TOO_LATE)
}

/// As [`within`], of a promise that perhaps could not even be had.
pub(super) fn in_time(asked: Result<Promise, JsValue>, milliseconds: u32) -> Promise {
    match asked {
        Ok(answer) => within(&answer, milliseconds),
        Err(thrown) => Promise::reject(&thrown),
    }
}

impl KvNamespace {
    /// A promise of a value's bytes, or of `null` where there is none. Where KV takes too long or cannot even be asked,
    /// it is rejected, as when KV fails.
    pub(super) fn read_bytes(&self, key: &str) -> Promise {
        let read = || {
            let options = js_sys::Object::new();
            Reflect::set(&options, &"type".into(), &"arrayBuffer".into())?;
            Reflect::set(&options, &"cacheTtl".into(), &CACHE_SECONDS.into())?;
            self.read(key, &options)
        };
        in_time(read(), READ_SECONDS * 1_000)
    }
}

/// An object of these members.
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

/// What a thrown value says of itself. Of the platform's own errors only: what a parser throws may repeat its text.
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
