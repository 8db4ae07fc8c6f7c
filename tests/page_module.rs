//! The page's interface to the core, in WebAssembly as the page loads it.

#![cfg(all(target_arch = "wasm32", feature = "page"))]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use lychgate::keys::KeyRing;
use lychgate::page::{inspect, mint_demo, narrow, reason, try_demo};
use lychgate::response::Client;
use lychgate::token::{Claims, Prefix, Restrictions, Role, TokenId, mint};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

fn read(answer: &str) -> Value {
    serde_json::from_str(answer).unwrap()
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
        restrictions: Restrictions::new(vec!["areas=git,api".parse().unwrap()]).unwrap(),
    };
    let token = mint(&claims, &Prefix::default(), &KeyRing::generate([1; 32])).unwrap();
    let whole = read(&inspect(&token));
    assert_eq!(whole["well_formed"], true);
    assert_eq!(whole["restrictions"], json!(["areas=git,api"]));
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
        json!({
            "verdict": "forward", "access": "read", "subject": "alice", "role": "read", "id": "0-7", "restrictions": []
        })
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

fn narrowed(token: &str, restrictions: &str) -> String {
    let narrowed = read(&narrow(token, restrictions));
    narrowed["token"].as_str().unwrap_or_default().to_owned()
}

#[wasm_bindgen_test]
fn narrows_a_token_without_any_key() {
    let attempt = |token: &str, target| read(&try_demo(&KEY, token, "GET", target, &[], 1_030));
    let widget = narrowed(
        &minted("write"),
        "repositories=acme/widget\nnetworks=203.0.113.0/24\n",
    );
    let passed = attempt(&widget, PUSH);
    assert_eq!(
        passed["restrictions"],
        json!(["repositories=acme/widget", "networks=203.0.113.0/24"])
    );
    let reader = narrowed(&widget, " role=read ");
    assert_eq!(attempt(&reader, CLONE)["role"], "read");
    assert_eq!(attempt(&reader, PUSH)["code"], "restriction_insufficient");
    let other = "/acme/other/info/refs?service=git-upload-pack";
    let refused = attempt(&reader, other);
    assert_eq!(refused["code"], "restriction_insufficient");
    assert!(
        refused["text"].as_str().unwrap().contains("acme/other"),
        "{refused}"
    );
    let elsewhere = narrowed(&reader, "networks=198.51.100.0/24");
    assert_eq!(attempt(&elsewhere, CLONE)["code"], "restriction_insufficient");
    let late = narrowed(&reader, "expires=1030");
    assert_eq!(attempt(&late, CLONE)["code"], "token_expired");
}

#[wasm_bindgen_test]
fn says_why_a_token_cannot_be_narrowed() {
    let token = minted("read");
    let nine = "role=read\n".repeat(9);
    for (token, restrictions) in [
        (&*token, "repositories=acme"),
        (&*token, "role=admin"),
        (&*token, "owner=alice"),
        (&*token, &*nine),
        ("hub_abc", "role=read"),
        ("", "role=read"),
    ] {
        let refused = read(&narrow(token, restrictions));
        assert!(refused["error"].is_string(), "{refused}");
    }
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
    let with = |role, membership| read(&reason("GET", PUSH, b"", role, "", "", membership));
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
        assert_eq!(refused["answers"].as_array().unwrap().len(), Client::ALL.len());
        let steps = refused["steps"].as_array().unwrap();
        assert_eq!(steps.last().unwrap()["holds"], false, "{refused}");
    }
    let limited = |restrictions, address| read(&reason("GET", PUSH, b"", "write", restrictions, address, ""));
    let both = "repositories=acme/*\nnetworks=203.0.113.0/24";
    assert!(allowed(&limited(both, "203.0.113.7")));
    assert_eq!(limited(both, "")["code"], "restriction_insufficient");
    assert_eq!(
        limited("repositories=acme/other", "")["code"],
        "restriction_insufficient"
    );
    assert!(limited("repositories", "")["error"].is_string());
    assert!(with("admin", "")["error"].is_string());
    assert!(with("write", "emperor")["error"].is_string());
}
