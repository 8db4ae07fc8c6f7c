//! An answer of the core as a response of the platform.

use wasm_bindgen::JsValue;
use web_sys::{Headers, Request, Response, ResponseInit};

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
    let headers = request.headers();
    Ok(Client::recognise(
        headers.get("User-Agent")?.as_deref(),
        headers.get("Accept")?.as_deref(),
    ))
}

/// An answer of the core.
pub(super) fn response(answer: &Answer) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &answer.headers {
        headers.append(name, value)?;
    }
    let init = ResponseInit::new();
    init.set_status(answer.status);
    init.set_headers(&headers);
    Response::new_with_opt_str_and_init(Some(&answer.body), &init)
}
