//! A request that came through the gate, and who sent it.

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::identity::Identity;
use crate::target::Target;

/// A request's head and its user. The body is a separate argument, to be read or streamed once.
#[derive(Debug)]
pub(crate) struct RequestContext {
    pub identity: Identity,
    pub target: Target,
    pub parts: Parts,
}

impl RequestContext {
    pub(crate) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The text of a header that may be absent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// Scheme and host of this hub in the user's URLs: the gate's, if it states them.
    pub(crate) fn public_base(&self) -> String {
        let scheme = self.header("x-forwarded-proto").unwrap_or("http");
        let host = self
            .header("x-forwarded-host")
            .or_else(|| self.header(HOST.as_str()))
            .unwrap_or("localhost");
        format!("{scheme}://{host}")
    }
}
