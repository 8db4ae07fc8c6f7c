//! A request on its way to the origin: the canonical target, without what only the gate may say, with what the
//! gate has to say.

use wasm_bindgen::JsValue;
use web_sys::{Headers, Request, RequestCache, RequestInit, RequestRedirect};

use super::config::Origin;
use super::platform::{self, Outcome};
use super::upload::Upload;
use crate::{Access, Pass};

/// Sends the request on; gives the promise of the origin's response, untouched.
pub(super) fn forward(
    request: &Request,
    method: &str,
    own_origin: &str,
    pass: &Pass<'_>,
    upload: &Upload,
    assertion: Option<&str>,
    origin: &Origin,
) -> Outcome {
    let headers = headers(request, own_origin, pass, origin)?;
    if let Some(assertion) = assertion {
        headers.set("X-Lychgate-Assertion", assertion)?;
    }
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers_headers(&headers);
    init.set_body(&upload.body);
    if let Some(broken_off) = &upload.broken_off {
        init.set_signal(Some(broken_off));
    }
    // The client follows redirects itself: the gate would carry its identity headers along.
    init.set_redirect(RequestRedirect::Manual);
    if pass.identity().is_some() {
        // The platform's cache knows URLs only, not who asked.
        init.set_cache(RequestCache::NoStore);
    }
    let send_to = |base: &str| {
        let url = [base, pass.target()].concat();
        Request::new_with_str_and_init(&url, &init)
    };
    match origin {
        Origin::Zone => platform::fetch(&send_to(own_origin)?),
        Origin::Url(base) => platform::fetch(&send_to(base)?),
        Origin::Service(service) => service.fetch(&send_to(own_origin)?).map(JsValue::from),
    }
}

fn headers(
    request: &Request,
    own_origin: &str,
    pass: &Pass<'_>,
    origin: &Origin,
) -> Result<Headers, JsValue> {
    let headers = Headers::new_with_headers(&request.headers())?;
    for name in names(&headers)? {
        if is_for_the_gate_alone(&name) {
            headers.delete(&name)?;
        }
    }
    headers.set("X-Lychgate-Access", pass.access().name())?;
    if pass.access() != Access::Public {
        headers.delete("Authorization")?;
    }
    if let Some(identity) = pass.identity() {
        headers.set("X-Lychgate-Subject", identity.subject.as_str())?;
        headers.set("X-Lychgate-Role", identity.role.name())?;
        headers.set("X-Lychgate-Token", &identity.id.to_string())?;
    }
    if let Some(observed) = pass.observed() {
        headers.set("X-Lychgate-Observed", observed.code())?;
    }
    // Where the origin has another name than the gate, it is told by which name it was asked.
    if let (Origin::Url(_), Some((scheme, host))) = (origin, own_origin.split_once("://")) {
        headers.set("X-Forwarded-Host", host)?;
        headers.set("X-Forwarded-Proto", scheme)?;
    }
    Ok(headers)
}

fn names(headers: &Headers) -> Result<Vec<String>, JsValue> {
    headers
        .keys()
        .into_iter()
        .map(|name| Ok(name?.as_string().unwrap_or_default()))
        .collect()
}

/// Whether a header, as servers fold its name (CGI makes `_` of `-`), says what only the gate may say, or asks
/// for another method or target than those that were judged. A prefix or script name is cut off the path by some.
fn is_for_the_gate_alone(name: &str) -> bool {
    let folded = name.to_ascii_lowercase().replace('_', "-");
    folded.starts_with("x-lychgate-")
        || matches!(
            folded.as_str(),
            "x-http-method-override"
                | "x-http-method"
                | "x-method-override"
                | "x-original-method"
                | "x-original-url"
                | "x-original-uri"
                | "x-original-path"
                | "x-rewrite-url"
                | "x-override-url"
                | "x-request-uri"
                | "x-request-method"
                | "x-waws-unencoded-url"
                | "x-envoy-original-path"
                | "x-forwarded-method"
                | "x-forwarded-uri"
                | "x-forwarded-url"
                | "x-forwarded-path"
                | "x-forwarded-prefix"
                | "x-script-name"
                | "script-name"
                | "request-uri"
        )
}
