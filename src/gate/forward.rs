//! A request on its way to the origin: the canonical target, without what only the gate may say, with what the
//! gate has to say.

use wasm_bindgen::JsValue;
use web_sys::Request;

use super::config::Origin;
use super::crossing::{Onward, Texts, choose_dropped};
use super::platform::Outcome;
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
    let base = match origin {
        Origin::Zone | Origin::Service(_) => own_origin,
        Origin::Url(base) => base,
    };
    let mut texts = Texts::default();
    texts.push(&[base, pass.target()])?;
    texts.push(&[method])?;
    say(&mut texts, own_origin, pass, assertion, origin)?;
    let mut dropped = choose_dropped(request, is_for_the_gate_alone)?;
    if pass.access() != Access::Public {
        dropped.push(&["Authorization"])?;
    }
    Onward {
        request,
        texts,
        dropped,
        upload,
        is_personal: pass.identity().is_some(),
        service: match origin {
            Origin::Zone | Origin::Url(_) => None,
            Origin::Service(service) => Some(service),
        },
    }
    .send()
}

/// Adds the fields that the gate has to say.
fn say(
    texts: &mut Texts,
    own_origin: &str,
    pass: &Pass<'_>,
    assertion: Option<&str>,
    origin: &Origin,
) -> Result<(), JsValue> {
    texts.push_field("X-Lychgate-Access", pass.access().name())?;
    if let Some(identity) = pass.identity() {
        texts.push_field("X-Lychgate-Subject", identity.subject.as_str())?;
        texts.push_field("X-Lychgate-Role", identity.role.name())?;
        texts.push_field("X-Lychgate-Token", &identity.id.to_string())?;
    }
    if let Some(observed) = pass.observed() {
        texts.push_field("X-Lychgate-Observed", observed.code())?;
    }
    if let Some(assertion) = assertion {
        texts.push_field("X-Lychgate-Assertion", assertion)?;
    }
    // Where the origin has another name than the gate, it is told by which name it was asked.
    if let (Origin::Url(_), Some((scheme, rest))) = (origin, own_origin.split_once(':')) {
        texts.push_field("X-Forwarded-Host", rest.trim_start_matches('/'))?;
        texts.push_field("X-Forwarded-Proto", scheme)?;
    }
    Ok(())
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
