//! What requests do: those of real clients, and those that are disguised as something weaker.

use lychgate::request::{Content, Method, Target};
use lychgate::routes::{Access, Class, RouteError, RouteTable};
use serde::Deserialize;

use crate::cases::{Cases, equal, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    rows: Vec<RequestRow>,
}

/// A row of `requests.tsv`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestRow {
    class: String,
    method: String,
    target: String,
    body: String,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bypass {
    rows: Vec<BypassRow>,
}

/// A row of `bypass.tsv`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BypassRow {
    weakest: String,
    method: String,
    target: String,
    body: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    cases: Vec<Case>,
    attacks: Vec<Attack>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    method: String,
    target: String,
    #[serde(default)]
    body: String,
    /// Its `Content-Type`; where it is absent, what the clients that send such requests say.
    content_type: Option<String>,
    /// The access, or the code of the refusal.
    outcome: String,
    namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    name: String,
    method: String,
    target: String,
    #[serde(default)]
    body: String,
    /// Its `Content-Type`; where it is absent, what the clients that send such requests say.
    content_type: Option<String>,
    /// The weakest access that may come out; a refusal is always right.
    weakest: String,
}

/// What the table makes of a request.
enum Judged {
    Access(Access, Option<String>),
    Refused(&'static str),
}

impl Judged {
    fn of(table: &RouteTable, method: &str, target: &str, body: &str, content_type: Option<&str>) -> Self {
        let Ok(method) = method.parse::<Method>() else {
            return Self::Refused("method_unsupported");
        };
        let Ok(target) = Target::parse(target) else {
            return Self::Refused("target_ambiguous");
        };
        match table.classify(method, &target) {
            Ok(route) => {
                let content = match (content_type, route.class) {
                    (Some(content_type), _) => Content::of_type(content_type),
                    (None, _) if body.is_empty() => Content::None,
                    (None, Class::LfsBatch) => Content::of_type("application/vnd.git-lfs+json"),
                    (None, Class::Known(_) | Class::UnlessNamed { .. }) => {
                        Content::of_type("application/json")
                    }
                };
                Self::Access(
                    route.class.with_body(&target, content, body.as_bytes()),
                    route.namespace.map(str::to_owned),
                )
            }
            Err(RouteError::Ambiguous(_)) => Self::Refused("target_ambiguous"),
            Err(RouteError::Refused { .. }) => Self::Refused("route_refused"),
            Err(RouteError::Reserved) => Self::Refused("path_reserved"),
            Err(error) => panic!("an error that no vector knows: {error:?}"),
        }
    }

    fn outcome(&self) -> &'static str {
        match self {
            Self::Access(access, _) => access.name(),
            Self::Refused(code) => code,
        }
    }

    fn namespace(&self) -> Option<&str> {
        match self {
            Self::Access(_, namespace) => namespace.as_deref(),
            Self::Refused(_) => None,
        }
    }

    fn at_least(&self, weakest: &str) -> Result<(), String> {
        let weakest = access_named(weakest).ok_or_else(|| format!("{weakest} is no access"))?;
        match self {
            Self::Access(access, _) if *access < weakest => {
                Err(format!("came out as {access:?}, which is less than {weakest:?}"))
            }
            Self::Access(..) | Self::Refused(_) => Ok(()),
        }
    }
}

fn access_named(name: &str) -> Option<Access> {
    [Access::Public, Access::Read, Access::Contribute, Access::Write]
        .into_iter()
        .find(|access| access.name() == name)
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn the_corpus_of_requests_gets_its_classes() {
    let table = RouteTable::shipped();
    let requests: Requests = read("corpus_requests.json", include_str!("corpus_requests.json"));
    let mut cases = Cases::of("corpus requests");
    for row in requests.rows {
        let judged = Judged::of(&table, &row.method, &row.target, &row.body, None);
        let found = match &judged {
            Judged::Access(access, _) => access.name(),
            Judged::Refused(_) => "refused",
        };
        let name = format!("{} {} {} ({})", row.method, row.target, row.body, row.source);
        cases.equal(&name, found, row.class.as_str());
    }
    cases.finish(134);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn the_corpus_of_bypasses_gets_nothing_softer() {
    let table = RouteTable::shipped();
    let bypass: Bypass = read("corpus_bypass.json", include_str!("corpus_bypass.json"));
    let mut cases = Cases::of("corpus bypasses");
    for row in bypass.rows {
        let judged = Judged::of(&table, &row.method, &row.target, &row.body, None);
        let name = format!("{} {} {} ({})", row.method, row.target, row.body, row.why);
        cases.note(&name, judged.at_least(&row.weakest));
    }
    cases.finish(28);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn requests_get_their_class_and_namespace() {
    let table = RouteTable::shipped();
    let vectors: Vectors = read("routes.json", include_str!("routes.json"));
    let mut cases = Cases::of("routes");
    for case in vectors.cases {
        let content_type = case.content_type.as_deref();
        let judged = Judged::of(&table, &case.method, &case.target, &case.body, content_type);
        let what = format!("{} {} outcome", case.method, case.target);
        let outcome = equal(&what, judged.outcome(), case.outcome.as_str());
        let namespace = || equal("namespace", judged.namespace(), case.namespace.as_deref());
        cases.note(&case.name, outcome.and_then(|()| namespace()));
    }
    cases.finish(2_000);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn attacks_get_nothing_softer_than_what_an_origin_would_do() {
    let table = RouteTable::shipped();
    let vectors: Vectors = read("routes.json", include_str!("routes.json"));
    let mut cases = Cases::of("attacks");
    for case in vectors.attacks {
        let content_type = case.content_type.as_deref();
        let judged = Judged::of(&table, &case.method, &case.target, &case.body, content_type);
        let outcome = judged
            .at_least(&case.weakest)
            .map_err(|failure| format!("{} {} {failure}", case.method, case.target));
        cases.note(&case.name, outcome);
    }
    cases.finish(900);
}
