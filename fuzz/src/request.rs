//! A whole request: `<method> <target><LF><body>`, decided with the included table.

use std::sync::LazyLock;

use lychgate::policy::{Body, Request, State, Verdict, decide};
use lychgate::request::{Content, Method, Sender, Target};
use lychgate::routes::{Access, Class, RouteTable};

use crate::oracle::Oracle;
use crate::sealing::digest;
use crate::spelling::{encoded, in_another_case};
use crate::table_check::{self, agrees};

static STATE: LazyLock<State> = LazyLock::new(table_check::state);
static ORACLE: LazyLock<Oracle> = LazyLock::new(|| Oracle::read(include_str!("../../src/routes/hub.routes")));

const WRITE: u8 = 4;
const REFUSED: u8 = 9;

pub fn check(data: &[u8]) -> String {
    let head_length = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (head, rest) = data.split_at(head_length);
    let body = rest.get(1..).unwrap_or_default();
    let Ok(head) = str::from_utf8(head) else {
        return "not text".to_owned();
    };
    let (method, raw) = head.split_once(' ').unwrap_or(("GET", head));
    let verdicts = verdicts(method, raw, body);
    let Ok(method) = method.parse::<Method>() else {
        return format!("method {verdicts}");
    };
    let target = match Target::parse(raw) {
        Ok(target) => target,
        Err(error) => return format!("{error:?} {verdicts}"),
    };
    let table = &STATE.routes;
    agrees(table, &ORACLE, method, &target);
    let canonical = target.canonical().to_owned();
    let again = Target::parse(&canonical).unwrap();
    assert_eq!(again.canonical(), canonical);
    assert!(again.segments().eq(target.segments()));
    let found = table.classify(method, &target);
    assert_eq!(table.classify(method, &again), found);
    if method == Method::Get {
        assert_eq!(table.classify(Method::Head, &target), found);
    }
    assert_no_other_spelling_is_softer(table, method, raw, digest(data));
    format!("{canonical} {found:?} {verdicts}")
}

/// The strictness of the result; a refusal is the strictest.
fn strictness(table: &RouteTable, method: Method, raw: &str) -> u8 {
    let Ok(target) = Target::parse(raw) else {
        return REFUSED;
    };
    match table.classify(method, &target).map(|route| route.class) {
        Ok(Class::LfsBatch) => 2,
        Ok(Class::Known(access) | Class::UnlessNamed { access, .. }) => match access {
            Access::Public => 0,
            Access::Read => 1,
            Access::Contribute => 3,
            Access::Write => WRITE,
        },
        Err(_) => REFUSED,
    }
}

fn assert_no_other_spelling_is_softer(table: &RouteTable, method: Method, raw: &str, mask: u64) {
    // If a request is refused as ambiguous, another spelling of it may have only the stricter interpretation. If a request is
    // strict only because of its case, another spelling may match the line itself.
    let own = strictness(table, method, &raw.to_ascii_lowercase());
    let strict = strictness(table, method, raw);
    let least = strict.min(own).min(WRITE);
    if raw.len() > 2048 {
        return; // some of the spellings would be too long, and would be refused for that
    }
    let (path, query) = raw
        .split_once('?')
        .map_or((raw, String::new()), |(path, query)| (path, format!("?{query}")));
    let joint = if raw.contains('?') { '&' } else { '?' };
    for other in [
        format!("{path}/{query}"),
        in_another_case(raw, mask),
        encoded(&in_another_case(raw, mask), mask.rotate_left(17)),
        format!("{raw}{joint}x=1"),
        format!("{raw}{joint}create_pr=0"),
        format!("{raw}{joint}service=x"),
    ] {
        let found = strictness(table, method, &other);
        assert!(found >= least, "{method:?} {raw} is {strict}, {other} is {found}");
    }
    let escaped = encoded(raw, mask);
    assert_eq!(
        strictness(table, method, &escaped),
        strict,
        "{method:?} {raw} and {escaped}"
    );
}

/// The verdicts without a token, with one that reads, with one that writes, and with a revoked one.
fn verdicts(method: &str, raw: &str, body: &[u8]) -> String {
    let held = [
        None,
        Some(&table_check::READ),
        Some(&table_check::WRITE),
        Some(&table_check::REVOKED),
    ];
    let found = held.map(|token| {
        let header = token.map(|token| format!("Bearer {}", token.as_str()));
        let request = Request {
            method,
            target: raw,
            authorization: header.as_deref(),
            api_key: None,
            content: Content::of_type("application/vnd.git-lfs+json"),
            sender: Sender {
                origin: Some("https://app.example"),
                requested_method: Some("PUT"),
                own_origin: "https://app.example",
                ..Sender::default()
            },
            body: Body::Whole(body),
        };
        let decision = decide(&request, &STATE, table_check::NOW);
        match &decision.verdict {
            Verdict::Forward(pass) => {
                assert_eq!(
                    Ok(pass.target()),
                    Target::parse(raw).as_ref().map(Target::canonical)
                );
                Ok(pass.access())
            }
            Verdict::Refuse(refusal) => Err(refusal.code()),
            Verdict::Fail(fault) => Err(fault.code()),
            Verdict::AnswerPreflight => Err("preflight"),
            Verdict::Wait(need) => panic!("{need:?} is in memory"),
        }
    });
    let [nobody, read, write, revoked] = found;
    for found in [nobody, revoked].into_iter().flatten() {
        assert_eq!(found, Access::Public, "{method} {raw}");
    }
    if let Ok(access) = read {
        assert!(access <= Access::Read && write == Ok(access), "{method} {raw}");
    }
    let shown = found.map(|found| found.map_or_else(str::to_owned, |access| access.name().to_owned()));
    shown.join(" ")
}
