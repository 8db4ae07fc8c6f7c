//! How the patterns of one method are gathered, and what is found out about them before the first request.

use super::{Landmark, MethodTable, StricterCondition};
use crate::request::Method;
use crate::request::word_marks::Letters;
use crate::routes::entry::{Bound, Entry, Naming};
use crate::routes::interpretation::Interpretation;
use crate::routes::marked_target::{
    CONDITION_VALUE, OVERRIDE, REPOSITORY_LITERAL, REPOSITORY_NAME, landmark,
};
use crate::routes::number_set::NumberSet;
use crate::routes::outcome::Outcome;
use crate::routes::pattern::Pattern;
use crate::routes::query::{repository_names, words_that_ask_for_another_method};
use crate::routes::table_error::LineFault;
use crate::routes::table_rule::TableRule;
use crate::sorted_map::SortedMap;

/// The most paths of a method. The limit bounds the time to load the table, which every start of an isolate pays.
const MAXIMUM_PATTERNS: usize = 100_000;

impl MethodTable {
    /// Adds what a line says of a path.
    pub(in crate::routes) fn add(&mut self, pattern: &Pattern, rule: &TableRule) -> Result<(), LineFault> {
        let index = self.entries.len();
        let at_path = self.tree.entries_at(pattern).ok_or(LineFault::TooMany)?;
        let known = at_path.last().and_then(|last| self.entries.get_mut(*last));
        // The last that has the path is of this table, if any is. Those of other tables are its rivals.
        if let Some(entry) = known.filter(|entry| entry.table == rule.table) {
            return entry.add(pattern, rule);
        }
        if index >= MAXIMUM_PATTERNS {
            return Err(LineFault::TooMany);
        }
        at_path.push(index);
        self.entries.push(Entry::new(index, pattern, rule));
        Ok(())
    }

    /// Completes the table once all lines are added.
    pub(in crate::routes) fn finish(&mut self, method: Method) {
        let unlisted = Interpretation::unlisted(method).outcome;
        let mut tables = self.entries.iter().map(|entry| entry.table);
        self.is_joined = tables
            .next()
            .is_some_and(|first| tables.any(|other| other != first));
        self.find_rivals(unlisted);
        self.find_landmarks(unlisted);
        self.find_words();
        self.find_stricter_conditions(unlisted);
    }

    /// Finds for each entry the others that may add something to what it says of a target.
    fn find_rivals(&mut self, unlisted: Outcome) {
        // Computed once, because every pair needs both. What entries name is one of few things, so they compare by number.
        let strictest: Vec<Bound> = self
            .entries
            .iter()
            .map(|entry| entry.strictest(unlisted))
            .collect();
        let namings = self.numbered_namings();
        let mut found = Vec::with_capacity(self.entries.len());
        for (entry, naming) in self.entries.iter().zip(&namings) {
            let weakest = entry.weakest();
            // What only reads asks nobody's membership.
            let writes = weakest.0 > Some(Outcome::Read);
            let (mut rivals, mut other_resources) = (NumberSet::default(), NumberSet::default());
            for index in self.tree.overlapping(&entry.pattern) {
                let (Some(other), Some(strictest), Some(other_naming)) =
                    (self.entries.get(index), strictest.get(index), namings.get(index))
                else {
                    continue;
                };
                let may_add = *strictest > weakest
                    || (*strictest == weakest && writes && entry.is_for_others_than(other));
                let may_name_another = naming != other_naming;
                if (may_add || may_name_another) && !entry.outranks(other) {
                    if may_add {
                        rivals.push(index);
                    }
                    if may_name_another {
                        other_resources.push(index);
                    }
                }
            }
            found.push((rivals, other_resources));
        }
        for (entry, (rivals, other_resources)) in self.entries.iter_mut().zip(found) {
            entry.rivals = self.sets.number_of(rivals);
            entry.other_resources = self.sets.number_of(other_resources);
        }
    }

    /// For each entry a number of what its lines name: the same one where that is the same.
    fn numbered_namings(&self) -> Vec<usize> {
        let mut known: Vec<Naming<'_>> = Vec::new();
        let namings = self.entries.iter().map(Entry::naming);
        let numbers = namings.map(|naming| {
            known.iter().position(|one| *one == naming).unwrap_or_else(|| {
                known.push(naming);
                known.len().saturating_sub(1)
            })
        });
        numbers.collect()
    }

    /// Finds for each entry the literal without which no target is meant for it.
    fn find_landmarks(&mut self, unlisted: Outcome) {
        let mut found = Vec::new();
        for (index, entry) in (0..).zip(&self.entries) {
            if let Some((place, longest)) = entry.pattern.longest_literal() {
                let letters = Letters::of(longest);
                let word = (letters, longest.to_ascii_lowercase());
                let strictest = entry.strictest(unlisted).0;
                self.landmarks.push(Landmark {
                    entry: index,
                    place,
                    letters,
                });
                found.push((word, strictest));
            }
        }
        self.landmark_words = found.iter().map(|(word, _)| word.clone()).collect();
        self.landmark_words.sort_unstable();
        self.landmark_words.dedup();
        for outcome in Outcome::ALL {
            let is_stricter = |strictest: &Option<Outcome>| {
                strictest.is_some_and(|strictest| strictest.may_exceed(outcome))
            };
            let mut landmarks = NumberSet::default();
            let mut words = Vec::new();
            for (index, (word, _)) in (0..)
                .zip(&found)
                .filter(|(_, (_, strictest))| is_stricter(strictest))
            {
                self.words.add(&word.1, landmark(outcome));
                landmarks.push(index);
                words.extend(self.landmark_words.binary_search(word));
            }
            words.sort_unstable();
            words.dedup();
            self.stricter_landmarks
                .insert(outcome, (landmarks, words.into_iter().collect()));
        }
    }

    /// Gathers the other words that are looked for in every target.
    fn find_words(&mut self) {
        for entry in &self.entries {
            if entry.pattern.repository().is_some() {
                for literal in entry.pattern.literals() {
                    self.words.add(literal, REPOSITORY_LITERAL);
                }
            }
        }
        for word in words_that_ask_for_another_method() {
            self.words.add(word, OVERRIDE);
        }
        for name in repository_names() {
            self.words.add(name, REPOSITORY_NAME);
        }
    }

    /// Finds the parameters that make a request stricter than an unlisted one, in the lines of this method.
    fn find_stricter_conditions(&mut self, unlisted: Outcome) {
        let mut conditions = SortedMap::new();
        for entry in &self.entries {
            for (name, value, rule) in entry.stricter_conditions(unlisted) {
                conditions.insert((name, value, rule.outcome), rule);
            }
        }
        self.stricter_conditions = conditions
            .into_entries()
            .map(|((name, value, _), rule)| (name.to_owned(), value.to_owned(), rule.clone()))
            .collect();
    }

    /// Takes the stricter conditions of all methods: a server that takes the words of a query for a stricter request may do so whatever the method.
    pub(in crate::routes) fn set_stricter_conditions(&mut self, conditions: &[StricterCondition]) {
        for (_, value, _) in conditions {
            self.words.add(value, CONDITION_VALUE);
        }
        self.stricter_conditions = conditions.to_vec();
    }
}
