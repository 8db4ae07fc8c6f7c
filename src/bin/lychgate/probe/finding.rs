//! What became of one variant, at the origin itself and through the gate.

use std::collections::BTreeSet;
use std::fmt;

use lychgate::Access;
use serde::{Serialize, Serializer};

use super::answer::Answer;
use super::asker::Asker;
use super::plain::Plain;
use super::recognition::Recognition;
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
    /// What to know of this kind.
    note: Option<&'static str>,
    /// What the route table says of what was sent.
    table: &'static str,
    /// What the origin did when it was asked itself.
    #[serde(serialize_with = "named_or_none")]
    origin: Option<Access>,
    /// The subject that the origin then says it took the request for.
    origin_subject: Option<String>,
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
    /// The subject that the origin says it took the request for.
    pub(crate) subject: Option<String>,
    /// The subject that the gate tells of this asker.
    pub(crate) of: Option<String>,
    pub(crate) finding: Option<Excess>,
    /// A line for a shell by which a case can be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<String>,
}

/// What went beyond what an asker may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Excess {
    #[serde(rename = "more than allowed")]
    More,
    #[serde(rename = "another subject")]
    Subject,
    #[serde(rename = "another access")]
    Access,
}

impl Seen {
    /// What these answers say of what the asker got.
    pub(crate) fn of(recognition: &Recognition, plain: &Plain, answers: &[Answer], asker: &Asker) -> Self {
        let did = recognition.effect(answers);
        let subject = recognition.subject(plain, answers, asker.subject.as_deref());
        // Where the origin tells as what it was asked, that is the gate's class.
        let echo = Recognition::echo(answers);
        let allowed = echo.map_or(asker.allowed, |(least, _)| least.min(asker.allowed));
        let finding = if did.is_some_and(|did| did > allowed) {
            Some(Excess::More)
        } else if subject.is_some() && subject != asker.subject {
            Some(Excess::Subject)
        } else if echo.is_some_and(|(_, most)| most > asker.may_be_told()) {
            Some(Excess::Access)
        } else {
            None
        };
        Self {
            who: asker.name,
            status: answers.first().map(|answer| answer.status),
            did,
            allowed,
            subject,
            of: asker.subject.clone(),
            finding,
            repeat: None,
        }
    }

    fn is_case(&self) -> bool {
        self.finding.is_some()
    }

    /// What is to be seen in the table: the access, and the subject where it is another's.
    pub(super) fn did(&self) -> String {
        let did = name(self.did);
        match (&self.finding, &self.subject) {
            (Some(Excess::Subject), Some(subject)) => format!("{did} as {subject}"),
            (Some(Excess::Access), _) => format!("{did}, told more"),
            (Some(Excess::More | Excess::Subject) | None, _) => did.to_owned(),
        }
    }
}

/// What a whole probe came to.
#[derive(Default, Serialize)]
pub(crate) struct Summary {
    variants: u64,
    #[serde(skip)]
    kinds: BTreeSet<&'static str>,
    /// Variants that the origin itself took for more than the route table does.
    origin_differs: u64,
    /// Variants by which the origin did more through the gate than was allowed.
    pub(crate) cases: u64,
}

impl Finding {
    pub(crate) fn new(
        plain: &Plain,
        variant: &Variant,
        table: &'static str,
        (origin, origin_subject): (Option<Access>, Option<String>),
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
            note: note(variant.kind),
            table,
            origin,
            origin_subject,
            is_case: gate.iter().any(Seen::is_case),
            gate,
        }
    }

    /// The finding as rows of a table: a row for each case, or for all.
    pub(crate) fn rows(&self, all: bool) -> Vec<[String; 6]> {
        let request = format!("{} {}", self.method, self.target);
        let row = |who: &str, did: String, allowed: &str| {
            [
                who.to_owned(),
                did,
                allowed.to_owned(),
                self.table.to_owned(),
                self.kind.to_owned(),
                request.clone(),
            ]
        };
        let direct = all.then(|| row("origin itself", name(self.origin).to_owned(), "-"));
        let through = self
            .gate
            .iter()
            .filter(|seen| all || seen.is_case())
            .map(|seen| row(seen.who, seen.did(), seen.allowed.name()));
        direct.into_iter().chain(through).collect()
    }

    /// Whether the origin itself did more than the route table says of what was sent.
    fn origin_differs(&self) -> bool {
        let table = super::plain::access_named(self.table);
        self.origin
            .is_some_and(|did| table.is_none_or(|table| did > table))
    }
}

impl Summary {
    pub(crate) fn count(&mut self, finding: &Finding) {
        self.variants += 1;
        self.kinds.insert(finding.kind);
        self.origin_differs += u64::from(finding.origin_differs());
        self.cases += u64::from(finding.is_case);
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

/// What to know of a kind whose cases are the origin's to close.
fn note(kind: &str) -> Option<&'static str> {
    matches!(
        kind,
        "method in a form" | "method in a multipart body" | "method in a JSON body"
    )
    .then_some("the gate reads no bodies but git-lfs batches: have the origin take no method from a body")
}

fn name(access: Option<Access>) -> &'static str {
    access.map_or("nothing", Access::name)
}

pub(super) fn named<S: Serializer>(access: &Access, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(access.name())
}

pub(super) fn named_or_none<S: Serializer>(
    access: &Option<Access>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    access.map(Access::name).serialize(serializer)
}
