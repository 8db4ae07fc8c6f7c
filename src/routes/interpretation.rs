//! What the lines of a table make of one request, and which of two such interpretations is the stricter.

use super::outcome::Outcome;
use super::required_membership::RequiredMembership;
use crate::request::Method;

/// What one pattern makes of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interpretation<'target> {
    pub(super) outcome: Outcome,
    /// Where the class is the same, the interpretation that names a namespace is the stricter: membership looks at it.
    pub(super) namespace: Option<&'target str>,
    /// The line that said so; 0 where none did.
    pub(super) line: usize,
    /// What that line says a write asks of memberships.
    pub(super) membership: RequiredMembership,
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
            membership: RequiredMembership::default(),
            is_contested: false,
            softened_by: None,
        }
    }

    /// The stricter of two interpretations of one request. A batch may come out as a read, so beside a contribution it
    /// counts as what is stricter than both. Where only one of them names a namespace, that counts. Where both change
    /// something, what asks more of memberships counts.
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
            membership: if both_change {
                stricter.membership.max(weaker.membership)
            } else {
                stricter.membership
            },
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
