//! What became of one variant, at the origin itself and through the gate.

use std::collections::BTreeSet;
use std::fmt;

use lychgate::Access;
use serde::{Serialize, Serializer};

use super::plain::Plain;
use super::variant::Variant;

/// What became of one variant.
#[derive(Serialize)]
pub(crate) struct Finding {
    kind: &'static str,
    /// The plain request, and what it does.
    plain: String,
    #[serde(serialize_with = "named")]
    access: Access,
    /// As it was sent; bytes that are not UTF-8 are replaced.
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    /// What the route table says of what was sent.
    table: &'static str,
    /// What the origin did when it was asked itself.
    #[serde(serialize_with = "named_or_none")]
    origin: Option<Access>,
    gate: Vec<Seen>,
    #[serde(rename = "case")]
    pub(crate) is_case: bool,
}

/// What somebody got through the gate.
#[derive(Serialize)]
pub(crate) struct Seen {
    pub(crate) who: &'static str,
    pub(crate) status: Option<u16>,
    #[serde(serialize_with = "named_or_none")]
    pub(crate) did: Option<Access>,
    #[serde(serialize_with = "named")]
    pub(crate) allowed: Access,
}

/// What a whole probe came to.
#[derive(Default, Serialize)]
pub(crate) struct Summary {
    variants: usize,
    #[serde(skip)]
    kinds: BTreeSet<&'static str>,
    /// Variants that the origin itself took for more than the route table does.
    origin_differs: usize,
    /// Variants by which the origin did more through the gate than was allowed.
    pub(crate) cases: usize,
}

impl Finding {
    pub(crate) fn new(
        plain: &Plain,
        variant: &Variant,
        table: &'static str,
        origin: Option<Access>,
        gate: Vec<Seen>,
    ) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            kind: variant.kind,
            plain: plain.name(),
            access: plain.access,
            method: text(&variant.method),
            target: text(&variant.target),
            headers: variant.headers.clone(),
            body: text(&variant.body),
            table,
            origin,
            is_case: gate.iter().any(Seen::is_case),
            gate,
        }
    }

    /// The finding as rows of a table: a row for each case, or for all.
    pub(crate) fn rows(&self, all: bool) -> Vec<[String; 6]> {
        let request = format!("{} {}", self.method, self.target);
        let row = |who: &str, did: Option<Access>, allowed: &str| {
            [
                who.to_owned(),
                name(did).to_owned(),
                allowed.to_owned(),
                self.table.to_owned(),
                self.kind.to_owned(),
                request.clone(),
            ]
        };
        let direct = all.then(|| row("origin itself", self.origin, "-"));
        let through = self
            .gate
            .iter()
            .filter(|seen| all || seen.is_case())
            .map(|seen| row(seen.who, seen.did, seen.allowed.name()));
        direct.into_iter().chain(through).collect()
    }

    /// Whether the origin itself did more than the route table says of what was sent.
    fn origin_differs(&self) -> bool {
        let table = super::plain::access_named(self.table);
        self.origin
            .is_some_and(|did| table.is_none_or(|table| did > table))
    }
}

impl Seen {
    fn is_case(&self) -> bool {
        self.did.is_some_and(|did| did > self.allowed)
    }
}

impl Summary {
    pub(crate) fn count(&mut self, finding: &Finding) {
        self.variants += 1;
        self.kinds.insert(finding.kind);
        self.origin_differs += usize::from(finding.origin_differs());
        self.cases += usize::from(finding.is_case);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} variants of {} kinds. The origin itself took {} of them for something that the route table refuses or \
             calls less. Through the gate: {} cases.",
            self.variants,
            self.kinds.len(),
            self.origin_differs,
            self.cases
        )
    }
}

fn name(access: Option<Access>) -> &'static str {
    access.map_or("nothing", Access::name)
}

fn named<S: Serializer>(access: &Access, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(access.name())
}

fn named_or_none<S: Serializer>(access: &Option<Access>, serializer: S) -> Result<S::Ok, S::Error> {
    access.map(Access::name).serialize(serializer)
}
