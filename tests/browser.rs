//! The page's face of the core, in WebAssembly as the page loads it.

#![cfg(all(target_arch = "wasm32", feature = "browser"))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use lychgate::browser::{explain, inspect};
use lychgate::{Claims, KeyRing, Prefix, Role, TokenId, mint};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

fn read(answer: &str) -> Value {
    serde_json::from_str(answer).unwrap()
}

#[wasm_bindgen_test]
fn explains_what_a_request_does() {
    let push = read(&explain(
        "GET",
        "/acme/widget/info/refs?service=git-receive-pack",
        b"",
    ));
    assert_eq!(push["access"], "write");
    assert_eq!(push["namespace"], "acme");
    let batch = "/acme/widget.git/info/lfs/objects/batch";
    let download = read(&explain("POST", batch, br#"{"operation":"download"}"#));
    assert_eq!(download["access"], "read");
    let refused = read(&explain("GET", "/acme//widget", b""));
    assert_eq!(
        (&refused["access"], &refused["code"]),
        (&json!("refused"), &json!("target_ambiguous"))
    );
}

#[wasm_bindgen_test]
fn takes_a_token_apart_field_by_field() {
    let claims = Claims {
        role: Role::Write,
        subject: "alice".parse().unwrap(),
        id: TokenId { shard: 0, serial: 7 },
        issued_at: 1_000,
        expires_at: None,
    };
    let token = mint(&claims, &Prefix::default(), &KeyRing::generate([1; 32])).unwrap();
    let whole = read(&inspect(&token));
    assert_eq!(whole["well_formed"], true);
    assert_eq!(whole["prefix"], "hub");
    let names: Vec<&str> = whole["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.first(), Some(&"version"));
    assert_eq!(names.last(), Some(&"checksum"));
    let cut = read(&inspect(token.split_at(token.len() - 4).0));
    assert_eq!(cut["well_formed"], false);
    assert!(!cut["faults"].as_array().unwrap().is_empty());
}
