//! An answer of the core as a response of the platform.

use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

use super::js_bridge::{self, Texts, take_fields};
use crate::{Answer, Client, Fault, Prefix, Refusal};

/// Tells the caller why not, in the form that its client shows.
pub(super) fn refusal(refusal: &Refusal, request: &Request, prefix: &Prefix) -> Result<Response, JsValue> {
    response(&Answer::to_refusal(refusal, client(request)?, prefix))
}

/// Tells the caller that the failure is ours.
pub(super) fn fault(fault: &Fault, request: &Request, prefix: &Prefix) -> Result<Response, JsValue> {
    response(&Answer::to_fault(fault, client(request)?, prefix))
}

/// Who asks.
pub(super) fn client(request: &Request) -> Result<Client, JsValue> {
    let (user_agent, accept) = take_fields(request, "User-Agent", "Accept")?;
    Ok(Client::recognise(Some(&user_agent), Some(&accept)))
}

/// The response for an answer of the core.
pub(super) fn response(answer: &Answer) -> Result<Response, JsValue> {
    let mut texts = Texts::default();
    texts.push(&[&answer.body])?;
    for (name, value) in &answer.headers {
        texts.push_field(name, value)?;
    }
    js_bridge::respond(answer.status, &texts)
}
