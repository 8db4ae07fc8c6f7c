//! One pattern with all lines of the table for it, and its interpretation of a request.

use std::ops::RangeInclusive;

use super::interpretation::Interpretation;
use super::number_set::SetNumber;
use super::outcome::Outcome;
use super::pattern::Pattern;
use super::query::{deciding_value, may_say};
use super::required_membership::RequiredMembership;
use super::resource::{AreaSet, RepositoryName, Resource, Vocabulary};
use super::route_error::RouteError;
use super::slot_condition::{SlotCondition, SlotNames, is_plain};
use super::table_error::LineFault;
use super::table_rule::{ParameterCondition, Reach, TableRule};
use crate::request::skeleton::may_mean;
use crate::request::{Content, Method, Target};
use crate::stored::stored_struct;

/// One pattern with all lines of the table for it.
pub(super) struct Entry {
    pub(super) pattern: Pattern,
    /// Which of the joined tables has its lines.
    pub(super) table: usize,
    /// Its index among the entries of its method.
    index: usize,
    rules: Vec<TableRule>,
    /// The entries that overlap this one, do not cover it, and may be stricter. The gate considers them too.
    pub(super) rivals: SetNumber,
    /// Patterns that overlap this one, do not cover it, and may name something else: asked what the request is for.
    pub(super) other_resources: SetNumber,
}

stored_struct!(Entry {
    pattern,
    table,
    index,
    rules,
    rivals,
    other_resources
});

/// What a pattern's lines name, as two of them compare: where namespace and repository stand, the literal that may say the
/// kind, the areas, and the table.
#[derive(PartialEq, Eq)]
pub(super) struct Naming<'a> {
    namespace: Option<usize>,
    repository: Option<RangeInclusive<usize>>,
    kind: Option<&'a str>,
    rules: Vec<(AreaSet, Reach)>,
    table: usize,
}

/// The greatest possible strictness of an interpretation. It compares like [`Interpretation`]s: naming a namespace is stricter.
pub(super) type Bound = (Option<Outcome>, bool);

impl Entry {
    pub(super) fn new(index: usize, pattern: &Pattern, rule: &TableRule) -> Self {
        Self {
            pattern: pattern.clone(),
            table: rule.table,
            index,
            rules: vec![rule.clone()],
            rivals: SetNumber::default(),
            other_resources: SetNumber::default(),
        }
    }

    /// Its lines.
    pub(super) fn rules(&self) -> &[TableRule] {
        &self.rules
    }

    /// Adds another line for the same path.
    pub(super) fn add(&mut self, pattern: &Pattern, rule: &TableRule) -> Result<(), LineFault> {
        if self.pattern != *pattern {
            return Err(LineFault::OtherSlots);
        }
        for known in &self.rules {
            if known.condition == rule.condition {
                return Err(LineFault::Twice);
            }
            match (known.parameter(), rule.parameter()) {
                (Some(known), Some(new)) if known.name != new.name => {
                    return Err(LineFault::TwoParameters);
                }
                (Some(_) | None, Some(_) | None) => {}
            }
        }
        self.rules.push(rule.clone());
        Ok(())
    }

    /// Whether what this entry says of a target counts, and not what `other` says. No table softens what another one says.
    pub(super) fn outranks(&self, other: &Self) -> bool {
        self.table == other.table && self.pattern.outranks(&other.pattern)
    }

    /// Whether it outranks the other, and the other not it: two that outrank each other say the same of a target.
    pub(super) fn alone_outranks(&self, other: &Self) -> bool {
        self.outranks(other) && !other.outranks(self)
    }

    /// Whether different people may allow what the two entries do: they name a namespace in different segments, or this one
    /// needs less of a membership.
    pub(super) fn is_for_others_than(&self, other: &Self) -> bool {
        let asks_less = |rule: &TableRule| rule.membership != RequiredMembership::Writer;
        self.pattern.namespace_index() != other.pattern.namespace_index()
            || self.rules.iter().any(asks_less)
            || [self, other].into_iter().any(Self::names_namespace_in_a_slot)
    }

    /// What its lines name.
    pub(super) fn naming(&self) -> Naming<'_> {
        Naming {
            namespace: self.pattern.namespace_index(),
            repository: self.pattern.repository(),
            kind: self.kind_literal(),
            rules: self.rules.iter().map(|rule| (rule.areas, rule.reach)).collect(),
            table: self.table,
        }
    }

    /// The literal before the repository's name and namespace.
    fn kind_literal(&self) -> Option<&str> {
        let repository = *self.pattern.repository()?.start();
        let first = self
            .pattern
            .namespace_index()
            .map_or(repository, |namespace| namespace.min(repository));
        self.pattern.literal_before(first)
    }

    /// What a request is for whose path it matches, in so many segments, which may be cut in another way than the target's.
    pub(super) fn resource<'a>(
        &'a self,
        (target, content): (&Target<'_>, Content<'_>),
        count: usize,
        segments: impl Fn(RangeInclusive<usize>) -> Option<&'a str>,
        vocabulary: &'a Vocabulary,
    ) -> Resource<'a> {
        let by_slot = |rule: &TableRule| {
            let condition = rule.slot()?;
            let at = self.pattern.slot_index(condition.segments_after, count)?;
            condition.matched(segments(at..=at)?)
        };
        let rule = self.rule_for(target, &by_slot).ok().flatten();
        let in_path = SlotNames {
            namespace: self.pattern.namespace_index().and_then(|at| segments(at..=at)),
            repository: self.pattern.repository().and_then(&segments),
        };
        let may_be_another = self.may_be_another_line(target, content);
        let names = rule.map(|rule| self.names_beside(rule, by_slot(rule), in_path));
        let concerns_others = may_be_another && self.rules.iter().any(|rule| rule.reach == Reach::Others);
        let names = names.unwrap_or(in_path);
        let (kind, is_usual_kind) = vocabulary.kind(self.table, self.kind_literal());
        Resource {
            repository: names
                .repository
                .filter(|_| !concerns_others && !self.pattern.may_range_over_another(target))
                .map(|name| RepositoryName {
                    kind,
                    is_usual_kind,
                    namespace: names.namespace,
                    name: name.strip_suffix(".git").unwrap_or(name),
                }),
            areas: match rule {
                Some(_) if may_be_another => self.common_areas(),
                Some(rule) => self.areas_beside(rule),
                None => AreaSet::default(),
            },
            names: &vocabulary.areas,
        }
    }

    /// What a rule names by its template and by the path. Where another rule takes names from a slot and this one does not, it may
    /// be that one which a server goes by.
    fn names_beside<'a>(
        &self,
        rule: &TableRule,
        by_slot: Option<SlotNames<'a>>,
        in_path: SlotNames<'a>,
    ) -> SlotNames<'a> {
        let takes_names = |rule: &TableRule| rule.slot().is_some_and(SlotCondition::names_some);
        if rule.reach == Reach::Others || (!takes_names(rule) && self.rules.iter().any(takes_names)) {
            return SlotNames::default();
        }
        let named = by_slot.unwrap_or_default();
        let is_the_slot = rule.slot().is_some_and(|condition| condition.slot == "repo");
        SlotNames {
            namespace: named.namespace.or(in_path.namespace),
            repository: named.repository.or(in_path.repository.filter(|_| !is_the_slot)),
        }
    }

    /// The areas that a rule has in common with those that a server may take instead, where it reads a slot otherwise.
    fn areas_beside(&self, rule: &TableRule) -> AreaSet {
        let differ_by_slot = self.rules.iter().any(|rule| rule.slot().is_some());
        if !differ_by_slot {
            return rule.areas;
        }
        let others = self.rules.iter().filter(|other| other.parameter().is_none());
        others.fold(rule.areas, |areas, other| areas.and(other.areas))
    }

    /// Whether a server may go by another of the lines than the query says, if they differ by a parameter: the body may name it
    /// too, and a value that no line has may be one to a server.
    fn may_be_another_line(&self, target: &Target<'_>, content: Content<'_>) -> bool {
        let Some(name) = self.parameter() else {
            return false;
        };
        let mut conditions = self.rules.iter().filter_map(TableRule::parameter);
        let is_known = match deciding_value(target, name) {
            Ok(Some(value)) => {
                conditions.any(|condition| condition.value.as_ref().is_none_or(|wanted| *wanted == value))
            }
            Ok(None) => true,
            Err(_) => false,
        };
        content != Content::None || !is_known
    }

    /// The areas that all its lines have in common.
    fn common_areas(&self) -> AreaSet {
        let rules = self.rules.iter();
        rules.fold(AreaSet::ALL, |areas, rule| areas.and(rule.areas))
    }

    /// Whether a server may find the namespace of another rule in a slot that does not match that rule's template.
    fn may_hide_a_namespace(&self, start: usize, target: &Target<'_>, rule: &TableRule) -> bool {
        let mut others = self
            .rules
            .iter()
            .filter(|other| other.line != rule.line)
            .filter_map(TableRule::slot);
        others.any(|condition| {
            let text = self.pattern.slot_text(start, condition.segments_after, target);
            condition.names_namespace() && !text.is_some_and(is_plain)
        })
    }

    fn names_namespace_in_a_slot(&self) -> bool {
        let mut slots = self.rules.iter().filter_map(TableRule::slot);
        slots.any(SlotCondition::names_namespace)
    }

    /// The parameter by which its lines differ, if they do.
    fn parameter(&self) -> Option<&str> {
        let mut conditions = self.rules.iter().filter_map(TableRule::parameter);
        conditions.next().map(|condition| condition.name.as_str())
    }

    /// The name under which a body may contradict the rule of a line.
    pub(super) fn deciding_name(&self, line: usize) -> Option<&str> {
        let mut rules = self.rules.iter().filter(|rule| rule.line == line);
        let slot = rules.find_map(TableRule::slot);
        slot.map(|condition| condition.slot.as_str())
            .or_else(|| self.parameter())
    }

    /// The conditions, each a name and a value, with which it is stricter than an outcome.
    pub(super) fn stricter_conditions(
        &self,
        outcome: Outcome,
    ) -> impl Iterator<Item = (&str, &str, &TableRule)> {
        self.rules.iter().filter_map(move |rule| {
            let ParameterCondition { name, value } = rule.parameter()?;
            (rule.outcome > outcome).then_some((name.as_str(), value.as_deref()?, rule))
        })
    }

    /// The strictest of its lines that apply without a parameter.
    pub(super) fn without_parameter(&self) -> Option<&TableRule> {
        let rules = self.rules.iter().filter(|rule| rule.parameter().is_none());
        rules.max_by_key(|rule| rule.outcome)
    }

    /// The strictest of its lines, if they differ by a parameter and the segments are its path with the parameter's name behind it:
    /// some routers take what follows for names and values (Zend, CodeIgniter).
    pub(super) fn with_parameter_in_path(&self, segments: &[&str]) -> Option<&TableRule> {
        let name = self.parameter()?;
        let (path, behind) = segments.split_at_checked(self.pattern.length()?)?;
        let is_named =
            self.pattern.matches_loosely(path) && behind.iter().any(|segment| may_mean(segment, name));
        is_named.then(|| self.rules.iter().max_by_key(|rule| rule.outcome))?
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
            self.pattern.namespace_index().is_some() || self.names_namespace_in_a_slot(),
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
        let by_slot = |rule: &TableRule| {
            let condition = rule.slot()?;
            let text = self.pattern.slot_text(start, condition.segments_after, target)?;
            condition.matched(text)
        };
        Ok(match self.rule_for(target, &by_slot)? {
            Some(rule) => Interpretation {
                outcome: rule.outcome,
                namespace: by_slot(rule).and_then(|names| names.namespace).or(namespace),
                line: rule.line,
                membership: if self.may_hide_a_namespace(start, target, rule) {
                    RequiredMembership::default()
                } else {
                    rule.membership
                },
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

    /// The rule whose condition the query meets; with a value that no line names, it is the strictest rule. Without the
    /// parameter, it is the rule whose condition on a slot is met, unless the query may name another value of the slot.
    /// Otherwise it is the rule without a condition.
    fn rule_for<'target>(
        &self,
        target: &Target<'_>,
        by_slot: &impl Fn(&TableRule) -> Option<SlotNames<'target>>,
    ) -> Result<Option<&TableRule>, RouteError> {
        let value = match self.parameter() {
            Some(name) => deciding_value(target, name)?,
            None => None,
        };
        let Some(value) = value else {
            let holds = |rule: &&TableRule| {
                rule.slot()
                    .is_some_and(|condition| !may_say(target, &condition.slot))
                    && by_slot(rule).is_some()
            };
            let unconditional = || self.rules.iter().find(|rule| rule.condition.is_none());
            return Ok(self.rules.iter().find(holds).or_else(unconditional));
        };
        let with_value = |wanted: Option<&str>| {
            let holds = |condition: &ParameterCondition| condition.value.as_deref() == wanted;
            self.rules.iter().find(|rule| rule.parameter().is_some_and(holds))
        };
        Ok(with_value(Some(&value))
            .or_else(|| with_value(None))
            .or_else(|| self.rules.iter().max_by_key(|rule| rule.outcome)))
    }
}
