//! Responses that show what reached the origin, and bodies of any size, for trying out what is in front of the origin.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::FromRequestParts;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use futures_util::stream as streams;
use serde_json::{Value, json};

use crate::answer::{Answer, empty_answer, json_ok};
use crate::body::{Chunks, read_json};
use crate::failure::{Failure, Refusal};
use crate::identity::Access;
use crate::request_context::RequestContext;

/// The limit for an inference call: enough for a long conversation, but not for a file.
const LARGEST_INFERENCE: usize = 16 * 1024 * 1024;

/// The longest delay: longer than any time limit worth trying.
const LONGEST_SLEEP: Duration = Duration::from_secs(120);

/// The content of one chunk of a stream.
static CHUNK: [u8; 64 * 1024] = [b'.'; 64 * 1024];

/// The response to a CORS preflight. Any page may ask.
pub(crate) fn preflight() -> Answer {
    let mut answer = empty_answer(StatusCode::NO_CONTENT);
    let allowed = [
        ("access-control-allow-origin", "*"),
        (
            "access-control-allow-methods",
            "GET, HEAD, POST, PUT, PATCH, DELETE",
        ),
        ("access-control-allow-headers", "Authorization, Content-Type"),
    ];
    for (name, value) in allowed {
        answer
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

/// A public page in place of the OAuth endpoint. It issues no token.
pub(crate) fn token(context: &RequestContext) -> Result<Answer, Failure> {
    context.identity.require(Access::Public)?;
    Ok(json_ok(
        &json!({"subject": context.identity.subject(), "request": request(context)}),
    ))
}

/// An inference call whose model repeats its input. `model` comes from the path, or else from the body.
pub(crate) async fn inference(
    context: &RequestContext,
    model: Option<String>,
    body: Body,
) -> Result<Answer, Failure> {
    context.identity.require(Access::Read)?;
    let call: Value = read_json(body, LARGEST_INFERENCE).await?;
    let model = model.map_or_else(|| call.get("model").cloned().unwrap_or_default(), Value::String);
    let last_message = call
        .get("messages")
        .and_then(Value::as_array)
        .and_then(|messages| messages.last());
    let last_content = last_message.and_then(|message| message.get("content"));
    let heard = last_content.or_else(|| ["inputs", "prompt", "input"].iter().find_map(|key| call.get(key)));
    let mut document = json!({
        "model": model,
        "inputs": heard,
        "subject": context.identity.subject(),
        "request": request(context),
    });
    if let (Some(content), Some(document)) = (last_content, document.as_object_mut()) {
        let message = json!({"role": "assistant", "content": content});
        document.insert("object".to_owned(), json!("chat.completion"));
        document.insert(
            "choices".to_owned(),
            json!([{"index": 0, "message": message, "finish_reason": "stop"}]),
        );
    }
    Ok(json_ok(&document))
}

/// A WebSocket that sends back what it receives.
pub(crate) async fn live(context: &RequestContext) -> Result<Answer, Failure> {
    context.identity.require(Access::Read)?;
    let mut parts = context.parts.clone();
    Ok(
        match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
            Ok(upgrade) => upgrade.on_upgrade(repeat).into_response(),
            Err(rejection) => rejection.into_response(),
        },
    )
}

async fn repeat(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(_) | Message::Binary(_) => {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
            // The library responds to these itself.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
        }
    }
}

/// Counts the bytes of a body and discards them.
pub(crate) async fn sink(context: &RequestContext, body: Body) -> Result<Answer, Failure> {
    context.identity.require(Access::Write)?;
    let mut chunks = Chunks::of(body);
    while chunks.next().await?.is_some() {}
    Ok(json_ok(&json!({"bytes": chunks.bytes()})))
}

/// Streams this many bytes, without stating the length beforehand.
pub(crate) fn stream(context: &RequestContext, count: &str) -> Result<Answer, Failure> {
    context.identity.require(Access::Read)?;
    let count: u64 = count
        .parse()
        .map_err(|_not_a_number| Refusal::malformed("a stream has a number of bytes"))?;
    let chunks = streams::unfold(count, |left| async move {
        let chunk = usize::try_from(left)
            .ok()
            .and_then(|left| CHUNK.get(..left))
            .unwrap_or(&CHUNK);
        let length = u64::try_from(chunk.len()).unwrap_or(left);
        (left > 0).then(|| {
            (
                Ok::<Bytes, Infallible>(Bytes::from_static(chunk)),
                left.saturating_sub(length),
            )
        })
    });
    let mut answer = empty_answer(StatusCode::OK);
    *answer.body_mut() = Body::from_stream(chunks);
    Ok(answer)
}

/// Responds after `seconds`.
pub(crate) async fn slow(context: &RequestContext) -> Result<Answer, Failure> {
    context.identity.require(Access::Read)?;
    let seconds = context.target.parameter("seconds").unwrap_or("1");
    let seconds: u64 = seconds
        .parse()
        .map_err(|_not_a_number| Refusal::malformed("seconds is a number"))?;
    tokio::time::sleep(Duration::from_secs(seconds).min(LONGEST_SLEEP)).await;
    Ok(json_ok(&json!({"seconds": seconds})))
}

/// Method, target and all header values, exactly as received.
fn request(context: &RequestContext) -> Value {
    let mut headers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in context.headers() {
        // One character per byte, so nothing is lost, whatever the bytes are.
        let text = value.as_bytes().iter().copied().map(char::from).collect();
        headers.entry(name.as_str()).or_default().push(text);
    }
    json!({"method": context.method().as_str(), "target": context.target.raw(), "headers": headers})
}
