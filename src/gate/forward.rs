//! A request on its way to the origin: the canonical target, the client's fields that are forwarded, and the fields that the
//! gate sets.

use wasm_bindgen::JsValue;
use web_sys::Request;

use super::config::Origin;
use super::js_bridge::{OriginRequest, Texts};
use super::platform::{Context, Outcome};
use super::upload::Upload;
use crate::forwarding::FieldClasses;
use crate::policy::AuthorizedRequest;
use crate::request::MethodError;

/// Room for the fields that the gate sets, beside target and assertion.
const FIXED_BYTES: usize = 512;

/// The client's request, as the forwarded one is made from it.
pub(super) struct Incoming<'a> {
    pub(super) request: &'a Request,
    pub(super) context: &'a Context,
    pub(super) method: &'a str,
    /// The scheme and host by which the client asked.
    pub(super) own_origin: &'a str,
}

/// Forwards the request; returns the promise of the origin's response, as the client receives it.
pub(super) fn forward(
    incoming: &Incoming<'_>,
    authorized: &AuthorizedRequest<'_>,
    upload: &Upload,
    assertion: Option<&str>,
    origin: &Origin,
) -> Outcome {
    let own_origin = incoming.own_origin;
    let base = match origin {
        Origin::Zone | Origin::Service(_) => own_origin,
        Origin::Url(base) => base,
    };
    let rest = authorized
        .target()
        .len()
        .saturating_add(assertion.map_or(0, str::len));
    let mut texts = Texts::with_capacity(rest.saturating_add(FIXED_BYTES));
    texts.push(&[base, authorized.target()]);
    texts.push(&[incoming.method]);
    say(&mut texts, own_origin, authorized, assertion);
    OriginRequest {
        request: incoming.request,
        texts,
        carried: carried(incoming.method, authorized)?,
        upload,
        context: authorized.identity().map(|_| incoming.context),
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
fn say(texts: &mut Texts, own_origin: &str, authorized: &AuthorizedRequest<'_>, assertion: Option<&str>) {
    texts.push_field("x-lychgate-access", authorized.access().name());
    if let Some(identity) = authorized.identity() {
        let id = identity.id.to_string();
        texts.push_field("x-lychgate-subject", identity.subject.as_str());
        texts.push_field("x-lychgate-role", identity.effective_role().name());
        texts.push_field("x-lychgate-token", &id);
        texts.push(&["authorization"]);
        texts.push(&["Lychgate ", &id]);
    }
    if let Some(observed) = authorized.observed() {
        texts.push_field("x-lychgate-observed", observed.code());
    }
    if let Some(assertion) = assertion {
        texts.push_field("x-lychgate-assertion", assertion);
    }
    // The gate's own name in the request. Every origin receives it, so no header of the client can take its place.
    if let Some((scheme, rest)) = own_origin.split_once(':') {
        texts.push_field("x-forwarded-host", rest.trim_start_matches('/'));
        texts.push_field("x-forwarded-proto", scheme);
    }
}
