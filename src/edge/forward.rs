//! A request on its way to the origin: the canonical target, without what only the gate may say, with what the
//! gate has to say.

use js_sys::{Array, JsString};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestCache, RequestInit, RequestRedirect};

use super::config::Origin;
use super::platform::{self, Fields, Outcome, OwnRequest};
use super::spelling::{Place, Texts, Words, with_words};
use crate::{Access, Pass};

/// Sends the request on; gives the promise of the origin's response, untouched.
pub(super) fn forward(
    request: &Request,
    method: &str,
    own_origin: &str,
    pass: &Pass<'_>,
    body: &JsValue,
    assertion: Option<&str>,
    origin: &Origin,
) -> Outcome {
    let onward = with_words(|words| {
        let mut texts = Texts::default();
        let base = match origin {
            Origin::Zone | Origin::Service(_) => own_origin,
            Origin::Url(base) => base,
        };
        let url = texts.push(&[base, pass.target()]);
        let said = say(words, &mut texts, own_origin, pass, assertion, origin);
        let crossed = texts.cross()?;
        let onward = OwnRequest::new(&crossed.text(url), &init(request, method, pass, body))?;
        // The request's own copy of the fields is the only one.
        let headers: Fields = onward.headers().unchecked_into();
        for name in names(&headers)
            .split(',')
            .filter(|name| is_for_the_gate_alone(name))
        {
            headers.delete(&JsString::from(name))?;
        }
        if pass.access() != Access::Public {
            headers.delete(&words.authorization)?;
        }
        for (name, value) in said {
            headers.set(name, &crossed.text(value))?;
        }
        Ok::<_, JsValue>(onward)
    })?;
    match origin {
        Origin::Zone | Origin::Url(_) => platform::fetch(&onward),
        Origin::Service(service) => service.fetch(&onward).map(JsValue::from),
    }
}

fn init(request: &Request, method: &str, pass: &Pass<'_>, body: &JsValue) -> RequestInit {
    let init = RequestInit::new();
    if method != "GET" {
        init.set_method(method);
    }
    init.set_headers_headers(&request.headers());
    if !body.is_null() {
        init.set_body(body);
    }
    // The client follows redirects itself: the gate would carry its identity headers along.
    init.set_redirect(RequestRedirect::Manual);
    if pass.identity().is_some() {
        // The platform's cache knows URLs only, not who asked.
        init.set_cache(RequestCache::NoStore);
    }
    init
}

/// What the gate has to say: fields by name, their values among the texts.
fn say<'a>(
    words: &'a Words,
    texts: &mut Texts,
    own_origin: &str,
    pass: &Pass<'_>,
    assertion: Option<&str>,
    origin: &Origin,
) -> Vec<(&'a JsString, Place)> {
    let mut said = Vec::with_capacity(8);
    let mut field = |name, value: &str| said.push((name, texts.push(&[value])));
    field(&words.access, pass.access().name());
    if let Some(identity) = pass.identity() {
        field(&words.subject, identity.subject.as_str());
        field(&words.role, identity.role.name());
        field(&words.token, &identity.id.to_string());
    }
    if let Some(observed) = pass.observed() {
        field(&words.observed, observed.code());
    }
    if let Some(assertion) = assertion {
        field(&words.assertion, assertion);
    }
    // Where the origin has another name than the gate, it is told by which name it was asked.
    if let (Origin::Url(_), Some((scheme, rest))) = (origin, own_origin.split_once(':')) {
        field(&words.forwarded_host, rest.trim_start_matches('/'));
        field(&words.forwarded_proto, scheme);
    }
    said
}

/// The names of all fields, with commas between, which no name has in it (RFC 9110 section 5.1).
fn names(headers: &Fields) -> String {
    Array::from(&headers.keys()).to_string().into()
}

/// Whether a header, as servers fold its name (CGI makes `_` of `-`), says what only the gate may say, or asks
/// for another method or target than those that were judged. A prefix or script name is cut off the path by some.
fn is_for_the_gate_alone(name: &str) -> bool {
    // All of them begin with one of these, and hardly any other that clients send does.
    if !name.starts_with(['x', 'X', 's', 'S', 'r', 'R']) {
        return false;
    }
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
