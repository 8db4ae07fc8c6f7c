//! The request path: from a request of the platform to the promise of its response.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Request;

use super::gate::{self, deployment};
use super::page;
use super::platform::{Context, Outcome, TIMED_OUT, responded, returned};
use super::request_context::RequestContext;
use super::respond::{self, Asked};
use crate::isolate::log::Line;
use crate::isolate::request_url::RequestUrl;
use crate::response::Fault;

#[wasm_bindgen(module = "/src/gate/js_bridge.js")]
extern "C" {
    /// Receives what the bridge needs of `entry.mjs`.
    #[wasm_bindgen(js_name = adopt)]
    fn adopt_from_entry(instance: JsValue, tables: JsValue);
}

/// Receives two objects from `entry.mjs`. The state of the module's instance: `instance`, its number, and `trapped(instance)`, which
/// replaces an instance that broke down. And the route tables: `shipped`, an `ArrayBuffer` with the snapshots of those that ship, and
/// `parse(text)`, which returns the snapshot of others or throws a text that says what is wrong.
#[wasm_bindgen]
pub fn adopt(instance: JsValue, tables: JsValue) {
    adopt_from_entry(instance, tables);
}

/// Answers a request. Returns a response or a promise of one, or `undefined` if the request is for the service. If the platform
/// throws something, `entry.mjs` answers with the help of [`failed`].
#[wasm_bindgen]
pub fn fetch(request: Request, env: &JsValue, context: Context) -> JsValue {
    returned(answer(request, env, context))
}

fn answer(request: Request, env: &JsValue, context: Context) -> Outcome {
    gate::open(env);
    #[cfg(feature = "trap")]
    super::trap::throw(&request.url())?;
    let context = RequestContext::new(request, context)?;
    if context.is_for_the_service() {
        return Ok(JsValue::UNDEFINED);
    }
    if let Some(location) = context.leads_to() {
        return responded(respond::redirect(location)?);
    }
    if let Some((assets, file)) = context.page() {
        return context.show_page(&assets, &file);
    }
    match context.asking_page()? {
        Some(page_origin) => page::allow_page_to_read(context.proceed(), page_origin),
        None => context.proceed(),
    }
}

/// Answers a request during which the gate broke down (503), or whose origin did not respond (502) or not in time (504).
///
/// # Errors
/// What the platform throws.
#[wasm_bindgen]
pub fn failed(request: &Request, trapped: bool, error: &str) -> Result<JsValue, JsValue> {
    let fault = if trapped {
        Fault::Trapped
    } else if error == TIMED_OUT {
        Fault::OriginTimeout
    } else {
        Fault::OriginUnreachable
    };
    let method = request.method();
    Line {
        event: "failed",
        code: fault.code(),
        status: Some(fault.status()),
        method: Some(&method),
        detail: Some(error.to_owned()),
        ..Line::default()
    }
    .log_error();
    let url = RequestUrl::new(request.url());
    let (_, target) = url.split();
    let asked = Asked {
        request,
        method: &method,
        target,
    };
    responded(respond::fault(&fault, asked, &deployment())?)
}
