//! One pattern with all that the table's lines say of it, and what it makes of a request.

use super::RouteError;
use super::pattern::Pattern;
use super::query::deciding_value;
use super::table::LineFault;
use crate::method::Method;
use crate::target::Target;

/// One pattern with all that the table's lines say of it.
pub(super) struct Entry {
    pub(super) pattern: Pattern,
    rules: Vec<TableRule>,
    /// Patterns that overlap this one, do not cover it, and may be stricter: asked too.
    pub(super) rivals: Vec<usize>,
}

/// How strict a reading can be: as [`Reading`]s compare, with a namespace being the stricter.
pub(super) type Bound = (Option<Outcome>, bool);

/// What one line says: a class, perhaps on a condition.
#[derive(Clone, Debug)]
pub(super) struct TableRule {
    pub(super) line: usize,
    pub(super) outcome: Outcome,
    pub(super) condition: Option<Condition>,
}

/// What a line's first word says, from the weakest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Public,
    Read,
    Contribute,
    LfsBatch,
    Write,
    Refused,
}

/// `?name=value`; without a value, any other than those that other lines name.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    name: String,
    value: Option<String>,
}

/// What one pattern makes of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading<'target> {
    pub(super) outcome: Outcome,
    /// Where the class is the same, the reading that names a namespace is the stricter: membership looks at it.
    pub(super) namespace: Option<&'target str>,
    /// The line that said so; 0 where none did.
    pub(super) line: usize,
}

impl Entry {
    pub(super) fn new(pattern: &Pattern, rule: &TableRule) -> Self {
        Self {
            pattern: pattern.clone(),
            rules: vec![rule.clone()],
            rivals: Vec::new(),
        }
    }

    /// Takes what one more line says of the same path.
    pub(super) fn add(&mut self, pattern: &Pattern, rule: &TableRule) -> Result<(), LineFault> {
        if self.pattern != *pattern {
            return Err(LineFault::OtherSlots);
        }
        for known in &self.rules {
            match (&known.condition, &rule.condition) {
                (None, None) => return Err(LineFault::Twice),
                (Some(known), Some(new)) if known.name != new.name => {
                    return Err(LineFault::TwoParameters);
                }
                (Some(known), Some(new)) if known.value == new.value => {
                    return Err(LineFault::Twice);
                }
                (Some(_), Some(_)) | (None, Some(_)) | (Some(_), None) => {}
            }
        }
        self.rules.push(rule.clone());
        Ok(())
    }

    /// Whether there are targets that both match, and `other` is not outranked there.
    pub(super) fn is_rivalled_by(&self, other: &Self) -> bool {
        self.pattern.overlaps(&other.pattern) && !other.pattern.covers(&self.pattern)
    }

    /// Whether some line says something stricter than may come out of the outcome.
    pub(super) fn may_exceed(&self, outcome: Outcome) -> bool {
        self.rules
            .iter()
            .any(|rule| rule.outcome != outcome && rule.outcome > outcome.at_least())
    }

    /// The strictest that can come out of this pattern's lines: in a spelling that is not theirs, what an
    /// unlisted target is.
    pub(super) fn strictest(&self, unlisted: Outcome) -> Bound {
        let outcome = self.rules.iter().map(|rule| rule.outcome).max();
        (
            outcome.max(Some(unlisted)),
            self.pattern.namespace_index().is_some(),
        )
    }

    /// The weakest that can come out of them. Without a line that always holds, it may be whatever an unlisted
    /// target is.
    pub(super) fn weakest(&self) -> Bound {
        let always = self.rules.iter().any(|rule| rule.condition.is_none());
        let outcome = self.rules.iter().map(|rule| rule.outcome.at_least()).min();
        (
            outcome.filter(|_| always),
            self.pattern.namespace_index().is_some(),
        )
    }

    /// What this pattern's lines make of a request that it matches.
    pub(super) fn read<'target>(
        &self,
        method: Method,
        target: &'target Target<'_>,
    ) -> Result<Reading<'target>, RouteError> {
        let namespace = self
            .pattern
            .namespace_index()
            .and_then(|index| target.segment(index));
        let unlisted = Reading {
            namespace,
            ..Reading::unlisted(method)
        };
        let listed = match self.rule_for(target)? {
            Some(rule) => Reading {
                outcome: rule.outcome,
                namespace,
                line: rule.line,
            },
            None => unlisted,
        };
        Ok(if self.pattern.is_spelled_by(target) {
            listed
        } else {
            listed.stricter(unlisted)
        })
    }

    /// The rule whose condition the query meets. Without the parameter, the one without a condition; with a
    /// value that no line names, the strictest of all.
    fn rule_for(&self, target: &Target<'_>) -> Result<Option<&TableRule>, RouteError> {
        let unconditional = self.rules.iter().find(|rule| rule.condition.is_none());
        let Some(name) = self
            .rules
            .iter()
            .find_map(|rule| rule.condition.as_ref())
            .map(|condition| condition.name.as_str())
        else {
            return Ok(unconditional);
        };
        let Some(value) = deciding_value(target, name)? else {
            return Ok(unconditional);
        };
        let with_value = |wanted: Option<&str>| {
            self.rules.iter().find(|rule| {
                rule.condition
                    .as_ref()
                    .is_some_and(|condition| condition.value.as_deref() == wanted)
            })
        };
        Ok(with_value(Some(&value))
            .or_else(|| with_value(None))
            .or_else(|| self.rules.iter().max_by_key(|rule| rule.outcome)))
    }
}

impl Reading<'_> {
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
        }
    }

    /// The stricter of two readings of one request. A batch may come out as a read, so beside a contribution it
    /// counts as what is stricter than both.
    pub(super) fn stricter(self, other: Self) -> Self {
        let (weaker, stricter) = if self < other {
            (self, other)
        } else {
            (other, self)
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

impl Outcome {
    /// Every outcome, from the weakest to the strictest.
    pub(super) const ALL: [Self; 6] = [
        Self::Public,
        Self::Read,
        Self::Contribute,
        Self::LfsBatch,
        Self::Write,
        Self::Refused,
    ];

    /// The weakest that may come out.
    pub(super) fn at_least(self) -> Self {
        match self {
            Self::LfsBatch => Self::Read,
            Self::Public | Self::Read | Self::Contribute | Self::Write | Self::Refused => self,
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "public" => Some(Self::Public),
            "read" => Some(Self::Read),
            "contribute" => Some(Self::Contribute),
            "lfs-batch" => Some(Self::LfsBatch),
            "write" => Some(Self::Write),
            "refused" => Some(Self::Refused),
            _ => None,
        }
    }
}

impl Condition {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.strip_prefix('?')?.split_once('=')?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if name.is_empty() || !name.bytes().all(plain) {
            return None;
        }
        let value = match value {
            "*" => None,
            value if !value.is_empty() && value.bytes().all(plain) => Some(value.to_owned()),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            value,
        })
    }
}
