//! A finding: the result of one variant, at the origin itself and through the gate.

use std::collections::BTreeSet;
use std::fmt;

use lychgate::routes::Access;
use serde::{Serialize, Serializer};

use super::answer::Answer;
use super::asker::Asker;
use super::plain::Plain;
use super::recognition::Recognition;
use super::variant::Variant;

/// The result of one variant.
#[derive(Serialize)]
pub(crate) struct Finding {
    kind: &'static str,
    /// The plain request, and its access.
    plain: String,
    #[serde(serialize_with = "named")]
    access: Access,
    /// The method as it was sent; bytes that are not UTF-8 are replaced.
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    /// A remark about this kind of variant.
    note: Option<&'static str>,
    /// The class that the route table gives to the request as sent.
    table: &'static str,
    /// What the origin did when it received the variant directly.
    #[serde(serialize_with = "named_or_none")]
    origin: Option<Access>,
    /// The subject that the origin then saw.
    origin_subject: Option<String>,
    gate: Vec<Seen>,
    #[serde(rename = "case")]
    pub(crate) is_case: bool,
}

/// The result for one asker, through the gate.
#[derive(Serialize)]
pub(crate) struct Seen {
    pub(crate) who: &'static str,
    pub(crate) status: Option<u16>,
    #[serde(serialize_with = "named_or_none")]
    pub(crate) did: Option<Access>,
    #[serde(serialize_with = "named")]
    pub(crate) allowed: Access,
    /// The subject that the origin saw.
    pub(crate) subject: Option<String>,
    /// The subject that the gate tells for this asker.
    pub(crate) of: Option<String>,
    pub(crate) finding: Option<Excess>,
    /// A line for a shell that repeats a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<String>,
}

/// How the result goes beyond what the asker may do.
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
    /// The result that these responses show.
    pub(crate) fn of(recognition: &Recognition, plain: &Plain, answers: &[Answer], asker: &Asker) -> Self {
        let did = recognition.effect(answers);
        let subject = recognition.subject(plain, answers, asker.subject.as_deref());
        // If the origin echoes the access that it was told, that is the gate's class.
        let echo = Recognition::echo(answers);
        let allowed = echo.map_or(asker.allowed, |(least, _)| least.min(asker.allowed));
        let finding = if did.is_some_and(|did| did > allowed) {
            Some(Excess::More)
        } else if subject.is_some() && subject != asker.subject {
            Some(Excess::Subject)
        } else if echo.is_some_and(|(_, most)| most > asker.highest_reported_access()) {
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

    /// The table's cell: the access, and the subject if it is another asker's.
    pub(super) fn did(&self) -> String {
        let did = name(self.did);
        match (&self.finding, &self.subject) {
            (Some(Excess::Subject), Some(subject)) => format!("{did} as {subject}"),
            (Some(Excess::Access), _) => format!("{did}, told more"),
            (Some(Excess::More | Excess::Subject) | None, _) => did.to_owned(),
        }
    }
}

/// The result of a whole probe.
#[derive(Default, Serialize)]
pub(crate) struct Summary {
    variants: u64,
    #[serde(skip)]
    kinds: BTreeSet<&'static str>,
    /// The number of variants that the origin itself interpreted as more than the route table does.
    origin_differs: u64,
    /// The number of variants with which the origin did more through the gate than was allowed.
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

    /// The finding as rows of a table: a row for each case, or for all askers.
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

    /// Whether the origin itself did more than the route table says of the request as sent.
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
            "{} variants of {} kinds. The origin itself interpreted {} of them as something that the route table refuses \
             or gives a weaker class. Through the gate: {} cases.",
            self.variants,
            self.kinds.len(),
            self.origin_differs,
            self.cases
        )
    }
}

/// A remark about a kind whose cases only the origin can prevent.
fn note(kind: &str) -> Option<&'static str> {
    matches!(
        kind,
        "method in a form" | "method in a multipart body" | "method in a JSON body"
    )
    .then_some("the gate reads no bodies but those of git-lfs batches: the origin must not take the method from a body")
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
