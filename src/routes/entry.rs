//! One pattern with all lines of the table for it, and its interpretation of a request.

use super::interpretation::Interpretation;
use super::outcome::Outcome;
use super::pattern::Pattern;
use super::query::deciding_value;
use super::resource::{AreaSet, RepositoryName, Resource, Vocabulary};
use super::route_error::RouteError;
use super::table_error::LineFault;
use super::table_rule::TableRule;
use crate::request::{Method, Target};

/// One pattern with all lines of the table for it.
pub(super) struct Entry {
    pub(super) pattern: Pattern,
    /// Its index among the entries of its method.
    index: usize,
    rules: Vec<TableRule>,
    /// The entries that overlap this one, do not cover it, and may be stricter. The gate considers them too.
    pub(super) rivals: Vec<usize>,
    /// Patterns that overlap this one, do not cover it, and may name something else: asked what the request is for.
    pub(super) other_resources: Vec<usize>,
}

/// What a pattern's lines name, as two of them compare: where namespace and repository stand, the literal that may say the
/// kind, and the areas.
#[derive(PartialEq, Eq)]
pub(super) struct Naming<'a> {
    namespace: Option<usize>,
    repository: Option<usize>,
    kind: Option<&'a str>,
    areas: Vec<AreaSet>,
}

/// The greatest possible strictness of an interpretation. It compares like [`Interpretation`]s: naming a namespace is stricter.
pub(super) type Bound = (Option<Outcome>, bool);

impl Entry {
    pub(super) fn new(index: usize, pattern: &Pattern, rule: &TableRule) -> Self {
        Self {
            pattern: pattern.clone(),
            index,
            rules: vec![rule.clone()],
            rivals: Vec::new(),
            other_resources: Vec::new(),
        }
    }

    /// Adds another line for the same path.
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

    /// Whether there are targets that both match and for which this entry does not outrank `other`.
    pub(super) fn is_rivalled_by(&self, other: &Self) -> bool {
        self.pattern.overlaps(&other.pattern) && !self.pattern.outranks(&other.pattern)
    }

    /// Whether different people may allow what the two entries do: they name a namespace in different segments, or this one
    /// says that it belongs to no namespace.
    pub(super) fn is_for_others_than(&self, other: &Self) -> bool {
        self.pattern.namespace_index() != other.pattern.namespace_index()
            || self.rules.iter().any(|rule| rule.belongs_to_nobody)
    }

    /// What its lines name.
    pub(super) fn naming(&self) -> Naming<'_> {
        Naming {
            namespace: self.pattern.namespace_index(),
            repository: self.pattern.repository_index(),
            kind: self.kind_literal(),
            areas: self.rules.iter().map(|rule| rule.areas).collect(),
        }
    }

    /// The literal before the repository's name and namespace.
    fn kind_literal(&self) -> Option<&str> {
        let repository = self.pattern.repository_index()?;
        let first = self
            .pattern
            .namespace_index()
            .map_or(repository, |namespace| namespace.min(repository));
        self.pattern.literal_before(first)
    }

    /// What a request is for whose path it matches, in segments that may be cut in another way than the target's.
    pub(super) fn resource<'a>(
        &'a self,
        target: &Target<'_>,
        segment: impl Fn(usize) -> Option<&'a str>,
        vocabulary: &'a Vocabulary,
    ) -> Resource<'a> {
        let name = self.pattern.repository_index().and_then(&segment);
        let kind = self
            .kind_literal()
            .filter(|literal| vocabulary.kinds.iter().any(|kind| kind == literal));
        let rule = self.rule_for(target).ok().flatten();
        Resource {
            repository: name.map(|name| RepositoryName {
                kind: kind.unwrap_or(RepositoryName::DEFAULT_KIND),
                namespace: self.pattern.namespace_index().and_then(&segment),
                name: name.strip_suffix(".git").unwrap_or(name),
            }),
            areas: rule.map(|rule| rule.areas).unwrap_or_default(),
            names: &vocabulary.areas,
        }
    }

    /// The parameter by which its lines differ, if they do.
    pub(super) fn parameter(&self) -> Option<&str> {
        self.rules
            .iter()
            .find_map(|rule| rule.condition.as_ref())
            .map(|condition| condition.name.as_str())
    }

    /// The conditions, each a name and a value, with which it is stricter than an outcome.
    pub(super) fn stricter_conditions(
        &self,
        outcome: Outcome,
    ) -> impl Iterator<Item = (&str, &str, &TableRule)> {
        self.rules.iter().filter_map(move |rule| {
            let condition = rule.condition.as_ref()?;
            let value = condition.value.as_deref()?;
            (rule.outcome > outcome).then_some((condition.name.as_str(), value, rule))
        })
    }

    /// Whether some line is stricter than the outcome may turn out to be.
    pub(super) fn may_exceed(&self, outcome: Outcome) -> bool {
        self.rules.iter().any(|rule| rule.outcome.may_exceed(outcome))
    }

    /// The strictest possible result of this pattern's lines. In a spelling that differs from theirs, the result may be that of
    /// an unlisted target.
    pub(super) fn strictest(&self, unlisted: Outcome) -> Bound {
        let outcome = self.rules.iter().map(|rule| rule.outcome).max();
        (
            outcome.max(Some(unlisted)),
            self.pattern.namespace_index().is_some(),
        )
    }

    /// The weakest possible result of this pattern's lines. Without a line that always applies, it may be that of an unlisted
    /// target.
    pub(super) fn weakest(&self) -> Bound {
        let always = self.rules.iter().any(|rule| rule.condition.is_none());
        let outcome = self.rules.iter().map(|rule| rule.outcome.at_least()).min();
        (
            outcome.filter(|_| always),
            self.pattern.namespace_index().is_some(),
        )
    }

    /// The interpretation of a request that this pattern matches.
    pub(super) fn read<'target>(
        &self,
        method: Method,
        target: &'target Target<'_>,
    ) -> Result<Interpretation<'target>, RouteError> {
        let namespace = self
            .pattern
            .namespace_index()
            .and_then(|index| target.segment(index));
        let unlisted = Interpretation {
            namespace,
            ..Interpretation::unlisted(method)
        };
        let listed = self.read_at(0, method, target)?;
        Ok(if self.pattern.is_spelled_by(target) {
            listed
        } else {
            listed.stricter(unlisted)
        })
    }

    /// The interpretation of a request whose path this pattern matches from segment `start` on.
    pub(super) fn read_at<'target>(
        &self,
        start: usize,
        method: Method,
        target: &'target Target<'_>,
    ) -> Result<Interpretation<'target>, RouteError> {
        let namespace = self
            .pattern
            .namespace_index()
            .and_then(|index| target.segment(start + index));
        Ok(match self.rule_for(target)? {
            Some(rule) => Interpretation {
                outcome: rule.outcome,
                namespace,
                line: rule.line,
                belongs_to_nobody: rule.belongs_to_nobody,
                is_contested: false,
                softened_by: self
                    .rules
                    .iter()
                    .any(|other| other.outcome > rule.outcome)
                    .then_some(self.index),
            },
            None => Interpretation {
                namespace,
                ..Interpretation::unlisted(method)
            },
        })
    }

    /// The rule whose condition the query meets. Without the parameter, this is the rule without a condition; with a value that
    /// no line names, it is the strictest rule.
    fn rule_for(&self, target: &Target<'_>) -> Result<Option<&TableRule>, RouteError> {
        let unconditional = self.rules.iter().find(|rule| rule.condition.is_none());
        let Some(name) = self.parameter() else {
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
