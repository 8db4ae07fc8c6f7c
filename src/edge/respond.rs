//! An answer of the core as a response of the platform.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Headers, Request, Response, ResponseInit};

use super::platform::{Fields, OwnResponse};
use super::spelling::{Texts, with_words};
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
    let headers: Fields = request.headers().unchecked_into();
    with_words(|words| {
        Ok(Client::recognise(
            headers.get(&words.user_agent)?.as_deref(),
            headers.get(&words.accept)?.as_deref(),
        ))
    })
}

/// An answer of the core.
pub(super) fn response(answer: &Answer) -> Result<Response, JsValue> {
    let mut texts = Texts::default();
    let body = texts.push(&[&answer.body]);
    let fields: Vec<_> = answer
        .headers
        .iter()
        .map(|(name, value)| (texts.push(&[name]), texts.push(&[value])))
        .collect();
    let crossed = texts.cross()?;
    let headers: Fields = Headers::new()?.unchecked_into();
    for (name, value) in fields {
        headers.append(&crossed.text(name), &crossed.text(value))?;
    }
    let init = ResponseInit::new();
    init.set_status(answer.status);
    init.set_headers(&headers);
    OwnResponse::new(&crossed.text(body), &init).map(Response::from)
}
