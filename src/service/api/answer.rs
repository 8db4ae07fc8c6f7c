//! The answers of the management API: JSON, or nothing but a status.

use serde::Serialize;
use worker::{Response, ResponseBuilder};

use super::rejection::Rejection;
use crate::response::{Answer, Fault};

/// An answer in JSON, with an optional header. No answer of the API is cached.
pub(super) fn json(
    status: u16,
    body: &impl Serialize,
    header: Option<(&str, &str)>,
) -> Result<Response, Rejection> {
    // With a line feed, for whoever reads it in a terminal.
    let body = serde_json::to_string(body).map_err(|_| Rejection::from(Fault::Trapped))?;
    written(status, body + "\n", header)
}

/// An answer whose JSON is written already: the part that is the same for every body.
#[inline(never)]
fn written(status: u16, body: String, header: Option<(&str, &str)>) -> Result<Response, Rejection> {
    let mut response = uncached(status)?.with_header("Content-Type", "application/json")?;
    if let Some((name, value)) = header {
        response = response.with_header(name, value)?;
    }
    Ok(response.fixed(body.into_bytes()))
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Result<Response, Rejection> {
    Ok(uncached(status)?.empty())
}

/// An answer without a body that sets a cookie, and may redirect.
pub(super) fn with_cookie(status: u16, cookie: &str, location: Option<&str>) -> Result<Response, Rejection> {
    let mut response = uncached(status)?.with_header("Set-Cookie", cookie)?;
    if let Some(location) = location {
        response = response.with_header("Location", location)?;
    }
    Ok(response.empty())
}

/// An answer of the core.
pub(super) fn response(answer: Answer) -> worker::Result<Response> {
    let mut response = Response::builder().with_status(answer.status).empty();
    for (name, value) in &answer.headers {
        response.headers_mut().append(name, value)?;
    }
    let (builder, _) = response.into_parts();
    Ok(builder.fixed(answer.body.into_bytes()))
}

fn uncached(status: u16) -> worker::Result<ResponseBuilder> {
    Response::builder()
        .with_status(status)
        .with_header("Cache-Control", "no-store")?
        .with_header("X-Content-Type-Options", "nosniff")
}
