//! `lychgate probe` against a hub and a gate that stand in for real ones: what it reports of a gate that lets through what
//! it must not, and that it talks to nobody else. What real servers and the real gate do is for `tests/edge`.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;

use serde_json::Value;

const REQUESTS: &str = r#"{"access":"read","method":"GET","target":"/acme/widget"}
{"access":"write","method":"DELETE","target":"/acme/widget"}
"#;

/// A request as the stand-ins read it.
struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The header's last value; `matches` says which names are the header's.
    fn last(&self, matches: impl Fn(&str) -> bool) -> Option<&str> {
        let mut held = self.headers.iter().rev();
        held.find(|(name, _)| matches(name))
            .map(|(_, value)| value.as_str())
    }

    fn token(&self) -> Option<&str> {
        self.last(|name| name.eq_ignore_ascii_case("Authorization"))?
            .strip_prefix("Bearer ")
    }
}

/// How the gate fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Not at all: it knows one path, by its bytes, and passes on nothing of the client's.
    Sound,
    /// It passes on every field but those spelled as its own.
    PassesFields,
    /// It takes what it does not know for a read.
    TakesUnknownForReads,
    /// It lets nobody read.
    LetsNobodyRead,
    /// It lets an outsider write.
    LetsOutsidersWrite,
}

/// What a hub did that stands behind such a gate; asked itself, it does whatever is asked.
fn answer(gate: Option<Gate>, request: &Request) -> String {
    // Whoever decodes a path once.
    let path = request
        .target
        .split('?')
        .next()
        .unwrap_or_default()
        .replace("%61", "a");
    let effect = match (request.method.as_str(), path.as_str()) {
        ("GET" | "HEAD", "/acme/widget") => "read",
        ("DELETE", "/acme/widget") => "write",
        _ => return refused(404),
    };
    let is_known = request.target == "/acme/widget";
    let who = match request.token() {
        Some("reader") => "reader",
        Some("writer") => "writer",
        Some("outsider") => "outsider",
        Some(_) => return refused(401),
        None => "nobody",
    };
    let folded = |name: &str| name.replace('.', "-").eq_ignore_ascii_case("X-Lychgate-Subject");
    let subject = match gate {
        None => request.last(folded).unwrap_or_default(),
        Some(Gate::PassesFields) => {
            let foreign = |name: &str| folded(name) && !name.eq_ignore_ascii_case("X-Lychgate-Subject");
            request.last(foreign).unwrap_or(who)
        }
        Some(_) => who,
    };
    let may = match (gate, who) {
        (None, _) | (_, "writer") => true,
        (Some(Gate::LetsNobodyRead), "nobody") => effect == "read",
        (_, "nobody") => false,
        (Some(Gate::LetsOutsidersWrite), "outsider") => true,
        (Some(Gate::TakesUnknownForReads), _) if !is_known => true,
        _ => effect == "read" && is_known,
    };
    if !may {
        return refused(403);
    }
    format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Effect: {effect}\r\nX-Seen-Subject: {subject}\r\n\r\n")
}

fn refused(status: u16) -> String {
    format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n")
}

fn serve(gate: Option<Gate>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(gate, stream));
        }
    });
    address
}

fn converse(gate: Option<Gate>, stream: TcpStream) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = read(&mut reader)?;
        writer.write_all(answer(gate, &request).as_bytes()).ok()?;
        let closes = |name: &str| name.eq_ignore_ascii_case("Connection");
        if request.last(closes).is_some_and(|value| value.contains("close")) {
            return None;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = || {
        let mut bytes = Vec::new();
        let count = reader.read_until(b'\n', &mut bytes).ok()?;
        (count > 0).then(|| {
            String::from_utf8_lossy(&bytes)
                .trim_end_matches(['\r', '\n'])
                .to_owned()
        })
    };
    let first = line()?;
    let mut parts = first.split(' ');
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    let request = Request {
        method,
        target,
        headers,
    };
    let length = request.last(|name| name.eq_ignore_ascii_case("Content-Length"));
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    Some(request)
}

fn probe(name: &str, gate: Gate, arguments: &[&str]) -> (Output, Vec<Value>) {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("probe-{name}.jsonl"));
    std::fs::write(&file, REQUESTS).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lychgate"))
        .env_clear()
        .env("LYCHGATE_PROBE_READ_TOKEN", "reader")
        .env("LYCHGATE_PROBE_WRITE_TOKEN", "writer")
        .env("LYCHGATE_PROBE_OUTSIDER_TOKEN", "outsider")
        .args(["probe", "--json", "--origin", &format!("http://{}", serve(None))])
        .args(["--gate", &format!("http://{}", serve(Some(gate)))])
        .arg("--requests")
        .arg(&file)
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    (output, lines)
}

/// Which access each server was found to give, and to which kinds of requests.
fn found(lines: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let variants = lines.iter().filter(|line| line["case"] == true);
    variants
        .flat_map(|line| {
            let kind = text(&line["kind"]);
            let seen = line["gate"].as_array().cloned().unwrap_or_default();
            seen.into_iter()
                .filter(|seen| !seen["finding"].is_null())
                .map(move |seen| (text(&seen["who"]), text(&seen["finding"]), kind.clone()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn finds_nothing_at_a_sound_gate() {
    let (output, lines) = probe("sound", Gate::Sound, &["--jobs", "8"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let [summary] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(summary["cases"], 0);
    assert!(summary["variants"].as_u64().unwrap() > 1000, "{summary}");
    assert!(summary["origin_differs"].as_u64().unwrap() > 0, "{summary}");
}

#[test]
fn finds_another_subject() {
    let (output, lines) = probe("subject", Gate::PassesFields, &["--jobs", "8"]);
    assert_eq!(output.status.code(), Some(1));
    let found = found(&lines);
    let kind = "the gate's own header, other signs".to_owned();
    for who in ["reader", "writer", "outsider"] {
        let case = (who.to_owned(), "another subject".to_owned(), kind.clone());
        assert!(found.contains(&case), "{who}: {found:?}");
    }
    let case = lines.iter().find(|line| line["kind"] == kind.as_str()).unwrap();
    let reader = &case["gate"][1];
    assert_eq!(
        (&reader["subject"], &reader["of"]),
        (&Value::from("root"), &Value::from("reader"))
    );
    let repeat = reader["repeat"].as_str().unwrap();
    assert!(
        repeat.contains("$LYCHGATE_PROBE_READ_TOKEN") && !repeat.contains("Bearer reader"),
        "{repeat}"
    );
}

#[test]
fn finds_what_nobody_and_an_outsider_get_done() {
    let (_, lines) = probe("nobody", Gate::LetsNobodyRead, &[]);
    let more = |who: &str| (who.to_owned(), "more than allowed".to_owned(), "plain".to_owned());
    assert!(found(&lines).contains(&more("nobody")));
    let (output, _) = probe("anonymous", Gate::LetsNobodyRead, &["--anonymous"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (output, _) = probe("not-anonymous", Gate::Sound, &["--anonymous"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("as --anonymous says"));
    let (_, lines) = probe("outsider", Gate::LetsOutsidersWrite, &[]);
    assert!(found(&lines).contains(&more("outsider")));
}

#[test]
fn a_fuzz_finds_and_repeats_what_gets_through() {
    let arguments = ["--fuzz", "6000", "--seed", "5", "--jobs", "4"];
    let (output, lines) = probe("fuzz", Gate::TakesUnknownForReads, &arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("The seed is 5."), "{errors}");
    let (summary, cases) = lines.split_last().unwrap();
    assert_eq!(
        (&summary["fuzzed"], &summary["seed"]),
        (&Value::from(6000), &Value::from(5))
    );
    assert_eq!(summary["cases"].as_u64(), u64::try_from(cases.len()).ok());
    let targets =
        |lines: &[Value]| -> Vec<Value> { lines.iter().map(|line| line["target"].clone()).collect() };
    // An encoded letter, which only changed bytes could hold.
    assert!(
        targets(cases)
            .iter()
            .any(|target| target.as_str().is_some_and(|target| target.contains("%61")))
    );
    assert_eq!(cases[0]["finding"], "more than allowed");
    assert!(
        cases[0]["repeat"].as_str().unwrap().starts_with("curl "),
        "{}",
        cases[0]
    );
    let (_, again) = probe("fuzz-again", Gate::TakesUnknownForReads, &arguments);
    assert_eq!(targets(cases), targets(&again[..again.len() - 1]));

    let (output, lines) = probe("fuzz-sound", Gate::Sound, &["--fuzz", "500"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(lines[0]["unanswered"], 0);
}

#[test]
fn a_sample_holds_some_of_each_kind() {
    let drawn = |seed| {
        let arguments = ["--all", "--sample", "2", "--seed", seed];
        let (output, lines) = probe(&format!("sample-{seed}"), Gate::Sound, &arguments);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        lines[..lines.len() - 1]
            .iter()
            .map(|line| {
                (
                    line["kind"].to_string(),
                    line["plain"].to_string(),
                    line["target"].to_string(),
                )
            })
            .collect::<Vec<_>>()
    };
    let first = drawn("1");
    let others = first.iter().filter(|(kind, ..)| kind.contains("marker")).count();
    assert_eq!(others, 4, "{first:?}");
    assert_eq!(first.iter().filter(|(kind, ..)| kind == "\"plain\"").count(), 2);
    assert_ne!(first, drawn("2"));
}

#[test]
fn bounds_what_may_be_asked_of_it() {
    for arguments in [
        &["--fuzz", "10000001"][..],
        &["--fuzz", "0"],
        &["--seed", "x"],
        &["--seed", "1"],
        &["--sample", "0"],
        &["--sample", "1", "--fuzz", "1"],
        &["--jobs", "65"],
        &["--jobs", "0"],
        &["--prefix", "hub"],
        &["--prefix", "/h?b"],
    ] {
        let (output, _) = probe("bounds", Gate::Sound, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
