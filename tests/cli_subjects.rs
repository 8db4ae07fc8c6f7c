//! `lychgate subjects` against a stand-in for a gate, which gives scripted responses. `tests/edge` tests the responses of a
//! real gate.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod stand_in;

use serde_json::{Value, json};
use stand_in::{StandIn, answer, done, fails_with, lychgate, parsed, problem};

const PATH: &str = "/-/api/subjects/mallory/block";

fn block(blocked_at: Option<u32>, sessions_revoked_at: Option<u32>) -> Value {
    json!({ "subject": "mallory", "blocked_at": blocked_at, "sessions_revoked_at": sessions_revoked_at, "unanswered_shards": [] })
}

#[test]
fn blocks_unblocks_and_shows_in_one_call_each() {
    for (command, method, answered, shown) in [
        (
            "block",
            "PUT",
            block(Some(1_767_225_600), Some(1_767_225_600)),
            [
                "blocked       since 2026-01-01T00:00:00Z",
                "sessions      revoked at 2026-01-01T00:00:00Z",
            ],
        ),
        (
            "unblock",
            "DELETE",
            block(None, Some(1_767_225_600)),
            [
                "blocked       no",
                "sessions      revoked at 2026-01-01T00:00:00Z",
            ],
        ),
        (
            "show",
            "GET",
            block(None, None),
            ["blocked       no", "sessions      never revoked by an operator"],
        ),
    ] {
        let gate = StandIn::new([answer(200, answered.clone()), answer(200, answered.clone())]);
        let ran = done(lychgate(&gate, &format!("subjects {command} --subject mallory")));
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(lines.len(), 3, "{}", ran.out);
        assert!(
            lines[0].starts_with("subject") && lines[0].ends_with("mallory"),
            "{}",
            ran.out
        );
        for (line, end) in lines[1..].iter().zip(shown) {
            assert!(line.ends_with(end), "{}", ran.out);
        }
        let ran = done(lychgate(
            &gate,
            &format!("subjects {command} --subject mallory --json"),
        ));
        assert_eq!(parsed(&ran.out), answered);
        assert_eq!(
            gate.lines(),
            [format!("{method} {PATH}"), format!("{method} {PATH}")]
        );
    }
}

#[test]
fn says_which_shards_have_to_be_told_again() {
    for (command, blocked_at, again) in [
        ("block", Some(1_767_225_600), "block"),
        ("unblock", None, "unblock"),
        ("show", Some(1_767_225_600), "block"),
        ("show", None, "unblock"),
    ] {
        let mut answered = block(blocked_at, None);
        answered["unanswered_shards"] = json!([3, 7]);
        let gate = StandIn::new([answer(202, answered)]);
        let ran = fails_with(
            3,
            lychgate(&gate, &format!("subjects {command} --subject mallory")),
        );
        assert!(ran.out.contains("mallory"), "{}", ran.out);
        for said in [
            "2 shards did not answer",
            "shard 3",
            &format!("`lychgate subjects {again} --subject mallory`"),
        ] {
            assert!(ran.err.contains(said), "{}", ran.err);
        }
    }
}

#[test]
fn asks_no_gate_about_what_is_no_user() {
    for subject in ["..", ".", "a/b", ""] {
        let gate = StandIn::new([]);
        let ran = fails_with(2, lychgate(&gate, &format!("subjects block --subject={subject}")));
        assert!(ran.err.contains("subject"), "{}", ran.err);
        assert!(gate.lines().is_empty());
    }
}

#[test]
fn says_what_the_gate_says() {
    let gate = StandIn::new([problem(401, "admin_required", "This needs the admin key.")]);
    let ran = fails_with(1, lychgate(&gate, "subjects show --subject mallory"));
    assert!(ran.err.contains("This needs the admin key."), "{}", ran.err);
}
