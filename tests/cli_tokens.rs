//! `lychgate tokens` and `lychgate audit` against a stand-in for a gate, which gives scripted responses. `tests/edge`
//! tests the responses of a real gate.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod stand_in;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stand_in::{
    ADMIN_KEY, Ran, Response, StandIn, answer, bare, done, fails_with, file, lychgate, parsed, problem, ran,
};

/// A token's text.
const TOKEN: &str = "hub_AQEBZ7bLAAAAAAAAAAAAAAAAB2FsaWNlxgWbm2cB9XVgTfRyBzDzqIPbYFE";

fn record(id: &str, name: &str) -> Value {
    json!({
        "id": id, "subject": "alice", "name": name, "role": "read", "restrictions": [], "state": "live", "issued_at": 1_767_225_600,
        "expires_at": null, "revoked_at": null, "revocation_reason": null, "replaced_by": null, "last_used_on": null
    })
}

fn with(mut object: Value, fields: Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    object.as_object_mut().unwrap().extend(fields);
    object
}

fn created() -> Value {
    with(record("0-7", "laptop"), json!({ "token": TOKEN }))
}

fn entry(id: &str, action: &str) -> Value {
    json!({
        "id": id, "at": 1_767_225_600, "actor": "admin", "action": action, "subject": "alice", "token": "0-7",
        "replaces": null, "reason": null, "restricted": null
    })
}

const CREATE: &str = "tokens create --subject alice --name laptop --role read";

// Creating

#[test]
fn creates_a_token_and_prints_it_alone() {
    let gate = StandIn::new([answer(201, created())]);
    let ran = done(lychgate(&gate, CREATE));
    assert_eq!(ran.out, format!("{TOKEN}\n"));
    for fact in ["0-7", "alice", "laptop", "read", "01 Jan 2026", "never"] {
        assert!(ran.err.contains(fact), "{}", ran.err);
    }
    assert!(!ran.err.contains(TOKEN));
    let asked = gate.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "POST /-/api/subjects/alice/tokens");
    assert_eq!(
        asked[0].header("authorization"),
        Some("Bearer correct/horse.battery")
    );
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    assert_eq!(asked[0].header("idempotency-key").unwrap().len(), 22);
    assert_eq!(
        parsed(&asked[0].body),
        json!({ "name": "laptop", "role": "read", "expires_in": 90 * 86_400 })
    );
}

#[test]
fn creates_tokens_that_never_expire_only_when_told() {
    let gate = StandIn::new([answer(201, created()), answer(201, created())]);
    done(lychgate(&gate, &format!("{CREATE} --expires-in never")));
    done(lychgate(&gate, &format!("{CREATE} --expires-in 12h")));
    let asked = gate.asked();
    assert_eq!(
        parsed(&asked[0].body),
        json!({ "name": "laptop", "role": "read" })
    );
    assert_eq!(parsed(&asked[1].body)["expires_in"], 12 * 3600);
    assert_ne!(
        asked[0].header("idempotency-key"),
        asked[1].header("idempotency-key")
    );
}

#[test]
fn creates_a_token_that_is_limited_as_told() {
    let restrictions = json!([
        { "repositories": ["acme/widget", "datasets/acme/*"] }, { "areas": ["git"] }, { "networks": ["203.0.113.0/24"] },
        { "requests": ["POST /v1/chat/completions"] }
    ]);
    let whole = with(created(), json!({ "restrictions": restrictions }));
    let gate = StandIn::new([answer(201, whole)]);
    let options = "--repo acme/widget --repo datasets/acme/* --area git --network 203.0.113.0/24 --request";
    let mut command = lychgate(&gate, &format!("{CREATE} {options}"));
    command.arg("POST /v1/chat/completions");
    let ran = done(command);
    let said = "acme/widget, datasets/acme/*; git; 203.0.113.0/24; POST /v1/chat/completions";
    assert!(ran.err.contains(said), "{}", ran.err);
    assert_eq!(parsed(&gate.asked()[0].body)["restrictions"], restrictions);
    // What no token can be limited to is not asked for.
    let gate = StandIn::new([]);
    let ran = fails_with(2, lychgate(&gate, &format!("{CREATE} --network 203.0.113.7/24")));
    assert!(ran.err.contains("networks are address blocks"), "{}", ran.err);
}

#[test]
fn prints_the_whole_answer_as_json() {
    let whole = with(created(), json!({ "yet_unknown": [1] }));
    let gate = StandIn::new([answer(201, whole.clone())]);
    let ran = done(lychgate(&gate, &format!("{CREATE} --json")));
    assert_eq!(ran.out.lines().count(), 1);
    assert_eq!(parsed(&ran.out), whole);
    assert_eq!(ran.err, "");
}

#[test]
fn asks_once_more_for_the_same_token_when_the_answer_is_lost() {
    for lost in [Response::Nothing, Response::Part] {
        let gate = StandIn::new([lost, answer(201, created())]);
        let ran = done(lychgate(&gate, CREATE));
        assert_eq!(ran.out, format!("{TOKEN}\n"));
        let asked = gate.asked();
        assert_eq!(asked.len(), 2);
        assert!(asked[0].header("idempotency-key").is_some());
        assert_eq!(
            asked[0].header("idempotency-key"),
            asked[1].header("idempotency-key")
        );
        assert_eq!((&asked[0].line, &asked[0].body), (&asked[1].line, &asked[1].body));
    }
}

#[test]
fn tells_how_to_find_out_when_the_answer_is_lost_twice() {
    let refresh = "tokens refresh 0-7 --subject alice";
    for command in [CREATE, refresh] {
        let gate = StandIn::new([Response::Nothing, Response::Part]);
        let ran = fails_with(3, lychgate(&gate, command));
        assert_eq!(ran.out, "");
        assert!(ran.err.contains("lychgate tokens list"), "{}", ran.err);
        assert_eq!(gate.asked().len(), 2);
    }
}

#[test]
fn asks_again_for_nothing_that_was_answered() {
    let gate = StandIn::new([problem(503, "ledger_unavailable", "the ledger cannot be reached")]);
    fails_with(3, lychgate(&gate, CREATE));
    assert_eq!(gate.asked().len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn says_which_token_was_lost_when_it_cannot_be_printed() {
    for json in ["", " --json"] {
        let gate = StandIn::new([answer(201, created())]);
        let mut command = lychgate(&gate, &format!("{CREATE}{json}"));
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert!(
            err.contains("lychgate tokens revoke 0-7 --subject alice"),
            "{err}"
        );
        assert!(!err.contains(TOKEN));
    }
}

// Refreshing

#[test]
fn refreshes_a_token_and_prints_the_new_one_alone() {
    let list = json!({ "shard": 0, "version": 12, "published": false });
    let replaces = json!({ "replaces": { "id": "0-7", "revoked_at": 1_767_225_600, "list": list } });
    let whole = with(with(created(), json!({ "id": "0-8" })), replaces);
    let gate = StandIn::new([answer(201, whole.clone()), answer(201, whole.clone())]);
    let ran = done(lychgate(&gate, "tokens refresh 0-7 --subject alice"));
    assert_eq!(ran.out, format!("{TOKEN}\n"));
    for fact in [
        "0-8",
        "0-7, which is revoked",
        "version 12 of the list of shard 0",
        "not yet",
    ] {
        assert!(ran.err.contains(fact), "{}", ran.err);
    }
    let ran = done(lychgate(&gate, "tokens refresh 0-7 --subject alice --json"));
    assert_eq!(parsed(&ran.out), whole);
    let asked = gate.asked();
    assert_eq!(asked[0].line, "POST /-/api/subjects/alice/tokens/0-7/refresh");
    assert_eq!(
        (asked[0].body.as_str(), asked[0].header("content-type")),
        ("", None)
    );
    assert_eq!(asked[0].header("content-length"), Some("0"));
    assert!(asked[0].header("idempotency-key").is_some());
}

#[test]
fn refreshes_with_grace_and_another_lifetime() {
    let replaces = json!({ "replaces": { "id": "0-7", "revoked_at": 4_000_000_000_u32, "list": null } });
    let gate = StandIn::new([Response::Nothing, answer(201, with(created(), replaces))]);
    let ran = done(lychgate(
        &gate,
        "tokens refresh 0-7 --subject alice --grace 1h --expires-in 2d",
    ));
    assert!(ran.err.contains("works until"), "{}", ran.err);
    let asked = gate.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert_eq!(
            asked.line,
            "POST /-/api/subjects/alice/tokens/0-7/refresh?grace=3600"
        );
        assert_eq!(parsed(&asked.body), json!({ "expires_in": 172_800 }));
    }
}

// Listing

#[test]
fn lists_every_page_as_a_table() {
    let used = with(
        record("0-1742", "training notebook"),
        json!({
            "role": "write", "expires_at": 1_775_001_600,
            "restrictions": [{ "repositories": ["acme/a", "acme/b", "acme/c"] }, { "expires": 7 }], "last_used_on": "2026-01-02", "state": "in_grace",
            "revoked_at": 1_767_229_200, "revocation_reason": "refreshed", "replaced_by": "0-1743"
        }),
    );
    let gate = StandIn::new([
        answer(
            200,
            json!({ "tokens": [record("0-7", "laptop"), used], "next": "c_2-", "unanswered_shards": [] }),
        ),
        answer(
            200,
            json!({ "tokens": [record("1-9", "\u{1b}[2Jphone")], "next": null, "unanswered_shards": [] }),
        ),
    ]);
    let ran = done(lychgate(&gate, "tokens list --subject alice"));
    assert_eq!(
        ran.out.lines().collect::<Vec<_>>(),
        [
            "id      name               role   limited to                                           created               \
             last used   expires               state",
            "0-7     laptop             read   -                                                    2026-01-01T00:00:00Z  \
             -           never                 live",
            "0-1742  training notebook  write  acme/a, acme/b, 1 more; before 1970-01-01T00:00:07Z  \
             2026-01-01T00:00:00Z  2026-01-02  2026-04-01T00:00:00Z  in_grace \
             (refreshed, 2026-01-01T01:00:00Z, now 0-1743)",
            "1-9     \\u{1b}[2Jphone     read   -                                                    2026-01-01T00:00:00Z  \
             -           never                 live",
        ]
    );
    assert_eq!(
        gate.lines(),
        [
            "GET /-/api/subjects/alice/tokens?limit=100",
            "GET /-/api/subjects/alice/tokens?limit=100&cursor=c_2-",
        ]
    );
}

#[test]
fn lists_one_json_object_a_line() {
    let whole = with(record("0-7", "laptop"), json!({ "yet_unknown": true }));
    let gate = StandIn::new([
        answer(
            200,
            json!({ "tokens": [whole], "next": "a", "unanswered_shards": [] }),
        ),
        answer(
            200,
            json!({ "tokens": [record("0-8", "phone")], "next": null, "unanswered_shards": [] }),
        ),
    ]);
    let ran = done(lychgate(&gate, "tokens list --subject alice --all --json"));
    let lines: Vec<Value> = ran.out.lines().map(parsed).collect();
    assert_eq!(lines, [whole, record("0-8", "phone")]);
    assert_eq!(
        gate.lines()[1],
        "GET /-/api/subjects/alice/tokens?state=all&limit=100&cursor=a"
    );
}

#[test]
fn says_that_there_are_none_beside_the_output() {
    let none = || {
        answer(
            200,
            json!({ "tokens": [], "next": null, "unanswered_shards": [] }),
        )
    };
    let gate = StandIn::new([none(), none()]);
    let ran = done(lychgate(&gate, "tokens list --subject alice"));
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "No live tokens.\n"));
    let ran = done(lychgate(&gate, "tokens list --subject alice --json"));
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
}

#[test]
fn follows_no_cursor_in_a_circle() {
    for cursor in ["a", "b&state=all", ""] {
        let page = || {
            answer(
                200,
                json!({ "tokens": [], "next": cursor, "unanswered_shards": [] }),
            )
        };
        let gate = StandIn::new([page(), page(), page()]);
        let ran = fails_with(3, lychgate(&gate, "tokens list --subject alice"));
        assert!(ran.err.contains("leads nowhere"), "{}", ran.err);
        assert!(gate.asked().len() <= 2);
    }
}

// Revoking

#[test]
fn tells_in_which_list_version_a_revocation_takes_effect() {
    let revocation = |revoked: u32, published: bool| {
        let list = json!({ "shard": 3, "version": 12, "published": published });
        json!({ "revoked": revoked, "more": false, "lists": [list], "unanswered_shards": [] })
    };
    let gate = StandIn::new([
        answer(200, revocation(1, true)),
        answer(202, revocation(0, false)),
        answer(202, revocation(1, false)),
        answer(
            200,
            json!({ "revoked": 0, "more": false, "lists": [], "unanswered_shards": [] }),
        ),
    ]);
    let published = done(lychgate(&gate, "tokens revoke 3-7 --subject alice --wait 30")).out;
    assert!(
        published.starts_with(
            "revoked       1 token\ntakes effect  in version 12 of the list of shard 3\nin force      yes"
        ),
        "{published}"
    );
    let before = done(lychgate(&gate, "tokens revoke 3-7 --subject alice")).out;
    assert!(
        before.contains("revoked       nothing") && before.contains("in force      not yet"),
        "{before}"
    );
    let json = done(lychgate(&gate, "tokens revoke 3-7 --subject alice --json")).out;
    assert_eq!(parsed(&json), revocation(1, false));
    let expired = done(lychgate(&gate, "tokens revoke 3-7 --subject alice --wait 1")).out;
    assert!(expired.contains("in force      yes"), "{expired}");
    assert_eq!(
        gate.lines(),
        [
            "DELETE /-/api/subjects/alice/tokens/3-7?wait=30",
            "DELETE /-/api/subjects/alice/tokens/3-7",
            "DELETE /-/api/subjects/alice/tokens/3-7",
            "DELETE /-/api/subjects/alice/tokens/3-7?wait=1",
        ]
    );
}

#[test]
fn fails_when_it_waited_for_a_list_that_did_not_come() {
    let list = json!({ "shard": 0, "version": 12, "published": false });
    let gate = StandIn::new([answer(
        202,
        json!({ "revoked": 1, "more": false, "lists": [list], "unanswered_shards": [] }),
    )]);
    let ran = fails_with(3, lychgate(&gate, "tokens revoke 0-7 --subject alice --wait 2"));
    assert!(ran.out.contains("version 12"), "{}", ran.out);
    assert!(ran.err.contains("still not published"), "{}", ran.err);
}

#[test]
fn revokes_nothing_twice_of_its_own_accord() {
    let gate = StandIn::new([Response::Nothing]);
    let ran = fails_with(3, lychgate(&gate, "tokens revoke 0-7 --subject alice"));
    assert!(ran.err.contains("run this again"), "{}", ran.err);
    assert_eq!(gate.asked().len(), 1);
}

#[test]
fn revokes_all_only_when_told_twice() {
    let page = json!({ "tokens": [record("0-7", "laptop"), record("0-8", "phone")], "next": null, "unanswered_shards": [] });
    let lists = json!([
        { "shard": 0, "version": 12, "published": true },
        { "shard": 1, "version": 4, "published": true }
    ]);
    let gate = StandIn::new([
        answer(200, page),
        answer(
            200,
            json!({ "tokens": [], "next": null, "unanswered_shards": [] }),
        ),
        answer(
            200,
            json!({ "revoked": 2, "more": false, "lists": lists, "unanswered_shards": [] }),
        ),
    ]);
    let asked = fails_with(2, lychgate(&gate, "tokens revoke-all --subject alice"));
    assert!(
        asked.out.contains("0-7") && asked.out.contains("phone"),
        "{}",
        asked.out
    );
    assert!(
        asked.err.contains("2 live tokens of alice; to do it, add --yes"),
        "{}",
        asked.err
    );
    fails_with(2, lychgate(&gate, "tokens revoke-all --subject alice"));
    let revoked = done(lychgate(
        &gate,
        "tokens revoke-all --subject alice --yes --wait 30",
    ));
    for fact in [
        "2 tokens",
        "version 12 of the list of shard 0",
        "version 4 of the list of shard 1",
    ] {
        assert!(revoked.out.contains(fact), "{}", revoked.out);
    }
    assert_eq!(
        gate.lines(),
        [
            "GET /-/api/subjects/alice/tokens?limit=100",
            "GET /-/api/subjects/alice/tokens?limit=100",
            "DELETE /-/api/subjects/alice/tokens?wait=30",
        ]
    );
}

// Audit

#[test]
fn shows_what_changed_up_to_the_limit() {
    let page = |first: u32, count: u32, next: Option<&str>| {
        let entries: Vec<Value> = (first..first + count)
            .map(|n| entry(&format!("0-{n}"), "created"))
            .collect();
        answer(
            200,
            json!({ "entries": entries, "next": next, "unanswered_shards": [] }),
        )
    };
    let gate = StandIn::new([page(0, 100, Some("a")), page(100, 50, Some("b"))]);
    let ran = done(lychgate(&gate, "audit --limit 150"));
    assert_eq!(ran.out.lines().count(), 151);
    assert_eq!(
        gate.lines(),
        ["GET /-/api/audit?limit=100", "GET /-/api/audit?limit=50&cursor=a"]
    );
    let gate = StandIn::new([page(0, 100, Some("a")), page(100, 1, None)]);
    let ran = done(lychgate(&gate, "audit --subject alice --json"));
    assert_eq!(ran.out.lines().count(), 101);
    assert_eq!(parsed(ran.out.lines().next().unwrap()), entry("0-0", "created"));
    assert_eq!(
        gate.lines(),
        [
            "GET /-/api/audit?subject=alice&limit=100",
            "GET /-/api/audit?subject=alice&limit=100&cursor=a"
        ]
    );
}

#[test]
fn shows_changes_as_a_table() {
    let refreshed = with(
        entry("0-3", "refreshed"),
        json!({ "token": "0-8", "replaces": "0-7", "restricted": true }),
    );
    let leaked = with(
        entry("0-2", "revoked"),
        json!({ "actor": "github", "subject": null, "reason": "reported" }),
    );
    let gate = StandIn::new([answer(
        200,
        json!({ "entries": [refreshed, leaked], "next": null, "unanswered_shards": [] }),
    )]);
    assert_eq!(
        done(lychgate(&gate, "audit")).out.lines().collect::<Vec<_>>(),
        [
            "when                  who     what       token  subject  details",
            "2026-01-01T00:00:00Z  admin   refreshed  0-8    alice    replaces 0-7, restricted",
            "2026-01-01T00:00:00Z  github  revoked    0-7    -        reported",
        ]
    );
}

// Errors

#[test]
fn passes_on_why_the_gate_refused() {
    for (status, code) in [
        (400, "parameter_invalid"),
        (401, "admin_required"),
        (403, "admin_required"),
        (403, "subject_blocked"),
        (404, "not_found"),
        (409, "name_taken"),
        (422, "idempotency_key_reused"),
    ] {
        let gate = StandIn::new([problem(status, code, "it is \u{1b}so")]);
        let ran = fails_with(1, lychgate(&gate, CREATE));
        assert!(
            ran.err.starts_with(&format!("{code}: it is \\u{{1b}}so")),
            "{}",
            ran.err
        );
        assert_eq!(
            ran.err.contains("LYCHGATE_ADMIN_KEY"),
            code == "admin_required",
            "{}",
            ran.err
        );
        assert_eq!(ran.out, "");
    }
}

#[test]
fn a_grace_period_is_a_week_at_most() {
    let gate = StandIn::new([]);
    let ran = fails_with(
        2,
        lychgate(&gate, "tokens refresh 0-7 --subject alice --grace 169h"),
    );
    assert!(ran.err.contains("a grace period is at most 7d"), "{}", ran.err);
    assert!(gate.lines().is_empty());
}

#[test]
fn tells_when_to_try_again() {
    let gate = StandIn::new([
        problem(503, "ledger_unavailable", "the ledger cannot be reached"),
        Response::Answer(
            503,
            &[],
            "{\"code\":\"gate_trapped\",\"detail\":\"d\"}".to_owned(),
        ),
    ]);
    let ran = fails_with(3, lychgate(&gate, "audit"));
    assert!(
        ran.err
            .contains("ledger_unavailable: the ledger cannot be reached; try again in 7 s"),
        "{}",
        ran.err
    );
    let ran = fails_with(3, lychgate(&gate, "audit"));
    assert!(
        ran.err.contains("gate_trapped: d; try again later"),
        "{}",
        ran.err
    );
}

#[test]
fn tells_a_gate_from_what_is_none() {
    let elsewhere = StandIn::new([]);
    let location: &'static str = format!("{}/-/api/audit", elsewhere.url).leak();
    let redirect: &'static [(&str, &str)] = Box::leak(Box::new([("Location", location)]));
    let html = || "<html>hello</html>".to_owned();
    for response in [
        Response::Answer(200, &[], html()),
        Response::Answer(404, &[], html()),
        Response::Answer(502, &[("Retry-After", "7")], html()),
        Response::Answer(302, redirect, String::new()),
        Response::Answer(307, redirect, String::new()),
        answer(200, json!({ "entries": "?" })),
        answer(404, json!({ "message": "Not Found" })),
    ] {
        let gate = StandIn::new([response]);
        let ran = fails_with(3, lychgate(&gate, "audit"));
        assert!(
            ran.err.contains(&gate.url) && ran.err.contains("LYCHGATE_URL"),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains("hello"), "{}", ran.err);
    }
    assert!(elsewhere.asked().is_empty(), "a redirect was followed");
    for response in [
        Response::Noise,
        Response::Answer(200, &[], " ".repeat(2 * 1024 * 1024)),
    ] {
        let gate = StandIn::new([response]);
        fails_with(3, lychgate(&gate, "audit"));
    }
}

#[test]
fn tells_where_no_gate_was_reached() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = bare(CREATE);
    command.env("LYCHGATE_ADMIN_KEY", ADMIN_KEY);
    command.arg("--url").arg(format!("http://{closed}"));
    let started = Instant::now();
    let ran = fails_with(3, command);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(
        ran.err.contains(&format!("http://{closed} could not be reached"))
            && ran.err.contains("LYCHGATE_URL"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("tokens list"), "{}", ran.err);
    let mut command = bare("audit --url https://gate.invalid");
    command.env("LYCHGATE_ADMIN_KEY", ADMIN_KEY);
    let ran = fails_with(3, command);
    assert!(
        ran.err.contains("https://gate.invalid could not be reached"),
        "{}",
        ran.err
    );
}

#[test]
fn sends_the_admin_key_over_no_plain_connection() {
    for url in [
        "http://gate.example",
        "http://192.0.2.1:8787",
        "http://127.0.0.1.example",
    ] {
        let mut command = bare("audit");
        command.env("LYCHGATE_ADMIN_KEY", ADMIN_KEY).args(["--url", url]);
        let ran = fails_with(2, command);
        assert!(
            ran.err.contains("plain http") && ran.err.contains("use https://"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn sends_the_admin_key_through_no_proxy_on_this_machine() {
    let proxy = StandIn::new([]);
    let gate = StandIn::new([answer(
        200,
        json!({ "entries": [], "next": null, "unanswered_shards": [] }),
    )]);
    let mut command = lychgate(&gate, "audit");
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env(name, &proxy.url);
    }
    done(command);
    assert!(proxy.asked().is_empty());
}

#[test]
fn tells_what_is_needed() {
    let mut command = bare("audit");
    command
        .env("LYCHGATE_ADMIN_KEY", ADMIN_KEY)
        .env("LYCHGATE_URL", "");
    let ran = fails_with(2, command);
    assert!(
        ran.err.contains("LYCHGATE_URL") && ran.err.contains("--url"),
        "{}",
        ran.err
    );
    for key in ["", "two words", "é"] {
        let mut command = bare("audit --url http://127.0.0.1:1");
        command.env("LYCHGATE_ADMIN_KEY", key);
        let ran = fails_with(3, command);
        assert!(
            ran.err.contains("LYCHGATE_ADMIN_KEY") && !ran.err.contains("two words"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn reads_the_admin_key_from_a_file_as_well() {
    let page = || {
        answer(
            200,
            json!({ "entries": [], "next": null, "unanswered_shards": [] }),
        )
    };
    for (number, end) in ["", "\n", "\r\n", "\n\n"].iter().enumerate() {
        let gate = StandIn::new([page()]);
        let key = file(&format!("admin-key-{number}"), &format!("from-file{end}"));
        let mut command = lychgate(&gate, "audit --admin-key-file");
        command.arg(key);
        done(command);
        assert_eq!(gate.asked()[0].header("authorization"), Some("Bearer from-file"));
    }
    for content in ["", "\n", "a\nb\n"] {
        let gate = StandIn::new([]);
        let mut command = lychgate(&gate, "audit --admin-key-file");
        command.arg(file("admin-key-wrong", content));
        let ran = fails_with(3, command);
        assert!(ran.err.contains("expected one line"), "{}", ran.err);
        assert!(gate.asked().is_empty());
    }
}

#[test]
fn takes_no_admin_key_as_an_argument() {
    fails_with(
        2,
        bare(&format!("audit --url http://127.0.0.1:1 --admin-key {ADMIN_KEY}")),
    );
}

#[test]
fn refuses_arguments_outside_their_form_before_it_asks() {
    let gate = StandIn::new([]);
    for arguments in [
        "tokens create --subject a/b --name x --role read",
        "tokens create --subject a --name x --role admin",
        "tokens create --subject a --name x --role read --expires-in 90",
        "tokens refresh 7 --subject a",
        "tokens refresh 0-7 --subject a --grace 1",
        "tokens revoke 0-07 --subject a",
        "tokens revoke 0-7",
        "tokens revoke 0-7 --subject a --wait 31",
        "tokens revoke-all --yes",
        "audit --limit 0",
    ] {
        fails_with(2, lychgate(&gate, arguments));
    }
    assert!(gate.asked().is_empty());
}

#[test]
fn says_what_is_wrong_before_it_asks() {
    let gate = StandIn::new([]);
    let create = "tokens create --subject a --name x --role read --expires-in";
    for (arguments, reason) in [
        (format!("{create} 90"), "a unit is missing: 90d is 90 days"),
        (format!("{create} 1month"), "there is no unit `month`"),
        (
            format!("{create} 100000d"),
            "a token is valid for 3650 days at most",
        ),
        (
            "tokens refresh 0-7 --subject a --expires-in 11y".to_owned(),
            "a token is valid for 3650 days at most",
        ),
        (
            format!("tokens create --subject a --role read --name {}", "x".repeat(97)),
            "a name is 1 to 96 characters",
        ),
    ] {
        let ran = fails_with(2, lychgate(&gate, &arguments));
        assert!(ran.err.contains(reason), "{arguments}: {}", ran.err);
    }
    let mut nameless = lychgate(&gate, "tokens create --subject a --role read --name");
    nameless.arg("");
    let ran = fails_with(2, nameless);
    assert!(ran.err.contains("a name is 1 to 96 characters"), "{}", ran.err);
    // The gate is named by the environment: usage asks for no option in its place.
    let ran = fails_with(2, lychgate(&gate, "tokens revoke 0-7"));
    assert!(
        ran.err.contains("--subject") && !ran.err.contains("--url"),
        "{}",
        ran.err
    );
    assert!(gate.asked().is_empty());
}

#[test]
fn a_year_has_365_days() {
    let gate = StandIn::new([answer(201, created())]);
    done(lychgate(&gate, &format!("{CREATE} --expires-in 1y")));
    assert!(
        gate.asked()[0].body.contains("\"expires_in\":31536000"),
        "{}",
        gate.asked()[0].body
    );
}

#[test]
fn says_that_there_is_no_such_token() {
    let missing = || {
        let detail = "Nothing is here: the path is no part of the API, or the subject has no such token.";
        answer(
            404,
            json!({ "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found", "detail": detail }),
        )
    };
    let gate = StandIn::new([missing(), missing(), missing()]);
    for command in [
        "tokens delete 0-999",
        "tokens revoke 0-999",
        "tokens refresh 0-999",
    ] {
        let ran = fails_with(1, lychgate(&gate, &format!("{command} --subject alice")));
        assert!(
            ran.err.contains("not_found: alice has no token 0-999"),
            "{}",
            ran.err
        );
        assert!(
            ran.err.contains("tokens list --all --subject alice"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn says_that_what_answers_speaks_no_tls() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = bare("audit");
    command.env("LYCHGATE_ADMIN_KEY", ADMIN_KEY);
    command.env(
        "LYCHGATE_URL",
        format!("https://{}", server.local_addr().unwrap()),
    );
    let plain = std::thread::spawn(move || {
        let (mut client, _) = server.accept().unwrap();
        let _hello = client.read(&mut [0; 512]).unwrap();
        client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let ran = fails_with(3, command);
    assert!(
        ran.err
            .contains("does not speak TLS: the URL may have to begin with http://"),
        "{}",
        ran.err
    );
    plain.join().unwrap();
}

#[test]
fn errors_never_repeat_a_secret() {
    let said = |ran: Ran| ran.out + &ran.err;
    let mut told = Vec::new();
    for command in [
        "audit",
        "tokens list --subject alice",
        "tokens revoke 0-7 --subject alice",
        CREATE,
    ] {
        for status in [401, 409, 500] {
            let detail = format!("you sent Bearer {ADMIN_KEY} and {TOKEN}");
            let gate = StandIn::new([problem(status, "admin_required", &detail)]);
            told.push(said(ran(lychgate(&gate, command))));
        }
        let gate = StandIn::new([answer(200, json!({ "what": ADMIN_KEY, "token": TOKEN }))]);
        told.push(said(ran(lychgate(&gate, command))));
        let gate = StandIn::new([Response::Part, Response::Part]);
        told.push(said(ran(lychgate(&gate, command))));
    }
    let gate = StandIn::new([]);
    for arguments in [
        format!("tokens revoke {TOKEN} --subject alice"),
        format!("tokens refresh {TOKEN} --subject alice"),
        format!("tokens list --subject {TOKEN}"),
        format!("audit --admin-key-file {ADMIN_KEY}"),
        format!("audit --admin-key-file {TOKEN}"),
        format!("audit --url {ADMIN_KEY}"),
        format!("audit --url https://{ADMIN_KEY}"),
        format!("audit --url http://{TOKEN}@127.0.0.1:1"),
        format!("audit --url https://127.0.0.1:1/{TOKEN}"),
    ] {
        told.push(said(ran(lychgate(&gate, &arguments))));
    }
    let mut command = bare("audit");
    command
        .env("LYCHGATE_URL", ADMIN_KEY)
        .env("LYCHGATE_ADMIN_KEY", ADMIN_KEY);
    told.push(said(ran(command)));
    for said in told {
        assert!(!said.is_empty());
        assert!(!said.contains(ADMIN_KEY) && !said.contains("battery"), "{said}");
        assert!(!said.contains(&TOKEN[4..40]), "{said}");
    }
}
