//! A supposed request, in the form that usual clients give it. Knows nothing of the decision.

use super::input::{Body, Request};
use crate::request::deciding_body::MAXIMUM_DECIDING_BODY_BYTES;
use crate::request::{ClientAddress, Content, Method, Sender};
use crate::routes::Class;

/// The headers by which a browser marks a preflight, so an `OPTIONS` is explained as one.
const PREFLIGHT: Sender<'static> = Sender {
    sec_fetch_site: None,
    origin: Some(""),
    requested_method: Some(""),
    requested_headers: None,
    upgrade: None,
    address: ClientAddress::Unknown,
    own_origin: "",
};

/// A request with this body. Its class determines its content headers: see [`usual_content`].
pub(super) fn supposed_request<'a>(method: &'a str, target: &'a str, body: &'a [u8]) -> Request<'a> {
    Request {
        method,
        target,
        authorization: None,
        api_key: None,
        content: Content::default(),
        sender: PREFLIGHT,
        body: if body.len() > MAXIMUM_DECIDING_BODY_BYTES {
            Body::TooLong
        } else {
            Body::Whole(body)
        },
    }
}

/// The content headers that usual clients send with this method and class.
pub(super) fn usual_content(method: Method, class: Class<'_>, body: &[u8]) -> Content<'static> {
    if method == Method::Options {
        return Content::None;
    }
    match class {
        Class::LfsBatch => Content::of_type("application/vnd.git-lfs+json"),
        Class::Known(_) | Class::UnlessNamed { .. } if body.is_empty() => Content::None,
        Class::UnlessNamed { .. } if body.contains(&b'\n') => Content::of_type("application/x-ndjson"),
        Class::Known(_) | Class::UnlessNamed { .. } => Content::of_type("application/json"),
    }
}
