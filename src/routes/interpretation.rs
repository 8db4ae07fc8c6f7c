//! What the lines of a table make of one request, and which of two such interpretations is the stricter.

use super::outcome::Outcome;
use crate::request::Method;

/// What one pattern makes of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interpretation<'target> {
    pub(super) outcome: Outcome,
    /// Where the class is the same, the interpretation that names a namespace is the stricter: membership looks at it.
    pub(super) namespace: Option<&'target str>,
    /// The line that said so; 0 where none did.
    pub(super) line: usize,
    /// Whether that line says that what is done belongs to no namespace.
    pub(super) belongs_to_nobody: bool,
    /// Whether two interpretations of it write in different namespaces, so that no one membership covers it.
    pub(super) is_contested: bool,
    /// The entry whose lines are told apart by a parameter, where a stricter of them might hold.
    pub(super) softened_by: Option<usize>,
}

impl Interpretation<'_> {
    /// The class of what no line names.
    pub(super) fn unlisted(method: Method) -> Self {
        Self {
            outcome: match method {
                Method::Get | Method::Head => Outcome::Read,
                Method::Options => Outcome::Public,
                Method::Post | Method::Put | Method::Patch | Method::Delete => Outcome::Write,
            },
            namespace: None,
            line: 0,
            belongs_to_nobody: false,
            is_contested: false,
            softened_by: None,
        }
    }

    /// The stricter of two interpretations of one request. A batch may come out as a read, so beside a contribution it
    /// counts as what is stricter than both. Where only one of them names a namespace, that counts. Where both change
    /// something, it belongs to nobody only if both say so.
    pub(super) fn stricter(self, other: Self) -> Self {
        let (weaker, stricter) = if self < other {
            (self, other)
        } else {
            (other, self)
        };
        let both_change = weaker.outcome > Outcome::Read;
        let both_write = weaker.outcome >= Outcome::LfsBatch;
        let names_differ = match (weaker.namespace, stricter.namespace) {
            (Some(weaker), Some(stricter)) => weaker != stricter,
            (None, _) | (_, None) => false,
        };
        let stricter = Self {
            namespace: stricter.namespace.or(weaker.namespace),
            belongs_to_nobody: stricter.belongs_to_nobody && (weaker.belongs_to_nobody || !both_change),
            is_contested: weaker.is_contested || stricter.is_contested || (both_write && names_differ),
            ..stricter
        };
        match (weaker.outcome, stricter.outcome) {
            (Outcome::Contribute, Outcome::LfsBatch) => Self {
                outcome: Outcome::Write,
                ..stricter
            },
            _ => stricter,
        }
    }
}
