//! The page's interface to the core, in WebAssembly as the page loads it.

#![cfg(all(target_arch = "wasm32", feature = "page"))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use lychgate::keys::KeyRing;
use lychgate::page::{explain, inspect, mint_demo, reason, try_demo};
use lychgate::token::{Claims, Prefix, Role, TokenId, mint};
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
        bearer: lychgate::token::BearerKind::User,
        restrictions: lychgate::token::Restrictions::default(),
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

const KEY: [u8; 32] = [7; 32];
const PUSH: &str = "/acme/widget/info/refs?service=git-receive-pack";
const CLONE: &str = "/acme/widget/info/refs?service=git-upload-pack";

fn minted(role: &str) -> String {
    let minted = read(&mint_demo(&KEY, role, "alice", 7, 1_000, 60));
    assert_eq!(minted["id"], "0-7");
    minted["token"].as_str().unwrap().to_owned()
}

#[wasm_bindgen_test]
fn lets_a_demo_token_through_and_says_as_whom() {
    let passed = read(&try_demo(&KEY, &minted("read"), "GET", CLONE, &[8], 1_030));
    assert_eq!(
        passed,
        json!({"verdict": "forward", "access": "read", "subject": "alice", "role": "read", "id": "0-7"})
    );
}

#[wasm_bindgen_test]
fn refuses_a_demo_token_for_every_reason_a_real_one_is_refused_for() {
    let token = minted("read");
    let last = if token.ends_with('A') { "B" } else { "A" };
    let changed = token.split_at(token.len() - 1).0.to_owned() + last;
    let code = |key: &[u8], token: &str, target: &str, revoked: &[u32], now| {
        let refused = read(&try_demo(key, token, "GET", target, revoked, now));
        assert!(refused["text"].as_str().unwrap().ends_with(".\n"), "{refused}");
        (
            refused["code"].as_str().unwrap().to_owned(),
            refused["at_list"] == true,
        )
    };
    let expected = |code: &str, at_list| (code.to_owned(), at_list);
    assert_eq!(
        code(&KEY, &changed, CLONE, &[], 1_030),
        expected("token_invalid", false)
    );
    assert_eq!(
        code(&[8; 32], &token, CLONE, &[], 1_030),
        expected("token_invalid", false)
    );
    assert_eq!(
        code(&KEY, &token, CLONE, &[], 1_060),
        expected("token_expired", false)
    );
    assert_eq!(
        code(&KEY, &token, CLONE, &[7], 1_030),
        expected("token_revoked", true)
    );
    assert_eq!(
        code(&KEY, &token, PUSH, &[], 1_030),
        expected("role_insufficient", false)
    );
}

#[wasm_bindgen_test]
fn says_what_is_wrong_with_what_a_demo_token_is_to_be_made_of() {
    for (key, role, subject) in [
        (&KEY[..31], "read", "alice"),
        (&KEY, "admin", "alice"),
        (&KEY, "read", "a b"),
    ] {
        let refused = read(&mint_demo(key, role, subject, 7, 1_000, 60));
        assert!(refused["error"].is_string(), "{refused}");
    }
}

#[wasm_bindgen_test]
fn reasons_in_steps_and_answers_every_client() {
    let with = |role, membership| read(&reason("GET", PUSH, b"", role, membership));
    let allowed = |reasoning: &Value| reasoning["verdict"] == "forward" && reasoning["answers"] == json!([]);
    for membership in ["", "write", "admin", "owner"] {
        assert!(allowed(&with("write", membership)), "{membership}");
    }
    for (role, membership, code) in [
        ("", "", "token_required"),
        ("read", "owner", "role_insufficient"),
        ("write", "none", "membership_insufficient"),
        ("write", "no_access", "membership_insufficient"),
        ("write", "contributor", "membership_insufficient"),
    ] {
        let refused = with(role, membership);
        assert_eq!(refused["code"], code, "{refused}");
        assert_eq!(refused["answers"].as_array().unwrap().len(), 10);
        let steps = refused["steps"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["holds"], false, "{refused}");
    }
    assert!(with("admin", "")["error"].is_string());
    assert!(with("write", "emperor")["error"].is_string());
}
