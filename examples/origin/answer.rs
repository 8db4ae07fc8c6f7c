//! Builders of responses: one for JSON, one for failures.

use axum::body::Body;
use axum::http::header::{CONTENT_RANGE, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::failure::{Failure, Fault, Refusal};

/// A response, its body streamed or complete.
pub(crate) type Answer = Response<Body>;

/// The JSON media type that a client expects.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect {
    Json,
    GitLfs,
}

impl Dialect {
    fn media_type(self) -> HeaderValue {
        match self {
            Dialect::Json => HeaderValue::from_static("application/json"),
            Dialect::GitLfs => HeaderValue::from_static("application/vnd.git-lfs+json"),
        }
    }
}

pub(crate) fn json_answer(dialect: Dialect, status: StatusCode, body: &Value) -> Answer {
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, dialect.media_type());
    answer
}

/// 200 with a JSON body.
pub(crate) fn json_ok(body: &Value) -> Answer {
    json_answer(Dialect::Json, StatusCode::OK, body)
}

pub(crate) fn empty_answer(status: StatusCode) -> Answer {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// A failure in a form that every client here can show: `error` for the Hub's clients, `message` for git-lfs.
pub(crate) fn failure_answer(dialect: Dialect, failure: &Failure) -> Answer {
    match failure {
        Failure::Refused(refusal) => refusal_answer(dialect, refusal),
        Failure::Faulted(_logged) => {
            let text = "The origin failed. Its log says why.";
            let body = json!({"error": text, "message": text});
            json_answer(dialect, StatusCode::INTERNAL_SERVER_ERROR, &body)
        }
    }
}

fn refusal_answer(dialect: Dialect, refusal: &Refusal) -> Answer {
    let text = refusal.to_string();
    let mut answer = json_answer(
        dialect,
        refusal.status(),
        &json!({"error": text, "message": text}),
    );
    let headers = answer.headers_mut();
    if let Some(code) = refusal.hub_code() {
        headers.insert("x-error-code", HeaderValue::from_static(code));
    }
    // The text is ours, in visible ASCII. If it contains a name, that name has been checked.
    if let Ok(message) = HeaderValue::from_str(&text) {
        headers.insert("x-error-message", message);
    }
    if let Refusal::EntryMissing { commit } = refusal
        && let Ok(commit) = HeaderValue::from_str(commit)
    {
        headers.insert("x-repo-commit", commit);
    }
    if let Refusal::RangeUnsatisfiable { length } = refusal
        && let Ok(range) = HeaderValue::from_str(&format!("bytes */{length}"))
    {
        headers.insert(CONTENT_RANGE, range);
    }
    answer
}

/// Sets a header whose value was made here. If a header cannot hold the value, that is our fault.
pub(crate) fn set_header(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Fault> {
    let value = HeaderValue::from_str(value)
        .map_err(|_invisible| Fault::new(format!("{name} cannot have this value")))?;
    headers.insert(name, value);
    Ok(())
}
