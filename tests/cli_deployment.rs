//! `lychgate check-deployment`: what it says of configurations, word by word.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// A configuration about which there is nothing to say but what cannot be seen in it.
const SAFE: &str = r#"
name = "gate"
workers_dev = false
preview_urls = false
routes = [{ pattern = "hub.example", custom_domain = true }, { pattern = "tokens.hub.example", custom_domain = true }]
kv_namespaces = [{ binding = "LYCHGATE_KV", id = "0123456789abcdef0123456789abcdef" }]
durable_objects = { bindings = [{ name = "LEDGER", class_name = "Ledger" }] }
ratelimits = [{ name = "REFUSALS", namespace_id = "1", simple = { limit = 100, period = 60 } }]
assets = { binding = "PAGE", directory = "build/page", run_worker_first = true }
[vars]
ORIGIN_URL = "https://origin.example"
TOKEN_PREFIX = "acme"
PAGE_HOST = "tokens.hub.example"
HUB_HOST = "hub.example"
MEMBERSHIP = "kv"
REFRESH_SECONDS = 5
"#;

const FAIL_OPEN: &str = "\
note     routes: this check cannot see whether they fail open: beyond the plan's limits, requests would bypass the gate
         Set the request limit failure mode of each route to \"Fail closed (block)\" in the dashboard.

";

/// Exit code, standard output and standard error.
fn check(test: &str, file: &str, text: &str, more: &[&str]) -> (i32, String, String) {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("deployment-{test}"));
    let _absent = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(file), text).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_lychgate"))
        .arg("check-deployment")
        .args(more)
        .current_dir(&directory)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

/// The severities and settings that are told of the safe configuration with one text in another's place.
fn told(test: &str, replaced: &str, by: &str) -> Vec<String> {
    assert!(SAFE.contains(replaced), "{replaced}");
    let (_, out, _) = check(test, "wrangler.toml", &SAFE.replace(replaced, by), &["--json"]);
    let mut told: Vec<String> = out
        .lines()
        .map(|line| {
            let finding: serde_json::Value = serde_json::from_str(line).unwrap();
            format!(
                "{} {}",
                finding["severity"].as_str().unwrap(),
                finding["setting"].as_str().unwrap()
            )
        })
        .collect();
    told.retain(|told| told != "note routes" || !by.is_empty() && replaced.starts_with("routes"));
    told
}

#[test]
fn says_of_a_safe_configuration_only_what_cannot_be_seen() {
    let (code, out, err) = check("safe", "wrangler.toml", SAFE, &[]);
    assert_eq!(out, format!("{FAIL_OPEN}0 errors, 0 warnings, 1 note\n"));
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn says_what_is_wrong_and_what_to_do_worst_first() {
    let text = SAFE
        .replace("workers_dev = false", "")
        .replace("preview_urls = false", "preview_urls = true")
        .replace("https://origin.example", "http://203.0.113.5")
        .replace("REFRESH_SECONDS = 5", "MODE = \"observe\"");
    let (code, out, err) = check("unsafe", "wrangler.toml", &text, &[]);
    let expected = format!(
        "\
error    workers_dev: it is not false: the gate can also be reached at its workers.dev name, which bypasses the rules of the zone
         Set `workers_dev = false`.

error    preview_urls: it is not false: every old version can still be reached at its own name, with its old key ring and settings
         Set `preview_urls = false`.

error    ORIGIN_URL: the gate refuses everything: the host is an IP address, and Cloudflare refuses requests from Workers to those (error 1003): give the origin a name in DNS
         Set it to a scheme and a host name, such as https://origin.example.

warning  MODE: it is observe: the gate forwards requests even if a role or a membership forbids them
         Set it to \"enforce\" once the log shows no surprising `would_refuse`.

{FAIL_OPEN}3 errors, 1 warning, 1 note
"
    );
    assert_eq!(out, expected);
    assert_eq!(
        (code, err.as_str()),
        (1, "deployment_unsafe: wrangler.toml has 3 errors\n")
    );
}

#[test]
fn finds_each_door() {
    for (number, (replaced, by, expected)) in [
        ("workers_dev = false", "workers_dev = true", "error workers_dev"),
        ("preview_urls = false", "", "error preview_urls"),
        (
            "0123456789abcdef0123456789abcdef",
            "00000000000000000000000000000000",
            "error LYCHGATE_KV",
        ),
        ("LYCHGATE_KV", "OTHER_KV", "error LYCHGATE_KV"),
        (
            "run_worker_first = true",
            "run_worker_first = false",
            "error assets.run_worker_first",
        ),
        (", run_worker_first = true", "", "error assets.run_worker_first"),
        (
            "https://origin.example",
            "http://origin.example",
            "error ORIGIN_URL",
        ),
        (
            "https://origin.example",
            "https://0xcb007105:8443",
            "error ORIGIN_URL",
        ),
        (
            "https://origin.example",
            "http://127.0.0.1:8080",
            "error ORIGIN_URL",
        ),
        (
            "https://origin.example",
            "https://origin.example/",
            "error ORIGIN_URL",
        ),
        ("ORIGIN_URL = \"https://origin.example\"", "", "note ORIGIN_URL"),
        (
            "[vars]",
            "[vars]\nGATE_ORIGINS = \"https://hub.example\"",
            "error GATE_ORIGINS",
        ),
        (
            "[vars]",
            "[vars]\nGATE_ORIGINS = \"hub.example\"",
            "error GATE_ORIGINS",
        ),
        (
            "[vars]",
            "[[services]]\nbinding = \"ORIGIN\"\nservice = \"hub\"\n[vars]",
            "error ORIGIN_URL",
        ),
        ("[vars]", "[vars]\nGATE_PREFIX = \"/\"", "error GATE_PREFIX"),
        ("[vars]", "[vars]\nGATE_PREFIX = \"/a/b/\"", "error GATE_PREFIX"),
        ("[vars]", "[vars]\nGATE_PREFIX = \"/API/\"", "error GATE_PREFIX"),
        (
            "[vars]",
            "[vars]\nGATE_PREFIX = \"/gate/\"",
            "warning GATE_PREFIX",
        ),
        ("[vars]", "[vars]\nROUTES = \"npm\"", "error GATE_PREFIX"),
        (
            "[vars]",
            "[vars]\nROUTES = \"oci\"\nGATE_PREFIX = \"/v2\"",
            "error GATE_PREFIX",
        ),
        ("[vars]", "[vars]\nROUTES = \"npms\"", "error ROUTES"),
        ("[vars]", "[vars]\nROUTES = \"reads GET /\"", "error ROUTES"),
        ("\"acme\"", "\"hub\"", "note TOKEN_PREFIX"),
        ("\"acme\"", "\"Acme!\"", "error TOKEN_PREFIX"),
        ("MEMBERSHIP = \"kv\"", "", "note MEMBERSHIP"),
        ("MEMBERSHIP = \"kv\"", "MEMBERSHIP = \"on\"", "error MEMBERSHIP"),
        ("[vars]", "[vars]\nON_STALE = \"allow-reads\"", "warning ON_STALE"),
        ("[vars]", "[vars]\nANONYMOUS = \"reads\"", "note ANONYMOUS"),
        ("[vars]", "[vars]\nANONYMUS = \"reads\"", "warning ANONYMUS"),
        (
            "[vars]",
            "[vars]\nOWN_NAMESPACE = \"by-name\"",
            "note OWN_NAMESPACE",
        ),
        ("[vars]", "[vars]\nOWN_NAMESPACE = \"off\"", "error OWN_NAMESPACE"),
        ("[vars]", "[vars]\nASSERTION = \"off\"", "warning ASSERTION"),
        ("[vars]", "[vars]\nLYCHGATE_KEYS = \"{}\"", "error LYCHGATE_KEYS"),
        (
            "[vars]",
            "[vars]\nCONNECTION_SECONDS = 0",
            "note CONNECTION_SECONDS",
        ),
        (
            "REFRESH_SECONDS = 5",
            "REFRESH_SECONDS = \"600\"",
            "warning REFRESH_SECONDS",
        ),
        ("name = \"LEDGER\"", "name = \"OTHER\"", "warning LEDGER"),
        ("REFUSALS", "OTHER", "warning REFUSALS"),
        (
            "routes = [{ pattern = \"hub.example\", custom_domain = true }, \
             { pattern = \"tokens.hub.example\", custom_domain = true }]",
            "# none",
            "note routes",
        ),
        (
            ", { pattern = \"tokens.hub.example\", custom_domain = true }",
            "",
            "warning PAGE_HOST",
        ),
        (
            "PAGE_HOST = \"tokens.hub.example\"\nHUB_HOST = \"hub.example\"\n",
            "",
            "warning PAGE_HOST",
        ),
        ("PAGE_HOST = \"tokens.hub.example\"\n", "", "error PAGE_HOST"),
        ("HUB_HOST = \"hub.example\"\n", "", "error HUB_HOST"),
        (
            "PAGE_HOST = \"tokens.hub.example\"",
            "PAGE_HOST = \"Hub.example.\"",
            "error PAGE_HOST",
        ),
        (
            "PAGE_HOST = \"tokens.hub.example\"",
            "PAGE_HOST = \"https://tokens.hub.example\"",
            "error PAGE_HOST",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let told = told(&format!("door-{number}"), replaced, by);
        assert_eq!(told.first().map(String::as_str), Some(expected), "{by}: {told:?}");
        let others: Vec<_> = told.iter().filter(|one| *one != expected).collect();
        assert!(others.is_empty(), "{by}: {told:?}");
    }
}

#[test]
fn says_which_paths_the_gate_and_the_table_have_in_common() {
    let routes = |text: &str| SAFE.replace("[vars]", &format!("[vars]\n{text}"));
    let (_, out, _) = check("prefix-shared", "wrangler.toml", &routes("ROUTES = \"npm\""), &[]);
    let expected = "\
error    GATE_PREFIX: ROUTES has paths under /-/, such as /-/package/{path}/dist-tags|access|collaborators: the gate refuses these, because they are its own
         Set it to a path that the origin does not use, such as /_gate/.
";
    assert!(out.starts_with(expected), "{out}");
    let (_, out, _) = check(
        "prefix-name",
        "wrangler.toml",
        &routes("GATE_PREFIX = \"/gate/\""),
        &[],
    );
    let expected = "\
warning  GATE_PREFIX: ROUTES has paths that begin with a name: nobody reaches what is called \"gate\", in any case
         Set it to a path that is no name, such as /_gate/.
";
    assert!(out.starts_with(expected), "{out}");
    for fine in [
        "ROUTES = \"npm\"\nGATE_PREFIX = \"/_gate/\"",
        "ROUTES = \"npm@/npm\"",
        "ROUTES = \"mlflow\"\nGATE_PREFIX = \"/gate\"",
        "GATE_PREFIX = \"/-/\"",
    ] {
        let (code, out, _) = check("prefix-fine", "wrangler.toml", &routes(fine), &[]);
        assert_eq!(
            (code, out),
            (0, format!("{FAIL_OPEN}0 errors, 0 warnings, 1 note\n")),
            "{fine}"
        );
    }
}

#[test]
fn the_shipped_configuration_lacks_what_only_its_owner_can_put_there() {
    let shipped = include_str!("../wrangler.toml");
    let (code, out, _) = check("shipped", "wrangler.toml", shipped, &[]);
    assert_eq!(code, 1);
    let errors: Vec<&str> = out.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors, ["error    LYCHGATE_KV: its id is still the placeholder"]);
}

#[test]
fn an_environment_has_variables_of_its_own_and_inherits_the_rest() {
    let text = format!(
        "{SAFE}[env.staging]\npreview_urls = true\n[env.staging.vars]\nORIGIN_URL = \"https://staging.example\"\n\
         TOKEN_PREFIX = \"stage\"\nMEMBERSHIP = \"kv\"\n"
    );
    let (code, _, _) = check("env-none", "wrangler.toml", &text, &[]);
    assert_eq!(code, 0);
    let (code, out, _) = check("env", "wrangler.toml", &text, &["--env", "staging"]);
    let told: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split_once(": ").map(|(head, _)| head))
        .collect();
    // Bindings are not inherited either.
    assert_eq!(
        told,
        [
            "error    preview_urls",
            "error    LYCHGATE_KV",
            "warning  LEDGER",
            "warning  REFUSALS",
            "note     routes",
        ]
    );
    assert_eq!(code, 1);
    let (code, _, err) = check("env-other", "wrangler.toml", &text, &["--env", "other"]);
    assert_eq!(
        (code, err.as_str()),
        (3, "error: wrangler.toml has no environment other\n")
    );
}

#[test]
fn reads_json_and_says_what_it_cannot_read() {
    let json = r#"{"workers_dev": true, "vars": {"TOKEN_PREFIX": "acme"}}"#;
    let (code, out, _) = check("json", "wrangler.json", json, &["wrangler.json"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("error    workers_dev"), "{out}");
    let (code, _, err) = check("broken", "wrangler.toml", "vars = ", &[]);
    assert_eq!(code, 3);
    assert!(err.starts_with("error: wrangler.toml is not TOML: "), "{err}");
    let (code, _, err) = check("absent", "other.toml", "", &[]);
    assert_eq!(code, 3);
    assert!(
        err.starts_with("error: wrangler.toml could not be read: "),
        "{err}"
    );
}
