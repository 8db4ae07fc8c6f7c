//! A parameter that determines the class, in another place than the one that the gate reads, or in several: query, form,
//! multipart body, JSON body, cookie. Frameworks merge these places, and differ in which one wins. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::plain::Plain;
use super::super::variant::Variant;
use super::{Scene, parameter};

/// The form in which a body holds parameters.
#[derive(Clone, Copy)]
enum Shape {
    Urlencoded,
    UrlencodedAsText,
    UrlencodedAsJson,
    Multipart,
    Json,
    JsonAsForm,
    JsonAsText,
    JsonAsMultipart,
    JsonHoldingForm,
}

/// A parameter that makes a request do more than another one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Decider {
    name: String,
    /// The value that makes it do more.
    strong: String,
    weak: String,
}

const SHAPES: [(&str, Shape); 9] = [
    ("parameter in a form", Shape::Urlencoded),
    ("parameter in a form of another type", Shape::UrlencodedAsText),
    ("parameter in a form of another type", Shape::UrlencodedAsJson),
    ("parameter in a multipart body", Shape::Multipart),
    ("parameter in a JSON body", Shape::Json),
    ("parameter in JSON of another type", Shape::JsonAsForm),
    ("parameter in JSON of another type", Shape::JsonAsText),
    ("parameter in JSON of another type", Shape::JsonAsMultipart),
    ("form in a JSON body", Shape::JsonHoldingForm),
];

const BOUNDARY: &str = "probe";

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let mut variants = Vec::new();
    for decider in deciders(scene) {
        variants.extend(of_decider(scene, &decider));
    }
    variants
}

/// A request in which a decider stands in other places, by each of three methods, and the weaker requests with it added.
fn of_decider(scene: &Scene<'_>, decider: &Decider) -> Vec<Variant> {
    let plain = scene.plain;
    let mut variants = Vec::new();
    let methods: BTreeSet<&str> = [plain.method.as_str(), "POST", "GET"].into_iter().collect();
    for method in methods {
        let with_query = |query: &str| {
            let mut variant = Variant::plain(plain)
                .by(method)
                .at(format!("{}{query}", plain.path()));
            // The query's parameters are replaced, so those of the body are replaced too.
            if variant.body.contains(&b'{') && method == "GET" {
                variant.body.clear();
            }
            variant
        };
        variants.extend(decider.in_bodies(&with_query));
        variants.extend(decider.in_cookies(&with_query));
        variants.extend(decider.in_queries(&with_query));
    }
    for weaker in scene.weaker_on_same_path() {
        variants.extend(decider.added_to(weaker));
    }
    variants
}

impl Decider {
    /// A query with one value of the parameter.
    fn once(&self, value: &str) -> String {
        format!("?{}={value}", self.name)
    }

    /// A query with two values of the parameter.
    fn twice(&self, first: &str, second: &str) -> String {
        format!("?{name}={first}&{name}={second}", name = self.name)
    }

    /// In a body of each shape, beside other values in the query or a cookie.
    fn in_bodies(&self, with_query: &dyn Fn(&str) -> Variant) -> Vec<Variant> {
        let Self { name, strong, weak } = self;
        let (strong, weak) = (strong.as_str(), weak.as_str());
        let mut variants = Vec::new();
        for (kind, shape) in SHAPES {
            for (query, values) in [
                (String::new(), vec![strong]),
                (self.once(weak), vec![strong]),
                (self.once(strong), vec![weak]),
                (self.once(weak), vec![weak, strong]),
                (self.once(weak), vec![strong, weak]),
                (self.twice(weak, strong), vec![weak]),
                (self.twice(strong, weak), vec![weak]),
            ] {
                let pairs: Vec<(&str, &str)> = values.iter().map(|value| (name.as_str(), *value)).collect();
                let (content_type, body) = shape.body(&pairs, name, weak);
                variants.push(with_query(&query).kind(kind).saying(&content_type, body));
            }
            let (content_type, body) = shape.body(&[(name, weak)], name, weak);
            variants.push(
                with_query(&self.once(weak))
                    .kind("parameter in three places")
                    .saying(&content_type, body)
                    .with("Cookie", &format!("{name}={strong}")),
            );
        }
        variants
    }

    /// In a cookie of each spelling, without a query and beside the weak value.
    fn in_cookies(&self, with_query: &dyn Fn(&str) -> Variant) -> Vec<Variant> {
        let Self { name, strong, weak } = self;
        let mut cookies = vec![
            format!("{name}={strong}"),
            format!("a=1; {name}={strong}"),
            format!("{name}={weak}; {name}={strong}"),
            format!("{name}={strong}; {name}={weak}"),
            format!("{name}=\"{strong}\""),
            format!("{name}[]={strong}"),
            format!("{name}%00={strong}"),
            format!("a=1;{name}={strong}"),
            format!("a=1, {name}={strong}"),
            format!("a=1&{name}={strong}"),
            format!("$Version=1; {name}=\"{strong}\"; $Path=\"/\""),
            format!("a=\"; {name}={strong}; b=\""),
        ];
        let spelled = parameter::names(name).into_iter();
        cookies.extend(spelled.map(|(_, spelled)| format!("{spelled}={strong}")));
        let in_a_cookie = |query: &str| with_query(query).kind("parameter in a cookie");
        let mut variants = Vec::new();
        for cookie in &cookies {
            for query in [String::new(), self.once(weak)] {
                variants.push(in_a_cookie(&query).with("Cookie", cookie));
            }
        }
        // In a field of its own.
        variants.push(
            in_a_cookie(&self.once(weak))
                .with("Cookie", "a=1")
                .with("Cookie", &format!("{name}={strong}")),
        );
        variants
    }

    /// In the query, alone and beside the weak value.
    fn in_queries(&self, with_query: &dyn Fn(&str) -> Variant) -> Vec<Variant> {
        let (strong, weak) = (&self.strong, &self.weak);
        [
            self.once(strong),
            self.twice(strong, weak),
            self.twice(weak, strong),
        ]
        .iter()
        .map(|query| with_query(query).kind("parameter in the query"))
        .collect()
    }

    /// A weaker request as it is, with the parameter added.
    fn added_to(&self, weaker: &Plain) -> Vec<Variant> {
        let Self { name, strong, .. } = self;
        let itself = |kind| Variant::plain(weaker).kind(kind);
        let between = if weaker.query().is_some() { '&' } else { '?' };
        let mut variants = Vec::new();
        for (_, spelled) in parameter::names(name).into_iter().chain([("", name.clone())]) {
            let target = format!("{}{between}{spelled}={strong}", weaker.target);
            variants.push(itself("parameter in a weaker request's query").at(target));
        }
        variants.extend([
            itself("parameter in a weaker request's path").at(format!("{};{name}={strong}", weaker.path())),
            itself("parameter in a weaker request's cookie").with("Cookie", &format!("{name}={strong}")),
            itself("parameter in a weaker request's header").with(name, strong),
        ]);
        variants
    }
}

/// The parameters that make this request do more than the weaker ones at its path; if there are none, its own parameters.
fn deciders(scene: &Scene<'_>) -> BTreeSet<Decider> {
    let plain = scene.plain;
    let mut deciders = BTreeSet::new();
    let own = said(plain);
    for weaker in scene.weaker_on_same_path() {
        let other = said(weaker);
        let value_in = |said: &[(String, String)], name: &str| {
            said.iter()
                .find(|(held, _)| held == name)
                .map_or_else(|| "0".to_owned(), |(_, value)| value.clone())
        };
        for (name, _) in own.iter().chain(&other) {
            let (strong, weak) = (value_in(&own, name), value_in(&other, name));
            if strong != weak {
                deciders.insert(Decider {
                    name: name.clone(),
                    strong,
                    weak,
                });
            }
        }
    }
    if deciders.is_empty() {
        deciders.extend(parameter::of(plain.query()).map(|(name, value)| Decider {
            name: name.to_owned(),
            strong: value.to_owned(),
            weak: "0".to_owned(),
        }));
    }
    deciders
}

/// The parameters in a request's query and JSON body whose value is not an array, an object or null.
fn said(plain: &Plain) -> Vec<(String, String)> {
    let in_query = parameter::of(plain.query()).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let object: Map<String, Value> = serde_json::from_str(&plain.body).unwrap_or_default();
    let in_body = object.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        Value::Bool(_) | Value::Number(_) => Some((name, value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    in_query.chain(in_body).collect()
}

impl Shape {
    /// The content type and a body with these parameters. A reader of JSON only sees `name` with the value `weak`.
    fn body(self, pairs: &[(&str, &str)], name: &str, weak: &str) -> (String, Vec<u8>) {
        const FORM: &str = "application/x-www-form-urlencoded";
        const JSON: &str = "application/json";
        let joined = || -> String {
            let parameters: Vec<String> = pairs
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            parameters.join("&")
        };
        let json = || -> String {
            let members: Vec<String> = pairs
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(*name), Value::from(*value)))
                .collect();
            format!("{{{}}}", members.join(","))
        };
        let holding = || format!("{{\"{name}\":\"{weak}\",\"x\":\"&{}&\"}}", joined());
        let (content_type, body) = match self {
            Self::Urlencoded => (FORM, joined()),
            Self::UrlencodedAsText => ("text/plain", joined()),
            Self::UrlencodedAsJson => (JSON, joined()),
            Self::Multipart => {
                return multipart(pairs);
            }
            Self::Json => (JSON, json()),
            Self::JsonAsForm => (FORM, json()),
            Self::JsonAsText => ("text/plain", json()),
            Self::JsonAsMultipart => ("multipart/form-data; boundary=probe", json()),
            Self::JsonHoldingForm => (FORM, holding()),
        };
        (content_type.to_owned(), body.into_bytes())
    }
}

/// A body of type `multipart/form-data` (RFC 7578), and its content type.
pub(super) fn multipart(pairs: &[(&str, &str)]) -> (String, Vec<u8>) {
    let parts: String = pairs
        .iter()
        .map(|(name, value)| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        })
        .collect();
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    (content_type, format!("{parts}--{BOUNDARY}--\r\n").into_bytes())
}
