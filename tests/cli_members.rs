//! `lychgate members` against a stand-in for a gate, which gives scripted responses. `tests/edge` tests the
//! responses of a real gate.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod stand_in;

use serde_json::{Value, json};
use stand_in::{Response, StandIn, answer, bare, done, fails_with, file, lychgate, parsed, problem};

const PATH: &str = "/-/api/subjects/alice/membership";

fn membership(version: u64, memberships: Value, published: bool) -> Value {
    json!({
        "subject": "alice", "version": version, "written_at": 1_767_225_600, "memberships": memberships,
        "published": published
    })
}

// Setting

#[test]
fn sets_all_roles_of_a_subject_in_one_call() {
    let gate = StandIn::new([answer(
        200,
        membership(3, json!({ "acme": "write", "lab": "read" }), true),
    )]);
    let ran = done(lychgate(
        &gate,
        "members set --subject alice acme=write lab=read --wait 30",
    ));
    let facts: Vec<Vec<&str>> = ran
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        facts[..4],
        [
            vec!["subject", "alice"],
            vec!["acme", "write"],
            vec!["lab", "read"],
            vec!["version", "3"]
        ]
    );
    assert!(
        ran.out.contains("2026-01-01T00:00:00Z") && ran.out.ends_with("yes\n"),
        "{}",
        ran.out
    );
    let asked = gate.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, format!("PUT {PATH}?wait=30"));
    assert_eq!(
        asked[0].header("authorization"),
        Some("Bearer correct/horse.battery")
    );
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert_eq!(parsed(&asked[0].body), json!({ "acme": "write", "lab": "read" }));
}

#[test]
fn sets_what_stands_in_a_file() {
    let roles = file("roles.json", r#"{"acme":"no_access"}"#);
    let gate = StandIn::new([answer(202, membership(1, json!({ "acme": "no_access" }), false))]);
    let ran = done(lychgate(
        &gate,
        &format!("members set --subject alice --file {}", roles.display()),
    ));
    assert!(ran.out.contains("not yet"), "{}", ran.out);
    assert_eq!(gate.lines(), [format!("PUT {PATH}")]);
    assert_eq!(parsed(&gate.asked()[0].body), json!({ "acme": "no_access" }));
}

#[test]
fn asks_no_gate_for_what_is_no_role() {
    let twice = file("twice.json", r#"{"acme":"read","acme":"write"}"#);
    for (roles, said) in [
        (
            "acme".to_owned(),
            "acme: expected NAMESPACE=ROLE, such as acme=write",
        ),
        ("acme=owner".to_owned(), "acme=owner: "),
        ("acme=Write".to_owned(), "acme=Write: "),
        ("a/b=write".to_owned(), "a/b=write: "),
        ("acme=read acme=write".to_owned(), "acme=write: "),
        (format!("--file {}", twice.display()), "twice.json: "),
        (String::new(), "NAMESPACE=ROLE"),
        (
            format!("acme=read --file {}", twice.display()),
            "cannot be used with",
        ),
        ("acme=read --wait 31".to_owned(), "31"),
    ] {
        let gate = StandIn::new([]);
        let ran = fails_with(
            2,
            lychgate(&gate, &format!("members set --subject alice {roles}")),
        );
        assert!(ran.err.contains(said), "{}", ran.err);
        assert!(gate.lines().is_empty());
    }
    let gate = StandIn::new([]);
    let ran = fails_with(
        3,
        lychgate(&gate, "members set --subject alice --file nowhere.json"),
    );
    assert!(ran.err.contains("nowhere.json could not be read"), "{}", ran.err);
}

#[test]
fn waiting_in_vain_fails_and_says_that_nothing_is_lost() {
    for command in [
        "set --subject alice acme=read --wait 5",
        "remove --subject alice --wait 5",
    ] {
        let gate = StandIn::new([answer(202, membership(4, json!({}), false))]);
        let ran = fails_with(3, lychgate(&gate, &format!("members {command}")));
        assert!(ran.out.contains("not yet"), "{}", ran.out);
        assert!(
            ran.err.contains("after 5 s it is not published yet"),
            "{}",
            ran.err
        );
    }
}

// Showing

#[test]
fn shows_what_a_subject_is() {
    let never = json!({
        "subject": "alice", "version": 0, "written_at": null, "memberships": {}, "published": true
    });
    let gate = StandIn::new([answer(200, never.clone()), answer(200, never.clone())]);
    let ran = done(lychgate(&gate, "members get --subject alice"));
    assert!(ran.out.contains("no organization"), "{}", ran.out);
    assert!(!ran.out.contains("changed"), "{}", ran.out);
    let ran = done(lychgate(&gate, "members get --subject alice --json"));
    assert_eq!(parsed(&ran.out), never);
    assert_eq!(gate.lines(), [format!("GET {PATH}"), format!("GET {PATH}")]);
}

// Removing

#[test]
fn takes_a_subject_out_of_all_organizations() {
    let gate = StandIn::new([answer(200, membership(5, json!({}), true))]);
    let ran = done(lychgate(&gate, "members remove --subject alice"));
    assert!(ran.out.contains("no organization"), "{}", ran.out);
    assert_eq!(gate.lines(), [format!("DELETE {PATH}")]);
    assert_eq!(gate.asked()[0].body, "");
}

// What goes wrong

#[test]
fn shows_what_the_gate_says() {
    let gate = StandIn::new([problem(401, "admin_required", "This needs the admin key.")]);
    let ran = fails_with(1, lychgate(&gate, "members get --subject alice"));
    assert!(
        ran.err.contains("admin_required: This needs the admin key."),
        "{}",
        ran.err
    );
    // An answer that is none: of another gate, or none at all.
    let gate = StandIn::new([answer(
        200,
        json!({ "subject": "alice", "memberships": { "acme": "king" } }),
    )]);
    fails_with(3, lychgate(&gate, "members get --subject alice"));
}

#[test]
fn a_lost_answer_is_asked_for_again_by_hand() {
    for command in ["set --subject alice acme=read", "remove --subject alice"] {
        let gate = StandIn::new([Response::Nothing]);
        let ran = fails_with(3, lychgate(&gate, &format!("members {command}")));
        assert!(ran.err.contains("repeating it is harmless"), "{}", ran.err);
        assert_eq!(gate.lines().len(), 1);
    }
}

#[test]
fn needs_to_know_which_gate() {
    let ran = fails_with(2, bare("members get --subject alice"));
    assert!(
        ran.err.contains("LYCHGATE_URL") || ran.err.contains("--url"),
        "{}",
        ran.err
    );
}
