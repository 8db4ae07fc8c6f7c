//! A hub in axum. It trusts every client, and names the class of the handler that ran in X-Effect.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::{delete, get, post, put};
use serde::Deserialize;
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Batch {
    operation: String,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Router::new()
        .route("/{namespace}/{repo}/info/refs", get(refs))
        .route("/{namespace}/{repo}/git-receive-pack", post(writes))
        .route("/{namespace}/{repo}/info/lfs/objects/batch", post(batch))
        .route("/api/models/{namespace}/{repo}", get(reads))
        .route("/api/models/{namespace}/{repo}", delete(writes))
        .route("/api/models/{namespace}/{repo}/settings", put(writes))
        .route(
            "/api/models/{namespace}/{repo}/xet-write-token/{rev}",
            get(writes),
        )
        .route("/api/models/{namespace}/{repo}/paths-info/{rev}", post(reads))
        .route("/api/models/{namespace}/{repo}/commit/{rev}", post(commit))
        .route("/api/repos/create", post(contributes))
        .route("/generate", post(reads))
        .route("/v1/chat/completions", post(reads));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?.port());
    axum::serve(listener, hub).await
}

/// The identities that a hub may be told: those of the tests' tokens and of `lychgate probe` itself. Any other is forged.
const IDENTITIES: [(&str, &str); 5] = [
    ("", ""),
    ("probe", "write"),
    ("reader", "read"),
    ("writer", "write"),
    ("outsider", "write"),
];

fn does(effect: &'static str, asked: &HeaderMap) -> impl IntoResponse + use<> {
    let said = |name| {
        asked
            .get(name)
            .map_or("", |value: &HeaderValue| value.to_str().unwrap_or("?"))
    };
    let (subject, role) = (said("x-lychgate-subject"), said("x-lychgate-role"));
    let effect = if IDENTITIES.contains(&(subject, role)) {
        effect
    } else {
        "write"
    };
    let mut headers = vec![(
        HeaderName::from_static("x-effect"),
        HeaderValue::from_static(effect),
    )];
    if let Some(access) = asked.get("x-lychgate-access") {
        headers.push((HeaderName::from_static("x-probe-access"), access.clone()));
    }
    if let Some(subject) = asked.get("x-lychgate-subject") {
        headers.push((HeaderName::from_static("x-seen-subject"), subject.clone()));
    }
    let body = serde_json::json!({ "effect": effect, "subject": subject }).to_string();
    (AppendHeaders(headers), body)
}

async fn reads(asked: HeaderMap) -> impl IntoResponse {
    does("read", &asked)
}

async fn contributes(asked: HeaderMap) -> impl IntoResponse {
    does("contribute", &asked)
}

async fn writes(asked: HeaderMap) -> impl IntoResponse {
    does("write", &asked)
}

async fn refs(Query(parameters): Query<HashMap<String, String>>, asked: HeaderMap) -> impl IntoResponse {
    let is_write = parameters
        .get("service")
        .is_some_and(|service| service == "git-receive-pack");
    does(if is_write { "write" } else { "read" }, &asked)
}

async fn commit(Query(parameters): Query<HashMap<String, String>>, asked: HeaderMap) -> impl IntoResponse {
    let is_contribution = parameters
        .get("create_pr")
        .is_some_and(|create_pr| create_pr == "1");
    does(if is_contribution { "contribute" } else { "write" }, &asked)
}

/// Ignores the body's media type: many handlers parse the bytes themselves.
async fn batch(asked: HeaderMap, body: axum::body::Bytes) -> impl IntoResponse {
    let is_write = serde_json::from_slice::<Batch>(&body).is_ok_and(|batch| batch.operation == "upload");
    does(if is_write { "write" } else { "read" }, &asked)
}
