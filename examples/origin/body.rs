//! Request bodies, read completely up to a limit, or chunk by chunk with a count of the bytes.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Form, FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;

use crate::failure::{Failure, Fault, Refusal};

/// The limit for a body that describes one thing: a repository, a lock.
pub(crate) const SMALL_BODY: usize = 64 * 1024;

/// The whole body, up to `limit` bytes.
pub(crate) async fn read_body(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    // The only other failure is that the client has disconnected, and then nobody reads the refusal.
    axum::body::to_bytes(body, limit)
        .await
        .map_err(|_over_limit_or_gone| Refusal::TooLarge { limit })
}

/// The whole body as JSON, up to `limit` bytes.
pub(crate) async fn read_json<Document: DeserializeOwned>(
    body: Body,
    limit: usize,
) -> Result<Document, Refusal> {
    let bytes = read_body(body, limit).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::malformed(format!("the body is not the JSON expected, {error}")))
}

/// The whole body as the pairs of a form, up to `limit` bytes. Pairs, because a struct cannot hold a repeated name.
pub(crate) async fn read_form(body: Body, limit: usize) -> Result<Vec<(String, String)>, Failure> {
    let bytes = read_body(body, limit).await?;
    let request = Request::post("/")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(bytes))
        .map_err(|error| Fault::new(error.to_string()))?;
    let Form(fields) = Form::from_request(request, &())
        .await
        .map_err(|_rejection| Refusal::malformed("the body is not a form"))?;
    Ok(fields)
}

/// A body of any length, chunk by chunk, with the number of bytes so far.
#[derive(Debug)]
pub(crate) struct Chunks {
    stream: BodyDataStream,
    bytes: u64,
}

impl Chunks {
    pub(crate) fn of(body: Body) -> Chunks {
        Chunks {
            stream: body.into_data_stream(),
            bytes: 0,
        }
    }

    /// The next chunk; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let Some(chunk) = self.stream.next().await else {
            return Ok(None);
        };
        let chunk = chunk.map_err(|_gone| Refusal::malformed("the body ended early"))?;
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        Ok(Some(chunk))
    }

    /// The number of bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}
