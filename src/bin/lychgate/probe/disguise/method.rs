//! Other methods, and the ways to ask for one method with another. Pure.

use super::super::variant::Variant;
use super::place::multipart;
use super::{Scene, parameter};

/// Headers by which servers and frameworks let a request ask for another method.
pub(crate) const METHOD_HEADERS: [&str; 11] = [
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X_HTTP_METHOD_OVERRIDE",
    "X-Original-Method",
    "X-Forwarded-Method",
    "X-Request-Method",
    "X-Method",
    "X-Real-Method",
    "X-Http-Verb",
    "Http-Method",
];

/// Parameters by which frameworks let a query or a form ask for another method.
const METHOD_PARAMETERS: [&str; 9] = [
    "_method",
    "_METHOD",
    "_method[]",
    "__method_override__",
    "X-HTTP-Method-Override",
    "_httpmethod",
    "http_method",
    "method",
    "x-method-override",
];

/// Methods that a server may treat like any other that is not GET, or like an unknown one.
const OTHER_METHODS: [&str; 18] = [
    "PUT",
    "PATCH",
    "DELETE",
    "PROPFIND",
    "PROPPATCH",
    "REPORT",
    "SEARCH",
    "QUERY",
    "TRACE",
    "TRACK",
    "LINK",
    "LOCK",
    "COPY",
    "MOVE",
    "PURGE",
    "MERGE",
    "MKCOL",
    "BREW",
];

/// The methods that ask for another one: at some path they need less access, or no token.
const CARRIERS: [&str; 4] = ["GET", "HEAD", "OPTIONS", "POST"];

const FORM: &str = "application/x-www-form-urlencoded";

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let itself = Variant::plain(plain);
    let method = plain.method.as_str();
    let mut variants = vec![
        itself
            .clone()
            .kind("method in lower case")
            .by(method.to_ascii_lowercase()),
        itself.clone().kind("method in mixed case").by(format!(
            "{}{}",
            method.get(..1).unwrap_or_default(),
            method.get(1..).unwrap_or_default().to_ascii_lowercase()
        )),
        itself.clone().kind("unknown method").by(format!("{method}X")),
    ];
    for other in OTHER_METHODS {
        variants.push(itself.clone().kind("another method").by(other));
    }
    for other in CARRIERS.into_iter().filter(|other| *other != method) {
        let carrier = itself.clone().by(other);
        variants.push(carrier.clone().kind("another method"));
        let mut bare = carrier
            .clone()
            .kind("another method, no body")
            .without("Content-Type");
        bare.body.clear();
        variants.push(bare.clone());
        for header in METHOD_HEADERS {
            variants.push(carrier.clone().kind("method in a header").with(header, method));
            variants.push(
                bare.clone()
                    .kind("method in a header, no body")
                    .with(header, method),
            );
        }
        for value in [
            method.to_ascii_lowercase(),
            format!("GET, {method}"),
            format!("{method}, GET"),
            format!("\"{method}\""),
            format!("{method};x"),
        ] {
            let kind = "method in a header, respelled";
            variants.push(carrier.clone().kind(kind).with("X-HTTP-Method-Override", &value));
        }
        variants.extend(in_parameters(scene, &carrier));
        let cookie = format!("_method={method}");
        variants.push(carrier.clone().kind("method in a cookie").with("Cookie", &cookie));
    }
    for (origin, asked) in [("https://other.invalid", method), ("null", "POST"), ("", method)] {
        let preflight = itself
            .clone()
            .by("OPTIONS")
            .with("Origin", origin)
            .with("Access-Control-Request-Method", asked);
        let mut bare = preflight.clone().kind("preflight").without("Content-Type");
        bare.body.clear();
        variants.push(bare.clone());
        variants.push(
            bare.kind("preflight with an override")
                .with("X-HTTP-Method-Override", method),
        );
        let mut with_body = preflight.kind("preflight with a body");
        if with_body.body.is_empty() {
            with_body.body = b"0000".to_vec();
        }
        variants.push(with_body);
    }
    variants
}

fn in_parameters(scene: &Scene<'_>, carrier: &Variant) -> Vec<Variant> {
    let plain = scene.plain;
    let method = plain.method.as_str();
    let between = if plain.query().is_some() { '&' } else { '?' };
    let in_query = |parameter: &str| format!("{}{between}{parameter}={method}", plain.target);
    let mut variants = Vec::new();
    for parameter in METHOD_PARAMETERS {
        variants.push(
            carrier
                .clone()
                .kind("method in the query")
                .at(in_query(parameter)),
        );
        let form = format!("{parameter}={method}");
        variants.push(carrier.clone().kind("method in a form").saying(FORM, form));
    }
    for (_, name) in parameter::names("_method") {
        let kind = "method in the query, respelled";
        variants.push(carrier.clone().kind(kind).at(in_query(&name)));
    }
    for before in ["x=1;", "x=1,", "x=1|", "x=1%26", "?"] {
        let kind = "method in the query, respelled";
        variants.push(
            carrier
                .clone()
                .kind(kind)
                .at(in_query(&format!("{before}_method"))),
        );
    }
    let (content_type, body) = multipart(&[("_method", method)]);
    variants.push(
        carrier
            .clone()
            .kind("method in a multipart body")
            .saying(&content_type, body),
    );
    let json = format!("{{\"_method\":\"{method}\"}}");
    variants.push(
        carrier
            .clone()
            .kind("method in a JSON body")
            .saying("application/json", json),
    );
    variants
}
