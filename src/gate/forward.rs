//! A request on its way to the origin: the canonical target, the client's fields that are forwarded, and the fields that the
//! gate sets.

use wasm_bindgen::JsValue;
use web_sys::Request;

use super::config::Origin;
use super::js_bridge::{OriginRequest, Texts};
use super::platform::Outcome;
use super::upload::Upload;
use crate::forwarding::FieldClasses;
use crate::policy::AuthorizedRequest;
use crate::request::MethodError;

/// Forwards the request; returns the promise of the origin's response, as the client receives it.
pub(super) fn forward(
    request: &Request,
    method: &str,
    own_origin: &str,
    authorized: &AuthorizedRequest<'_>,
    upload: &Upload,
    assertion: Option<&str>,
    origin: &Origin,
) -> Outcome {
    let base = match origin {
        Origin::Zone | Origin::Service(_) => own_origin,
        Origin::Url(base) => base,
    };
    let mut texts = Texts::default();
    texts.push(&[base, authorized.target()])?;
    texts.push(&[method])?;
    say(&mut texts, own_origin, authorized, assertion)?;
    OriginRequest {
        request,
        texts,
        carried: carried(method, authorized)?,
        upload,
        is_known: authorized.identity().is_some(),
        service: match origin {
            Origin::Zone | Origin::Url(_) => None,
            Origin::Service(service) => Some(service),
        },
    }
    .send()
}

/// The classes of the client's fields that are forwarded.
pub(super) fn carried(method: &str, authorized: &AuthorizedRequest<'_>) -> Result<FieldClasses, JsValue> {
    let method = method
        .parse()
        .map_err(|error: MethodError| JsValue::from_str(&error.to_string()))?;
    Ok(FieldClasses::of(
        method,
        authorized.access(),
        authorized.identity().is_some(),
    ))
}

/// Adds the fields that the gate sets.
///
/// If the gate knows the user, no cache between it and the origin may answer another user with the response. Such a cache knows
/// nothing of `X-Lychgate-*`, but it does treat requests with `Authorization` separately (RFC 9111 section 3.5). So does Varnish
/// with its default configuration, which ignores a request's `Cache-Control`. The user's token is never forwarded: the value is
/// the token's id, in a scheme of the gate's own. The bridge adds `Cache-Control`, which says the same to caches that obey it, to
/// these requests and to those with a cookie or with credentials for the origin.
fn say(
    texts: &mut Texts,
    own_origin: &str,
    authorized: &AuthorizedRequest<'_>,
    assertion: Option<&str>,
) -> Result<(), JsValue> {
    texts.push_field("X-Lychgate-Access", authorized.access().name())?;
    if let Some(identity) = authorized.identity() {
        let id = identity.id.to_string();
        texts.push_field("X-Lychgate-Subject", identity.subject.as_str())?;
        texts.push_field("X-Lychgate-Role", identity.effective_role().name())?;
        texts.push_field("X-Lychgate-Token", &id)?;
        texts.push_field("Authorization", &format!("Lychgate {id}"))?;
    }
    if let Some(observed) = authorized.observed() {
        texts.push_field("X-Lychgate-Observed", observed.code())?;
    }
    if let Some(assertion) = assertion {
        texts.push_field("X-Lychgate-Assertion", assertion)?;
    }
    // The gate's own name in the request. Every origin receives it, so no header of the client can take its place.
    if let Some((scheme, rest)) = own_origin.split_once(':') {
        texts.push_field("X-Forwarded-Host", rest.trim_start_matches('/'))?;
        texts.push_field("X-Forwarded-Proto", scheme)?;
    }
    Ok(())
}
