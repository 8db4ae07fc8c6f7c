//! The command line as its users run it: real runs of the binary.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lychgate::keys::KeyRing;
use lychgate::state::RevocationList;
use lychgate::token::{Claims, Prefix, Role, TokenId, mint};
use serde_json::Value;

/// One run of the binary: arguments, standard input, key ring.
struct Run {
    command: Command,
    input: Vec<u8>,
}

/// What came of a run.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn lychgate(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lychgate"));
    command
        .args(arguments)
        .env_remove("LYCHGATE_KEYS")
        .env_remove("LYCHGATE_WRANGLER");
    Run {
        command,
        input: Vec::new(),
    }
}

impl Run {
    fn keys(mut self, ring: &str) -> Self {
        self.command.env("LYCHGATE_KEYS", ring);
        self
    }

    fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = input.as_ref().to_vec();
        self
    }

    fn output(mut self) -> Output {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // Beside reading: a large input and a large output would wait for each other. Who needs no input closes it.
        let writer = std::thread::spawn(move || {
            let _unread = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }

    fn ran(self) -> Ran {
        let output = self.output();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The output of a run that must succeed.
    fn done(self) -> String {
        let ran = self.ran();
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    }

    /// What standard error says of a run that must end with `code`.
    fn fails_with(self, code: i32) -> String {
        let ran = self.ran();
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        ran.err
    }
}

fn new_ring() -> String {
    lychgate(&["keys", "new"]).done().trim_end().to_owned()
}

fn minted(ring: &str) -> String {
    lychgate(&["mint", "--subject", "alice", "--role", "read", "--serial", "7"])
        .keys(ring)
        .done()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// An empty directory of the test's own.
fn directory(test: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _absent = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

// Keys

#[test]
fn makes_rings_that_differ() {
    let (one, other) = (new_ring(), new_ring());
    assert_ne!(one, other);
    assert_eq!(one.lines().count(), 1);
    assert_eq!(KeyRing::parse(&one).unwrap().active(), 1);
}

#[test]
fn rotation_keeps_old_tokens_valid() {
    let ring = new_ring();
    let token = minted(&ring);
    let rotated = lychgate(&["keys", "rotate"]).keys(&ring).done();
    let facts = lychgate(&["verify", "-", "--json"])
        .keys(&rotated)
        .input(&token)
        .done();
    assert_eq!(json(&facts)["key_id"], 1);
    let newer = minted(&rotated);
    let facts = lychgate(&["verify", "-", "--json"])
        .keys(&rotated)
        .input(&newer)
        .done();
    assert_eq!(json(&facts)["key_id"], 2);
    let err = lychgate(&["verify", "-"]).keys(&ring).input(&newer).fails_with(1);
    assert!(err.starts_with("token_invalid: "), "{err}");
}

#[test]
fn removing_a_key_invalidates_its_tokens_and_no_others() {
    let ring = new_ring();
    let older = minted(&ring);
    let rotated = lychgate(&["keys", "rotate"]).keys(&ring).done();
    let newer = minted(&rotated);
    let rest = lychgate(&["keys", "remove", "1"]).keys(&rotated).done();
    lychgate(&["verify", "-"]).keys(&rest).input(&newer).done();
    let err = lychgate(&["verify", "-"]).keys(&rest).input(&older).fails_with(1);
    assert!(err.starts_with("token_invalid: "), "{err}");
    let err = lychgate(&["keys", "remove", "2"]).keys(&rest).fails_with(2);
    assert!(err.contains("lychgate keys rotate"), "{err}");
    lychgate(&["keys", "remove", "1"]).keys(&rest).fails_with(2);
}

#[test]
fn derived_keys_differ_by_purpose_and_root() {
    let ring = lychgate(&["keys", "rotate"]).keys(&new_ring()).done();
    let mut keys = BTreeSet::new();
    for purpose in ["token", "list", "membership", "assertion", "session", "sign-in"] {
        for id in ["1", "2"] {
            let key = lychgate(&["keys", "derive", purpose, "--key-id", id])
                .keys(&ring)
                .done();
            assert_eq!(key.trim_end().len(), 43, "{purpose} {id}");
            keys.insert(key);
        }
    }
    assert_eq!(keys.len(), 12);
    let active = lychgate(&["keys", "derive", "assertion"]).keys(&ring).done();
    let second = lychgate(&["keys", "derive", "assertion", "--key-id", "2"])
        .keys(&ring)
        .done();
    assert_eq!(active, second);
    let err = lychgate(&["keys", "derive", "assertion", "--key-id", "3"])
        .keys(&ring)
        .fails_with(2);
    assert!(err.contains("no key 3; --key-id must be one of 1, 2"), "{err}");
}

#[test]
fn reads_the_ring_from_a_file_as_well() {
    let file = directory("ring").join("ring.json");
    let ring = new_ring();
    fs::write(&file, format!("{ring}\n")).unwrap();
    let token = minted(&ring);
    lychgate(&["verify", "-", "--keys", text(&file)])
        .input(token)
        .done();
}

#[test]
fn tells_how_to_get_a_ring_where_there_is_none() {
    for run in [
        lychgate(&["verify", "-"]),
        lychgate(&["verify", "-"]).keys(""),
        lychgate(&["verify", "-"]).keys("{}"),
        lychgate(&["verify", "-", "--keys", "/nowhere/ring.json"]),
    ] {
        let err = run.fails_with(3);
        assert!(err.contains("lychgate keys new"), "{err}");
    }
}

// Tokens

#[test]
fn verifies_what_it_mints() {
    let ring = new_ring();
    let minted = lychgate(&[
        "mint",
        "--json",
        "--subject",
        "bob",
        "--role",
        "write",
        "--serial",
        "1742",
        "--shard",
        "3",
        "--expires-in",
        "1d 12h",
        "--prefix",
        "acme",
    ])
    .keys(&ring)
    .done();
    let minted = json(&minted);
    let token = minted["token"].as_str().unwrap();
    assert!(token.starts_with("acme_"));
    for end in ["", "\n", "\r\n", "\n\n"] {
        let facts = lychgate(&["verify", "-", "--json", "--prefix", "acme"])
            .keys(&ring)
            .input(format!("{token}{end}"))
            .done();
        let facts = json(&facts);
        assert_eq!(facts["id"], "3-1742");
        assert_eq!(facts["subject"], "bob");
        assert_eq!(facts["role"], "write");
        assert_eq!(facts["issued_at"], minted["issued_at"]);
        assert_eq!(
            facts["expires_at"].as_u64().unwrap(),
            minted["issued_at"].as_u64().unwrap() + 36 * 60 * 60
        );
    }
    let err = lychgate(&["verify", "-", "--prefix", "acme"])
        .keys(&ring)
        .input(format!("{token}\n "))
        .fails_with(1);
    assert!(err.starts_with("token_invalid: "), "{err}");
}

#[test]
fn prints_a_token_alone_and_its_claims_for_people() {
    let ring = new_ring();
    let token = minted(&ring);
    assert_eq!(token.lines().count(), 1);
    let facts = lychgate(&["verify", "-"]).keys(&ring).input(&token).done();
    for fact in ["0-7", "alice", "read", "GMT", "not checked"] {
        assert!(facts.contains(fact), "{facts}");
    }
    assert!(!facts.contains(token.trim_end()));
}

#[test]
fn mints_tokens_that_never_expire_only_when_told() {
    let mint = [
        "mint",
        "--json",
        "--subject",
        "a",
        "--role",
        "read",
        "--serial",
        "0",
    ];
    let ring = new_ring();
    let never = [&mint[..], &["--expires-in", "never"]].concat();
    assert!(json(&lychgate(&never).keys(&ring).done())["expires_at"].is_null());
    assert!(json(&lychgate(&mint).keys(&ring).done())["expires_at"].is_u64());
}

#[test]
fn refuses_claims_outside_their_form() {
    let ring = new_ring();
    let mint = ["mint", "--subject", "a", "--role", "read", "--serial", "0"];
    for wrong in [
        ["--subject", "a b"],
        ["--role", "admin"],
        ["--serial", "-1"],
        ["--shard", "65536"],
        ["--prefix", "Hub"],
        ["--expires-in", "90"],
        ["--expires-in", "0s"],
        ["--expires-in", "100y"],
    ] {
        let mut arguments = mint.to_vec();
        if let Some(at) = arguments.iter().position(|argument| *argument == wrong[0]) {
            arguments[at + 1] = wrong[1];
        } else {
            arguments.extend(wrong);
        }
        lychgate(&arguments).keys(&ring).fails_with(2);
    }
}

#[test]
fn refuses_a_forged_token() {
    let token = minted(&new_ring());
    let err = lychgate(&["verify", "-"])
        .keys(&new_ring())
        .input(&token)
        .fails_with(1);
    assert!(err.starts_with("token_invalid: the HMAC does not match"), "{err}");
}

#[test]
fn refuses_a_mistyped_token() {
    let ring = new_ring();
    let token = minted(&ring).replacen("_AgE", "_AgI", 1);
    let err = lychgate(&["verify", "-"]).keys(&ring).input(&token).fails_with(1);
    assert!(
        err.starts_with("token_invalid: the checksum does not match"),
        "{err}"
    );
    for input in [&b""[..], b"\n", b"hub_\xff", b"Bearer x", &[b'a'; 100_000]] {
        let err = lychgate(&["verify", "-"]).keys(&ring).input(input).fails_with(1);
        assert!(err.starts_with("token_invalid: "), "{err}");
    }
}

#[test]
fn refuses_a_token_of_another_prefix() {
    let ring = new_ring();
    let err = lychgate(&["verify", "-", "--prefix", "hug"])
        .keys(&ring)
        .input(minted(&ring))
        .fails_with(1);
    assert!(err.starts_with("token_invalid: the prefix"), "{err}");
}

#[test]
fn refuses_an_expired_token() {
    let ring = new_ring();
    let claims = Claims {
        role: Role::Read,
        subject: "alice".parse().unwrap(),
        id: TokenId { shard: 0, serial: 7 },
        issued_at: 1_000,
        expires_at: Some(2_000),
        bearer: lychgate::token::BearerKind::User,
        restrictions: lychgate::token::Restrictions::default(),
    };
    let token = mint(&claims, &Prefix::default(), &KeyRing::parse(&ring).unwrap()).unwrap();
    let err = lychgate(&["verify", "-"])
        .keys(&ring)
        .input(token.as_bytes())
        .fails_with(1);
    assert_eq!(
        err,
        "token_expired: token 0-7 expired on Thu, 01 Jan 1970 00:33:20 GMT\n"
    );
}

#[test]
fn refuses_an_organization_token() {
    for command in ["verify", "inspect"] {
        let err = lychgate(&[command, "-"])
            .keys(&new_ring())
            .input("api_org_abcdefghijklmnopqrstuvwxyz")
            .fails_with(1);
        assert!(err.starts_with("org_token_deprecated: "), "{err}");
    }
}

/// A write token, narrowed by these options.
fn narrowed(ring: &str, options: &[&str]) -> String {
    let wide = lychgate(&["mint", "--subject", "alice", "--role", "write", "--serial", "7"])
        .keys(ring)
        .done();
    let arguments = [&["narrow"], options].concat();
    lychgate(&arguments).input(wide).done()
}

#[test]
fn narrows_a_token_without_a_key() {
    let ring = new_ring();
    let options = [
        &[
            "--role",
            "read",
            "--expires-in",
            "15m",
            "--repo",
            "acme/widget",
            "--repo",
            "datasets/acme/*",
        ][..],
        &["--area", "git", "--area", "files", "--network", "203.0.113.0/24"],
        &[
            "--request",
            "GET /acme/widget/{*path}",
            "--request",
            "POST /v1/chat/completions",
        ],
    ]
    .concat();
    let token = narrowed(&ring, &options);
    let facts = lychgate(&["verify", "-", "--json"])
        .keys(&ring)
        .input(&token)
        .done();
    let facts = json(&facts);
    assert_eq!(facts["id"], "0-7");
    let restrictions = facts["restrictions"].as_array().unwrap();
    assert_eq!(restrictions.len(), 6);
    assert_eq!(restrictions[0], serde_json::json!({"role": "read"}));
    let left = restrictions[1]["expires"].as_u64().unwrap() - facts["issued_at"].as_u64().unwrap();
    assert!((900..960).contains(&left), "{left}");
    assert_eq!(
        restrictions[2..],
        [
            serde_json::json!({"repositories": ["acme/widget", "datasets/acme/*"]}),
            serde_json::json!({"areas": ["git", "files"]}),
            serde_json::json!({"networks": ["203.0.113.0/24"]}),
            serde_json::json!({"requests": ["GET /acme/widget/{*path}", "POST /v1/chat/completions"]}),
        ]
    );
    // What is made narrow at first is the same as what is narrowed.
    let mint = [
        "mint",
        "--subject",
        "alice",
        "--role",
        "write",
        "--serial",
        "7",
        "--repo",
        "acme/widget",
    ];
    let minted = lychgate(&mint).keys(&ring).done();
    let verified = lychgate(&["verify", "-"]).keys(&ring).input(minted).done();
    assert!(
        verified.contains("limited to    repositories=acme/widget"),
        "{verified}"
    );
    let shown = lychgate(&["inspect", "-"]).input(&token).done();
    for meaning in [
        "role=read",
        "areas=git,files",
        "requests=GET /acme/widget/{*path};POST /v1/chat/completions",
    ] {
        assert!(shown.contains(meaning), "{shown}");
    }
}

#[test]
fn narrows_nothing_to_what_the_gate_would_not_know() {
    let ring = new_ring();
    let token = minted(&ring);
    for (options, said) in [
        (&[][..], "nothing to narrow it by"),
        (
            &["--repo", "widget"],
            "--repo widget: repositories are namespace/name",
        ),
        (&["--repo", "acme/wid*"], "namespace/name"),
        (&["--repo", "acme/a,evil/*"], "more than one of the repositories"),
        (&["--area", "git,files"], "more than one of the areas"),
        (
            &["--network", "203.0.113.0/24,0.0.0.0/0"],
            "more than one of the networks",
        ),
        (
            &["--request", "GET /acme/x;POST /b"],
            "more than one of the requests",
        ),
        (
            &["--request", "GET /acme/x\nPOST /b"],
            "more than one of the requests",
        ),
        (&["--area", "Git"], "areas are words"),
        (&["--network", "203.0.113.7"], "203.0.113.7/32"),
        (&["--network", "203.0.113.7/24"], "bits behind the prefix"),
        (&["--request", "BREW /a"], "route tables"),
        (&["--request", "GET /a?x=1"], "route tables"),
    ] {
        let arguments = [&["narrow"], options].concat();
        let err = lychgate(&arguments).input(&token).fails_with(2);
        assert!(err.contains(said), "{err}");
    }
    for input in ["", "hub_AAAA", "api_org_abc", "not a token"] {
        let err = lychgate(&["narrow", "--role", "read"]).input(input).fails_with(1);
        assert!(err.starts_with("token_invalid: "), "{err}");
    }
    let mut token = token;
    for _ in 0..8 {
        token = lychgate(&["narrow", "--role", "read"]).input(&token).done();
    }
    let err = lychgate(&["narrow", "--role", "read"])
        .input(&token)
        .fails_with(2);
    assert!(err.contains("at most 8 restrictions"), "{err}");
}

#[test]
fn warns_of_an_area_that_no_shipped_table_has() {
    let ring = new_ring();
    let token = minted(&ring);
    let narrow = |area| {
        let options = ["narrow", "--area", "git", "--area", area];
        let output = lychgate(&options).input(&token).output();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let err = narrow("infernce");
    assert!(
        err.starts_with("warning: ") && err.contains("has the area infernce, only "),
        "{err}"
    );
    assert!(err.contains("inference"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    assert_eq!(narrow("inference"), "");
}

#[test]
fn explains_what_a_restriction_does_not_allow() {
    let ring = new_ring();
    let file = directory("explains_restrictions").join("token.txt");
    fs::write(
        &file,
        narrowed(&ring, &["--repo", "acme/widget", "--network", "203.0.113.0/24"]),
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let explain = |target, more: &[&str]| {
        let arguments = [&["explain", "GET", target], more].concat();
        lychgate(&arguments).done()
    };
    let (own, other) = ("/acme/widget/resolve/main/x", "/acme/other/resolve/main/x");
    let shown = explain(other, &["--token-file", file, "--address", "203.0.113.7"]);
    let said = "This token is limited to the repositories acme/widget; the request is for acme/other.";
    assert!(shown.contains(&format!("restrictions  ✗ {said}")), "{shown}");
    assert!(
        shown.contains("verdict       refuse: restriction_insufficient"),
        "{shown}"
    );
    let shown = explain(own, &["--token-file", file, "--address", "203.0.113.7"]);
    assert!(
        shown.contains("restrictions  all hold: repositories=acme/widget networks=203.0.113.0/24"),
        "{shown}"
    );
    assert!(shown.contains("verdict       forward"), "{shown}");
    let shown = explain(own, &["--token-file", file]);
    assert!(
        shown.contains("where the request comes from is not known"),
        "{shown}"
    );
    let supposed = [
        "--role",
        "read",
        "--subject",
        "alice",
        "--restriction",
        "areas=git",
    ];
    let shown = explain(own, &supposed);
    assert!(
        shown.contains("limited to the areas git; the request is in files"),
        "{shown}"
    );
    let err = lychgate(&["explain", "GET", own, "--restriction", "areas=git"]).fails_with(2);
    assert!(err.contains("--role"), "{err}");
}

#[test]
fn inspects_without_a_key_and_says_that_nothing_is_verified() {
    let token = minted(&new_ring());
    let shown = lychgate(&["inspect", "-"]).input(&token).done();
    assert!(shown.starts_with("Nothing here is verified"), "{shown}");
    for field in [
        "subject        19..24   alice",
        "serial         14..18   7",
        "checksum       40..44   right",
    ] {
        assert!(shown.contains(field), "{shown}");
    }
    let shown = json(&lychgate(&["inspect", "-", "--json"]).input(&token).done());
    assert_eq!(shown["verified"], false);
    assert_eq!(shown["well_formed"], true);
    assert_eq!(shown["fields"].as_array().unwrap().len(), 12);
}

#[test]
fn inspects_what_is_left_of_a_broken_token() {
    let token = minted(&new_ring());
    let ran = lychgate(&["inspect", "-"]).input(&token[..40]).ran();
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.starts_with("token_invalid: not well-formed: "),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("serial"), "{}", ran.out);
}

// Routes

#[test]
fn explains_a_request() {
    let out = lychgate(&[
        "explain",
        "GET",
        "/acme/widget/info/refs?service=git-receive-pack",
    ])
    .done();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "access        write");
    assert!(
        lines[1].contains("info/refs ?service=git-receive-pack (line "),
        "{out}"
    );
    assert_eq!(lines[2], "namespace     acme");
    assert_eq!(
        lines[3],
        "target        /acme/widget/info/refs?service=git-receive-pack"
    );
    let refused = lychgate(&["explain", "GET", "/acme/../widget"]).done();
    assert!(
        refused.starts_with("access        refused\ncode          target_ambiguous\n"),
        "{refused}"
    );
}

#[test]
fn explains_what_a_token_may_do_step_by_step() {
    let push = ["explain", "POST", "/acme/widget/git-receive-pack"];
    let out = lychgate(&[&push[..], &["--role", "read", "--subject", "alice"]].concat()).done();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "target        /acme/widget/git-receive-pack");
    assert!(lines[1].starts_with("rule          line "), "{out}");
    assert_eq!(
        lines[2],
        "class         write: needs a write token, and in an organization the role write or admin"
    );
    assert_eq!(
        lines[3],
        "token         a read token of alice, assumed to be genuine, unexpired and not revoked"
    );
    assert_eq!(lines[4], "role          ✗ read does not cover write");
    assert_eq!(lines[5], "verdict       refuse: role_insufficient");
    for client in ["git", "git-lfs", "hub client", "browser", "other"] {
        assert!(out.contains(&format!("\nResponse to {client}: 403\n")), "{out}");
    }
}

#[test]
fn explains_with_memberships_and_while_observing() {
    let directory = directory("reasoning");
    let (members, wrong) = (directory.join("members.json"), directory.join("wrong.json"));
    fs::write(&members, r#"{"alice":{"acme":"read"},"bob":{"acme":"write"}}"#).unwrap();
    fs::write(&wrong, r#"{"alice":{"acme":"king"}}"#).unwrap();
    let push = [
        "explain",
        "--json",
        "POST",
        "/acme/widget/git-receive-pack",
        "--role",
        "write",
    ];
    let ask =
        |more: &[&str]| json(&lychgate(&[&push[..], more, &["--members", text(&members)]].concat()).done());
    let refused = ask(&["--subject", "alice"]);
    assert_eq!(refused["code"], "membership_insufficient");
    assert_eq!(refused["steps"][5]["name"], "membership");
    assert_eq!(
        refused["steps"][5]["finding"],
        "alice is read in acme, which does not cover write"
    );
    assert_eq!(refused["answers"][0]["client"], "git");
    assert_eq!(refused["answers"][0]["status"], 403);
    assert_eq!(ask(&["--subject", "bob"])["verdict"], "forward");
    assert_eq!(ask(&["--subject", "carol"])["code"], "membership_insufficient");
    let observed = ask(&["--subject", "alice", "--observe"]);
    assert_eq!(observed["verdict"], "forward");
    assert_eq!(observed["observed"], "membership_insufficient");
    assert_eq!(
        observed["forwarded"][3],
        serde_json::json!(["X-Lychgate-Observed", "membership_insufficient"])
    );

    let broken = ["--members", text(&wrong), "--subject", "alice"];
    let err = lychgate(&[&push[..], &broken].concat()).fails_with(3);
    assert!(
        err.contains("wrong.json") && err.contains("expected JSON such as"),
        "{err}"
    );
    let err = lychgate(&push).fails_with(2);
    assert!(err.contains("--subject"), "{err}");
}

#[test]
fn explains_lines_in_order_one_object_each() {
    let cases: [(&[u8], &str, Option<&str>); 17] = [
        (
            b"GET\t/acme/widget/info/refs?service=git-upload-pack\t",
            "read",
            Some("acme"),
        ),
        (
            b"GET\t/acme/widget.git/info/refs?service=git-receive-pack",
            "write",
            Some("acme"),
        ),
        (
            b"POST\t/acme/widget.git/git-upload-pack\t0000",
            "read",
            Some("acme"),
        ),
        (
            b"POST\t/acme/widget.git/git-receive-pack\t0000",
            "write",
            Some("acme"),
        ),
        (
            b"POST\t/acme/widget.git/info/lfs/objects/batch\t{\"operation\":\"download\",\"objects\":[]}\r",
            "read",
            Some("acme"),
        ),
        (
            b"POST\t/acme/widget.git/info/lfs/objects/batch\t{\"operation\":\t\"download\"}",
            "read",
            Some("acme"),
        ),
        (
            b"POST\t/acme/widget.git/info/lfs/objects/batch\t{\"operation\":\"DOWNLOAD\"}",
            "write",
            Some("acme"),
        ),
        (
            b"POST\t/acme/widget.git/info/lfs/objects/batch\t\xff",
            "write",
            Some("acme"),
        ),
        (
            b"POST\t/acme/widget.git/info/lfs/objects/batch",
            "write",
            Some("acme"),
        ),
        (b"", "method_unsupported", None),
        (b"GET", "target_ambiguous", None),
        (b"GET \t/acme/widget", "method_unsupported", None),
        (b"GET\t/acme/\xff", "target_ambiguous", None),
        (b"GET\t/x/%2e%2e/acme/widget/info/refs", "target_ambiguous", None),
        (b"GET\t/acme/widget\r\r", "target_ambiguous", None),
        (b"GET\t/-/api/health", "path_reserved", None),
        (b"OPTIONS\t/nowhere/in/the/table", "public", None),
    ];
    let input: Vec<u8> = cases
        .iter()
        .map(|(line, ..)| *line)
        .collect::<Vec<_>>()
        .join(&b'\n');
    let out = lychgate(&["explain", "--stdin"]).input(&input).done();
    let answers: Vec<Value> = out.lines().map(json).collect();
    assert_eq!(answers.len(), cases.len());
    for ((line, expected, namespace), answer) in cases.iter().zip(answers) {
        let line = line.escape_ascii();
        if answer["access"] == "refused" {
            assert_eq!(answer["code"], *expected, "{line}");
            assert!(answer["reason"].is_string(), "{line}");
        } else {
            assert_eq!(answer["access"], *expected, "{line}");
            assert_eq!(answer["namespace"].as_str(), *namespace, "{line}");
            assert!(answer["rule"].is_string(), "{line}");
        }
    }
    assert_eq!(lychgate(&["explain", "--stdin"]).done(), "");
}

#[test]
fn answers_each_line_before_the_next_is_asked() {
    use std::io::{BufRead, BufReader};
    let mut child = Command::new(env!("CARGO_BIN_EXE_lychgate"))
        .args(["explain", "--stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        asked.write_all(b"PUT\t/acme/widget\n").unwrap();
        assert_eq!(json(&answers.next().unwrap().unwrap())["access"], "write");
    }
    drop(asked);
    assert!(child.wait().unwrap().success());
}

#[test]
fn one_request_and_lines_get_the_same_object() {
    let target = "/acme/widget/resolve/main/a.bin";
    let one = lychgate(&["explain", "--json", "GET", target]).done();
    let line = lychgate(&["explain", "--stdin"])
        .input(format!("GET\t{target}\n"))
        .done();
    assert_eq!(one, line);
}

#[test]
fn asks_another_table() {
    let directory = directory("routes");
    let (table, wrong) = (directory.join("own.routes"), directory.join("wrong.routes"));
    fs::write(&table, "# mine\nwrite GET /x/{namespace}\n").unwrap();
    fs::write(&wrong, "write GET\n").unwrap();
    let answer = json(&lychgate(&["explain", "--json", "--routes", text(&table), "GET", "/x/acme"]).done());
    assert_eq!(answer["access"], "write");
    assert_eq!(answer["line"], 2);
    let err = lychgate(&["explain", "--routes", text(&wrong), "GET", "/"]).fails_with(3);
    assert!(err.contains("line 1"), "{err}");
    assert!(err.ends_with("\n  write GET\n"), "the line itself: {err}");
}

#[test]
fn asks_shipped_tables_by_their_names() {
    let explain = |routes, method, target| {
        json(&lychgate(&["explain", "--json", "--routes", routes, method, target]).done())
    };
    let search = "/api/2.0/mlflow/runs/search";
    for (routes, access, table) in [("mlflow", "read", "mlflow"), ("hub+mlflow", "read", "mlflow")] {
        let answer = explain(routes, "POST", search);
        assert_eq!(
            (&answer["access"], &answer["table"]),
            (&access.into(), &table.into())
        );
    }
    assert_eq!(explain("hub", "POST", search)["access"], "write");
    let package = explain("hub+npm@/npm", "GET", "/npm/@acme%2fwidget");
    assert_eq!(
        (&package["access"], &package["table"]),
        (&"read".into(), &"npm".into())
    );
    let out = lychgate(&["explain", "--routes", "oci", "GET", "/v2/acme/app/tags/list"]).done();
    assert!(out.contains(" of oci)"), "{out}");
    for wrong in ["hub+oic", "npm@", "npm@npm"] {
        let err = lychgate(&["explain", "--routes", wrong, "GET", "/"]).fails_with(2);
        assert!(err.contains("names of hub, mlflow, oci, pypi and npm"), "{err}");
    }
}

#[cfg(unix)]
#[test]
fn stops_quietly_when_nobody_reads_on() {
    let mut child = Command::new("sh")
        .args([
            "-c",
            "yes 'GET\t/a' | head -100000 | \"$0\" explain --stdin | head -1",
        ])
        .arg(env!("CARGO_BIN_EXE_lychgate"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.wait().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 1);
}

// Revocation lists

#[test]
fn revokes_one_token_and_no_other() {
    let ring = new_ring();
    let list = directory("revoke").join("list");
    let publish = |options: &[&str]| {
        let arguments = [
            &["revocations", "publish", "--json", "--file", text(&list)],
            options,
        ]
        .concat();
        json(&lychgate(&arguments).keys(&ring).done())
    };
    let verify = |serial: &str| {
        let token = lychgate(&["mint", "--subject", "a", "--role", "read", "--serial", serial])
            .keys(&ring)
            .done();
        lychgate(&["verify", "-", "--revocations", text(&list)])
            .keys(&ring)
            .input(token)
            .ran()
    };
    let first = publish(&["--new"]);
    assert_eq!((&first["version"], &first["count"]), (&1.into(), &0.into()));
    assert_eq!(verify("7").code, 0);
    let second = publish(&["--revoke", "0-7", "--revoke", "0-1742"]);
    assert_eq!(second["version"], 2);
    assert_eq!(second["revoked"], serde_json::json!(["0-7", "0-1742"]));
    let refused = verify("7");
    assert_eq!(refused.code, 1);
    assert!(
        refused.err.starts_with("token_revoked: token 0-7 "),
        "{}",
        refused.err
    );
    assert!(verify("8").out.contains("not revoked"));
    publish(&["--restore", "0-7", "--valid-for", "30d"]);
    assert_eq!(verify("7").code, 0);
    let shown = lychgate(&["revocations", "show", "--file", text(&list)])
        .keys(&ring)
        .done();
    assert!(
        shown.contains("in force      yes, for 29 days 23 hours") || shown.contains("yes, for 30 days"),
        "{shown}"
    );
    assert!(shown.ends_with("revoked       1\n  0-1742\n"), "{shown}");
}

#[test]
fn never_takes_a_missing_list_for_an_empty_one() {
    let ring = new_ring();
    let list = directory("missing").join("list");
    for arguments in [
        &["revocations", "show", "--file", text(&list)][..],
        &["revocations", "publish", "--revoke", "0-7", "--file", text(&list)],
    ] {
        let err = lychgate(arguments).keys(&ring).fails_with(3);
        assert!(err.contains("--new"), "{err}");
    }
    assert!(!list.exists());
}

#[test]
fn a_version_never_goes_back() {
    let ring = new_ring();
    let directory = directory("versions");
    let list = directory.join("list");
    let publish = ["revocations", "publish", "--json", "--file", text(&list)];
    lychgate(&[&publish[..], &["--new"]].concat()).keys(&ring).done();
    for version in 2..5 {
        let published = lychgate(&[&publish[..], &["--revoke", "0-7"]].concat())
            .keys(&ring)
            .done();
        assert_eq!(json(&published)["version"], version);
    }
    let before = fs::read(&list).unwrap();
    let err = lychgate(&[&publish[..], &["--new"]].concat())
        .keys(&ring)
        .fails_with(3);
    assert!(err.contains("already exists"), "{err}");
    // Left behind by a publish that was cut off: neither is lost.
    let beside = directory.join("list.new");
    fs::write(&beside, "").unwrap();
    lychgate(&publish).keys(&ring).fails_with(3);
    assert_eq!(fs::read(&list).unwrap(), before);
    assert!(beside.exists());
}

#[test]
fn refuses_lists_that_are_not_the_gates_own() {
    let ring = new_ring();
    let list = directory("sealed").join("list");
    let show = |shard: &str, ring: &str| {
        lychgate(&["revocations", "show", "--shard", shard, "--file", text(&list)])
            .keys(ring)
            .fails_with(1)
    };
    lychgate(&[
        "revocations",
        "publish",
        "--new",
        "--shard",
        "3",
        "--file",
        text(&list),
    ])
    .keys(&ring)
    .done();
    assert!(show("0", &ring).starts_with("list_shard: "));
    assert!(show("3", &new_ring()).starts_with("list_seal: "));
    lychgate(&["revocations", "publish", "--file", text(&list)])
        .keys(&ring)
        .fails_with(1);
    fs::write(&list, "Value not found\n").unwrap();
    assert!(show("3", &ring).starts_with("list_short: "));
}

#[test]
fn refuses_ids_of_another_shard() {
    let list = directory("shards").join("list");
    for wrong in [
        &["--revoke", "3-7"][..],
        &["--revoke", "7"],
        &["--revoke", "0-7", "--restore", "0-7"],
    ] {
        let publish = ["revocations", "publish", "--new", "--file", text(&list)];
        lychgate(&[&publish[..], wrong].concat())
            .keys(&new_ring())
            .fails_with(2);
    }
    assert!(!list.exists());
}

#[test]
fn publishes_only_where_it_is_told_to() {
    let err = lychgate(&["revocations", "publish", "--revoke", "0-7"])
        .keys(&new_ring())
        .fails_with(2);
    assert!(err.contains("--remote"), "{err}");
}

#[test]
fn a_list_past_its_time_proves_nothing_but_revocation() {
    let ring = new_ring();
    let keys = KeyRing::parse(&ring).unwrap();
    let list = directory("stale").join("list");
    fs::write(
        &list,
        RevocationList::empty(0, 1, 2).next([8], [], 1, 2).seal(&keys),
    )
    .unwrap();
    let verify = |serial: &str| {
        let token = lychgate(&["mint", "--subject", "a", "--role", "read", "--serial", serial])
            .keys(&ring)
            .done();
        lychgate(&["verify", "-", "--revocations", text(&list)])
            .keys(&ring)
            .input(token)
            .fails_with(1)
    };
    assert!(verify("7").starts_with("revocations_unavailable: "));
    assert!(verify("8").starts_with("token_revoked: "));
    let shown = lychgate(&["revocations", "show", "--json", "--file", text(&list)])
        .keys(&ring)
        .done();
    assert_eq!(json(&shown)["in_force"], false);
}

/// A stand-in for wrangler that keeps values in files and answers as wrangler 4.164 does.
#[cfg(unix)]
const WRANGLER: &str = r#"#!/bin/sh
[ -z "$LYCHGATE_KEYS" ] || { echo "the key ring was passed on" >&2; exit 9; }
dir=$(dirname "$0"); verb=$3; key=$4; log="$dir/log"
echo "$*" >> "$log"
file="$dir/kv-$(printf %s "$key" | tr / -)"
case "$*" in *--remote*) remote=1;; esac
case "$verb" in
get)
  if [ -f "$file" ]; then cat "$file"
  elif [ "$remote" ]; then printf '\033[31mX [ERROR]\033[0m Failed to fetch - 404: Not Found\n' >&2; exit 1
  else echo "Value not found"; fi ;;
put) cp "$6" "$file"; echo "Writing" ;;
list)
  [ ! -f "$dir/broken" ] || exit 1
  printf '[{"name":"revocations/01"}'
  [ ! -f "$dir/kv-$(printf %s "$5" | tr / -)" ] || printf ',{"name":"%s"}' "$5"
  echo ']' ;;
esac
"#;

#[cfg(unix)]
#[test]
fn publishes_and_shows_through_wrangler() {
    use std::os::unix::fs::PermissionsExt;
    let ring = new_ring();
    for place in ["--local", "--remote"] {
        let directory = directory(&format!("wrangler{place}"));
        let wrangler = directory.join("wrangler");
        fs::write(&wrangler, WRANGLER).unwrap();
        fs::set_permissions(&wrangler, fs::Permissions::from_mode(0o755)).unwrap();
        let run = |command: &str, options: &[&str]| {
            let arguments = [&["revocations", command, "--json", place][..], options].concat();
            let mut run = lychgate(&arguments).keys(&ring);
            run.command.env("LYCHGATE_WRANGLER", &wrangler);
            run
        };
        let err = run("publish", &["--revoke", "0-7"]).fails_with(3);
        assert!(err.contains("--new"), "{err}");
        run("publish", &["--new", "--config", "own.toml"]).done();
        run("publish", &["--new"]).fails_with(3);
        run("publish", &["--revoke", "0-7"]).done();
        let shown = json(&run("show", &[]).done());
        assert_eq!(
            (&shown["version"], &shown["revoked"][0]),
            (&2.into(), &"0-7".into())
        );
        let log = fs::read_to_string(directory.join("log")).unwrap();
        assert!(
            log.contains(&format!("--binding LYCHGATE_KV {place} --config own.toml")),
            "{log}"
        );
        // Where it is not certain that the list is missing, it is not.
        fs::remove_file(directory.join("kv-revocations-0")).unwrap();
        fs::write(directory.join("broken"), "").unwrap();
        let err = run("publish", &["--new"]).fails_with(3);
        assert!(
            err.contains("wrangler kv key ") && err.contains("failed"),
            "{err}"
        );
        assert!(!err.contains('\u{1b}'), "{err}");
    }
}

#[test]
fn tells_how_to_get_wrangler_where_there_is_none() {
    let err = lychgate(&["revocations", "show", "--wrangler", "/nowhere/wrangler"])
        .keys(&new_ring())
        .fails_with(3);
    assert!(
        err.contains("/nowhere/wrangler kv key get revocations/0") && err.contains("npm install"),
        "{err}"
    );
}

// Help, completions, secrets

#[test]
fn every_command_shows_an_example() {
    for command in [
        "",
        "keys new",
        "keys rotate",
        "keys derive",
        "mint",
        "inspect",
        "verify",
        "explain",
        "revocations show",
        "revocations publish",
        "tokens create",
        "tokens list",
        "tokens refresh",
        "tokens revoke",
        "tokens revoke-all",
        "audit",
        "completions",
        "probe",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = lychgate(&arguments).done();
        let example = help.split("Example").nth(1).unwrap_or_default();
        assert!(example.contains(&format!("lychgate {command}")), "{help}");
    }
}

#[test]
fn help_tells_the_exit_codes() {
    let help = lychgate(&["--help"]).done();
    for code in ["  0  done", "  1  refused", "  2  wrong usage", "  3  something"] {
        assert!(help.contains(code), "{help}");
    }
    lychgate(&["frobnicate"]).fails_with(2);
    lychgate(&[]).fails_with(2);
}

#[test]
fn completes_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            lychgate(&["completions", shell]).done().contains("lychgate"),
            "{shell}"
        );
    }
}

#[test]
fn errors_never_repeat_a_secret() {
    let ring = new_ring();
    let token = minted(&ring).trim_end().to_owned();
    let key = &ring[ring.len() - 46..ring.len() - 3];
    let broken_ring = ring.replace("\"active\":1", "\"active\":7");
    for run in [
        lychgate(&[&token]),
        lychgate(&["verify", &token]).keys(&ring),
        lychgate(&["verify", "-", &token]).keys(&ring),
        lychgate(&["inspect", &token]),
        lychgate(&["mint", "--serial", &token]),
        lychgate(&["mint", "--subject", &token, "--role", &token]),
        lychgate(&["revocations", "publish", "--revoke", &token, "--file", "x"]),
        lychgate(&["verify", "-", "--keys", &ring]).input(&token),
        lychgate(&["verify", "-", "--keys", key]).input(&token),
        lychgate(&["verify", "-", "--revocations", &token])
            .keys(&ring)
            .input(&token),
        lychgate(&["verify", "-"]).keys(&broken_ring).input(&token),
        lychgate(&["verify", "-"]).keys(key).input(&token),
        lychgate(&["verify", "-"]).keys(&new_ring()).input(&token),
        lychgate(&["verify", "-"]).keys(&ring).input(format!("{token}x")),
    ] {
        let ran = run.ran();
        assert_ne!(ran.code, 0);
        let said = ran.out + &ran.err;
        assert!(!said.contains(&token[4..44]), "{said}");
        assert!(!said.contains(key), "{said}");
    }
}

#[test]
fn lists_and_shows_the_shipped_tables() {
    let list = lychgate(&["routes", "list"]).done();
    for name in ["hub", "mlflow", "oci", "pypi", "npm"] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
        let shown = lychgate(&["routes", "show", name]).done();
        let file = format!("{}/src/routes/{name}.routes", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(shown, fs::read_to_string(file).unwrap());
        // None of them has a line that cannot be meant so.
        lychgate(&["routes", "check", name]).done();
    }
    let err = lychgate(&["routes", "show", "hubs"]).fails_with(2);
    assert!(err.contains("hub, mlflow, oci, pypi, npm"), "{err}");
}

#[test]
fn finds_lines_of_a_table_under_the_gates_own_prefix() {
    let file = directory("routes_check_prefix").join("own.routes");
    let found = |lines: &str, more: &[&str]| -> Vec<String> {
        fs::write(&file, format!("area a\n{lines}")).unwrap();
        let check = [&["routes", "check", "--json", text(&file)], more].concat();
        let out = lychgate(&check).done();
        let found = out.lines().map(json);
        found
            .map(|finding| format!("{} {}", finding["line"], finding["code"].as_str().unwrap()))
            .collect()
    };
    // Each is a case of the first segment alone: spelled otherwise, as one of several, and with something else behind it.
    let lines = "read GET /-/whoami\nread GET /x/-/y\nread GET /x|-/z\nread GET /-x\nread GET /_Gate/{id}\nread GET /{id}/x\n";
    assert_eq!(found(lines, &[]), ["2 under_gate_prefix", "4 under_gate_prefix"]);
    assert_eq!(
        found(lines, &["--gate-prefix", "/_gate/"]),
        ["6 under_gate_prefix"]
    );
    assert!(found(lines, &["--gate-prefix", "/gate/"]).is_empty());
    // What it includes counts where it is mounted, and is not its author's.
    assert!(found("include npm\nread GET /x\n", &[]).is_empty());
    let noted = lychgate(&["routes", "check", text(&file), "--gate-prefix", "/x/"]).done();
    assert!(
        noted.contains("own.routes:3: note: never applies where the gate's own paths are under /x/"),
        "{noted}"
    );
    let shipped = lychgate(&["routes", "check", "npm"]).done();
    assert!(shipped.contains("under /-/, as this path is."), "{shipped}");
    let moved = lychgate(&["routes", "check", "npm", "--gate-prefix", "/_gate/"]).done();
    assert!(!moved.contains("the gate's own"), "{moved}");
    let err = lychgate(&["routes", "check", "npm", "--gate-prefix", "gate"]).fails_with(2);
    assert!(err.contains("--gate-prefix"), "{err}");
}

#[test]
fn finds_lines_of_a_table_that_are_not_meant() {
    let file = directory("routes_check").join("own.routes");
    let codes = |text: &str| {
        fs::write(&file, text).unwrap();
        let run = lychgate(&["routes", "check", "--json", file.to_str().unwrap()]);
        let is_faulty = text.contains("# fault");
        let ran = run.ran();
        assert_eq!(ran.code, i32::from(is_faulty), "{text}{}", ran.out);
        let found: Vec<String> = ran
            .out
            .lines()
            .map(json)
            .map(|finding| format!("{} {}", finding["line"], finding["code"].as_str().unwrap()))
            .collect();
        found.join(", ")
    };
    for (text, expected) in [
        ("area a\nread GET /x/{id}\n", ""),
        (
            "area a\nwrite POST /x/{namespace}/{repo}\nread POST /x/{namespace}/search\n",
            "3 softens",
        ),
        (
            "area a\nwrite POST /x/{namespace}/{*rest}\nread POST /x/{repo}/search # fault\n",
            "3 unreachable",
        ),
        // One of its two paths is reached.
        (
            "area a\nwrite POST /x/{namespace}/{*rest}\nread POST /x|y/{repo}/search\n",
            "",
        ),
        (
            "area a\nwrite PUT /x/{id}  {id}=a/b no-namespace # fault\n",
            "2 never_holds",
        ),
        ("area a\nwrite PUT /x/{path}  {path}=a/b no-namespace\n", ""),
        ("area a\npublic POST /{*rest} # fault\n", "2 covers_everything"),
        ("area a\nread GET /users/:id # fault\n", "2 likely_slot"),
        (
            "area a\nread GET /x/{owner}/{repo} # fault\n",
            "2 unread_namespace",
        ),
        ("area a\nwrite POST /x\n", "2 no_namespace"),
        ("include hub+npm@/npm\narea a\nwrite POST /x\n", "3 no_namespace"),
        (
            "include oci\narea a\nread POST /v2/{repo}/blobs/uploads/? # fault\n",
            "3 unreachable",
        ),
        ("area a\ninclude hubs\n# fault", "2 malformed"),
        ("read GET /x\n", "1 no_area"),
        ("read GET\n# fault", "1 malformed"),
    ] {
        assert_eq!(codes(text), expected, "{text}");
    }
    fs::write(
        &file,
        "include oci\narea a\nread POST /v2/{repo}/blobs/uploads/?\n",
    )
    .unwrap();
    let run = lychgate(&["routes", "check", text(&file)]).ran();
    assert!(
        run.out
            .contains("own.routes:3: fault: never applies: line 33 of oci covers"),
        "{}",
        run.out
    );
    let explained = lychgate(&[
        "explain",
        "--routes",
        text(&file),
        "POST",
        "/v2/app/blobs/uploads/",
    ])
    .done();
    assert!(explained.contains("(line 33 of oci)"), "{explained}");
    fs::write(&file, "area a\nread GET /x/{owner}/{repo}\n").unwrap();
    let err = lychgate(&["routes", "check", text(&file)]).fails_with(1);
    assert!(err.contains("routes_faulty"), "{err}");
}
