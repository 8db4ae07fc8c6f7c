//! Disguises of a request other than by its target's spelling: its method, headers, body and framing. Pure.

use super::json_body;
use super::plain::Plain;
use super::spelling;
use super::variant::{Framing, RequestLine, Variant};

/// Headers by which servers and frameworks let a request ask for another method.
const METHOD_HEADERS: [&str; 7] = [
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X_HTTP_METHOD_OVERRIDE",
    "X-Original-Method",
    "X-Forwarded-Method",
    "X-Request-Method",
];

/// Parameters by which frameworks let a query or a form ask for another method.
const METHOD_PARAMETERS: [&str; 6] = [
    "_method",
    "_METHOD",
    "_method[]",
    "__method_override__",
    "X-HTTP-Method-Override",
    "_httpmethod",
];

/// Headers by which servers and frameworks let a request ask for another target.
const TARGET_HEADERS: [&str; 12] = [
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Original-URI",
    "X-Forwarded-Uri",
    "X-Forwarded-Url",
    "X-Forwarded-Path",
    "X-Envoy-Original-Path",
    "X-Request-Uri",
    "X-Override-Url",
    "X-Waws-Unencoded-Url",
    "Request-Uri",
    "X_ORIGINAL_URL",
];

/// Headers by which servers and frameworks let a request say which beginning of its path to leave out.
const PREFIX_HEADERS: [&str; 4] = [
    "X-Script-Name",
    "X-Forwarded-Prefix",
    "X_SCRIPT_NAME",
    "Script-Name",
];

/// What a request says by the names that only the gate may use. The last two are one name with the first to CGI.
const IDENTITY_HEADERS: [(&str, &str); 4] = [
    ("X-Lychgate-Access", "write"),
    ("X-Lychgate-Role", "write"),
    ("X_Lychgate_Access", "write"),
    ("X-Lychgate_Access", "write"),
];

/// Every variant of a plain request that there is, beginning with itself. `weaker` are requests that need less.
pub(crate) fn variants(plain: &Plain, weaker: &[&Plain], host: &str) -> Vec<Variant> {
    let itself = Variant::plain(plain);
    let mut variants = vec![itself.clone()];
    let values = other_values(plain, weaker);
    let spellings = spelling::of_path(plain, host);
    for (kind, target) in spellings.into_iter().chain(spelling::of_query(plain, &values)) {
        variants.push(itself.clone().kind(kind).at(target));
    }
    variants.extend(by_line(&itself));
    variants.extend(by_method(plain));
    variants.extend(by_header(plain, weaker));
    variants.extend(by_detour(plain, weaker));
    variants.extend(by_framing(plain, weaker, host));
    variants.extend(json_body::variants(plain, weaker));
    variants
}

/// The values that this request's parameters have in weaker ones, and one that means nothing.
fn other_values(plain: &Plain, weaker: &[&Plain]) -> Vec<String> {
    let parameters = |plain: &Plain| -> Vec<(String, String)> {
        plain
            .query()
            .unwrap_or_default()
            .split('&')
            .filter_map(|parameter| parameter.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let own = parameters(plain);
    let mut values = vec!["0".to_owned()];
    for (name, value) in weaker.iter().flat_map(|weaker| parameters(weaker)) {
        let is_other = own.iter().any(|(held, other)| *held == name && *other != value);
        if is_other && !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// Other request lines and versions.
fn by_line(itself: &Variant) -> Vec<Variant> {
    [
        ("tabs in the request line", RequestLine::Tabs),
        ("two spaces in the request line", RequestLine::TwoSpaces),
        ("bare line feeds", RequestLine::BareLineFeeds),
        ("empty line before", RequestLine::EmptyLineBefore),
        ("HTTP/1.0", RequestLine::Version10),
    ]
    .into_iter()
    .map(|(kind, line)| itself.clone().kind(kind).on_line(line))
    .collect()
}

/// Other methods, and the ways to ask for one method by another.
fn by_method(plain: &Plain) -> Vec<Variant> {
    let itself = Variant::plain(plain);
    let method = plain.method.as_str();
    let mut variants = vec![
        itself
            .clone()
            .kind("method in lower case")
            .by(method.to_ascii_lowercase()),
        itself.clone().kind("unknown method").by(format!("{method}X")),
    ];
    for other in ["GET", "HEAD", "OPTIONS", "POST"] {
        if other == method {
            continue;
        }
        let carrier = itself.clone().by(other);
        variants.push(carrier.clone().kind("another method"));
        for header in METHOD_HEADERS {
            variants.push(carrier.clone().kind("method in a header").with(header, method));
        }
        let between = if plain.query().is_some() { '&' } else { '?' };
        for parameter in METHOD_PARAMETERS {
            let target = format!("{}{between}{parameter}={method}", plain.target);
            variants.push(carrier.clone().kind("method in the query").at(target));
            let form = format!("{parameter}={method}");
            variants.push(
                carrier
                    .clone()
                    .kind("method in a form")
                    .saying("application/x-www-form-urlencoded", form),
            );
        }
    }
    variants
}

/// Headers that ask for another target, or say what the gate alone may say.
fn by_header(plain: &Plain, weaker: &[&Plain]) -> Vec<Variant> {
    let itself = Variant::plain(plain);
    let mut variants = Vec::new();
    for header in TARGET_HEADERS {
        for carrier in weaker {
            let carrier = Variant::plain(carrier).kind("target in a header");
            variants.push(carrier.clone().with(header, &plain.target));
            variants.push(
                carrier
                    .with(header, &plain.target)
                    .with("X-HTTP-Method-Override", &plain.method),
            );
        }
        variants.push(
            itself
                .clone()
                .kind("target in a header")
                .at("/")
                .with(header, &plain.target),
        );
    }
    for header in PREFIX_HEADERS {
        let target = format!("/prefix{}", plain.target);
        variants.push(
            itself
                .clone()
                .kind("prefix in a header")
                .at(target)
                .with(header, "/prefix"),
        );
    }
    for (name, value) in IDENTITY_HEADERS {
        variants.push(itself.clone().kind("the gate's own header").with(name, value));
    }
    for names in [
        "X-Lychgate-Access",
        "X-Lychgate-Role, X-Lychgate-Subject",
        "Authorization",
    ] {
        variants.push(
            itself
                .clone()
                .kind("header named in Connection")
                .with("Connection", &format!("close, {names}")),
        );
    }
    variants
}

/// From a weaker request's path back to this one's.
fn by_detour(plain: &Plain, weaker: &[&Plain]) -> Vec<Variant> {
    let mut variants = Vec::new();
    let inner = plain.target.trim_start_matches('/');
    for carrier in weaker {
        let depth = carrier.path().matches('/').count();
        for (kind, up) in [
            ("dot-dot from a weaker path", "/.."),
            ("encoded dot-dot from a weaker path", "/%2e%2e"),
            ("encoded dot-dot from a weaker path", "%2f%2e%2e"),
            ("dot-dot with a parameter from a weaker path", "/..;"),
            ("backslashes from a weaker path", "\\.."),
            ("double-encoded dot-dot from a weaker path", "/%252e%252e"),
        ] {
            let target = format!("{}{}/{inner}", carrier.path(), up.repeat(depth));
            variants.push(Variant::plain(plain).kind(kind).at(target.as_str()));
            variants.push(
                Variant::plain(plain)
                    .kind(kind)
                    .at(target)
                    .by(carrier.method.as_str()),
            );
        }
    }
    variants
}

/// Where the body ends: said in other words, or in two that differ so that another request begins in it.
fn by_framing(plain: &Plain, weaker: &[&Plain], host: &str) -> Vec<Variant> {
    let itself = Variant::plain(plain);
    let mut variants = Vec::new();
    if !plain.body.is_empty() {
        variants.push(itself.clone().kind("chunked body").framed(Framing::Chunked));
    }
    if plain.method != "GET" {
        variants.push(
            itself
                .clone()
                .kind("body and Expect")
                .with("Expect", "100-continue"),
        );
    }
    let own = [
        ("X-Lychgate-Access", plain.access.name()),
        ("X-Lychgate-Subject", "probe"),
        ("X-Lychgate-Role", "write"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let smuggled = itself.wire(host, &own);
    // One that usually has a body and one that has none: servers differ by that, and not by more.
    let with_body = weaker.iter().find(|carrier| carrier.method != "GET");
    let without = weaker.iter().find(|carrier| carrier.method == "GET");
    for carrier in with_body.into_iter().chain(without) {
        let mut carrier = Variant::plain(carrier).kind("request in a body");
        carrier.body = smuggled.clone();
        let carrier = carrier.with("Connection", "keep-alive");
        variants.push(carrier.clone());
        for transfer in [
            "chunked",
            "Chunked",
            "xchunked",
            "identity",
            "chunked, identity",
            "\tchunked",
        ] {
            variants.push(carrier.clone().framed(Framing::LengthAndChunked(transfer)));
        }
        variants.push(carrier.framed(Framing::ShortLength));
    }
    variants
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Plain, variants};

    #[test]
    fn a_write_has_variants_of_every_sort_and_none_twice() {
        let plains = Plain::read_all(
            "{\"access\":\"read\",\"method\":\"POST\",\"target\":\"/a/lfs\",\"body\":\"{\\\"operation\\\":\\\"download\\\"}\"}\n\
             {\"access\":\"write\",\"method\":\"POST\",\"target\":\"/a/lfs\",\"body\":\"{\\\"operation\\\":\\\"upload\\\"}\"}\n\
             {\"access\":\"write\",\"method\":\"DELETE\",\"target\":\"/a?x=y\"}",
        )
        .unwrap();
        for (plain, at_least) in [(&plains[1], 250), (&plains[2], 250)] {
            let made = variants(plain, &[&plains[0]], "h");
            assert_eq!(
                (made[0].kind, made[0].target.as_slice()),
                ("plain", plain.target.as_bytes())
            );
            let kinds: BTreeSet<_> = made.iter().map(|variant| variant.kind).collect();
            assert!(
                made.len() > at_least && kinds.len() > 90,
                "{} of {} kinds",
                made.len(),
                kinds.len()
            );
            for kind in [
                "method in a header",
                "target in a header",
                "dot-dot from a weaker path",
                "request in a body",
            ] {
                assert!(kinds.contains(kind), "{kind}");
            }
        }
        let bodies = variants(&plains[1], &[&plains[0]], "h");
        assert!(
            bodies
                .iter()
                .any(|variant| { variant.body == b"{\"operation\":\"download\",\"operation\":\"upload\"}" })
        );
    }
}
