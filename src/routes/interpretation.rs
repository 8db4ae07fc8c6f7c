//! The interpretation of one request by a table's lines, and which of two interpretations is stricter.

use super::outcome::Outcome;
use super::required_membership::RequiredMembership;
use crate::request::Method;

/// One pattern's interpretation of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interpretation<'target> {
    pub(super) outcome: Outcome,
    /// If the class is the same, the interpretation that names a namespace is stricter, because memberships apply to it.
    pub(super) namespace: Option<&'target str>,
    /// The line that it comes from; 0 if there is none.
    pub(super) line: usize,
    /// The membership that a write needs, by that line.
    pub(super) membership: RequiredMembership,
    /// Whether two interpretations write in different namespaces, so no single membership covers the request.
    pub(super) is_contested: bool,
    /// The entry whose lines differ by a parameter, if a stricter one of them might apply.
    pub(super) softened_by: Option<usize>,
}

impl Interpretation<'_> {
    /// The interpretation of a request that no line matches.
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

    /// What a line states of a request in which it finds no namespace.
    pub(super) fn by_line(method: Method, outcome: Outcome, line: usize) -> Self {
        Self {
            outcome,
            line,
            ..Self::unlisted(method)
        }
    }

    /// The stricter of two interpretations of one request. A batch may turn out to be a read, so combined with a contribution it
    /// counts as a class stricter than both. If only one interpretation names a namespace, that namespace applies, unless both
    /// may write. If both change something, the one that needs more of a membership applies.
    pub(super) fn stricter(self, other: Self) -> Self {
        let (weaker, stricter) = if self < other {
            (self, other)
        } else {
            (other, self)
        };
        let both_change = weaker.outcome > Outcome::Read;
        let may_write = weaker.outcome >= Outcome::LfsBatch || weaker.softened_by.is_some();
        let both_write = may_write && stricter.outcome >= Outcome::LfsBatch;
        // To name no namespace is to name another one.
        let names_differ = weaker.namespace != stricter.namespace;
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

    /// This one, with what a server may find elsewhere in the request. No single membership covers a write that it finds there.
    pub(super) fn with_found(self, method: Method, outcome: Outcome, line: usize) -> Self {
        let mut strictest = self;
        if outcome.may_exceed(self.outcome) {
            strictest = self.stricter(Self::by_line(method, outcome, line));
        }
        strictest.is_contested |= outcome >= Outcome::LfsBatch;
        strictest
    }
}
