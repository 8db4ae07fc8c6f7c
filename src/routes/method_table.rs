//! The patterns of one method, and which of them speak for a target. Knows nothing of a table's text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use matchit::Router;

use super::RouteError;
use super::entry::{Bound, Entry, Outcome, Reading, TableRule};
use super::pattern::Pattern;
use super::table::LineFault;
use crate::method::Method;
use crate::target::{Target, TargetError};

/// How many paths a method may have: a bound on the time to load, which is paid at every start of an isolate.
const MAXIMUM_PATTERNS: usize = 100_000;

/// The patterns of one method.
#[derive(Default)]
pub(super) struct MethodTable {
    router: Router<usize>,
    entries: Vec<Entry>,
    by_path: BTreeMap<String, usize>,
    /// For each outcome, the entries of which some line says something stricter.
    exceeding: BTreeMap<Outcome, Vec<usize>>,
}

impl MethodTable {
    pub(super) fn add(&mut self, pattern: &Pattern, rule: &TableRule) -> Result<(), LineFault> {
        let path = pattern.router_path();
        if let Some(entry) = self
            .by_path
            .get(&path)
            .and_then(|index| self.entries.get_mut(*index))
        {
            return entry.add(pattern, rule);
        }
        let index = self.entries.len();
        if index >= MAXIMUM_PATTERNS {
            return Err(LineFault::TooMany);
        }
        self.router
            .insert(path.clone(), index)
            .map_err(|_| LineFault::Conflict)?;
        self.by_path.insert(path, index);
        self.entries.push(Entry::new(pattern, rule));
        Ok(())
    }

    /// Once all lines are there: notes which entries are to be asked beside which.
    pub(super) fn finish(&mut self, method: Method) {
        let unlisted = Reading::unlisted(method).outcome;
        self.by_path.clear();
        // Each bound is asked for once per pair: at 10,000 lines that is what loading a table takes.
        let strictest: Vec<Bound> = self
            .entries
            .iter()
            .map(|entry| entry.strictest(unlisted))
            .collect();
        let rivals: Vec<Vec<usize>> = self
            .entries
            .iter()
            .map(|entry| {
                let weakest = entry.weakest();
                self.entries
                    .iter()
                    .zip(&strictest)
                    .enumerate()
                    .filter(|(_, (other, strictest))| **strictest > weakest && entry.is_rivalled_by(other))
                    .map(|(index, _)| index)
                    .collect()
            })
            .collect();
        for (entry, rivals) in self.entries.iter_mut().zip(rivals) {
            entry.rivals = rivals;
        }
        for outcome in Outcome::ALL {
            let exceeds = |(index, entry): (usize, &Entry)| entry.may_exceed(outcome).then_some(index);
            let exceeding = self.entries.iter().enumerate().filter_map(exceeds);
            self.exceeding.insert(outcome, exceeding.collect());
        }
    }

    pub(super) fn matching(&self, target: &Target<'_>) -> Option<&Entry> {
        let text = router_text(target);
        let index = *self.router.at(&text).ok()?.value;
        self.entries.get(index)
    }

    /// The strictest of what the matching pattern and its rivals make of the request; `None` where no pattern
    /// matches.
    pub(super) fn read<'target>(
        &self,
        method: Method,
        target: &'target Target<'_>,
    ) -> Result<Option<Reading<'target>>, RouteError> {
        let Some(entry) = self.matching(target) else {
            return Ok(None);
        };
        if !entry.pattern.holds_free_text_of(target) {
            return Err(TargetError::OutOfPlace.into());
        }
        let mut strictest = entry.read(method, target)?;
        for rival in entry.rivals.iter().filter_map(|index| self.entries.get(*index)) {
            if rival.pattern.matches(target) {
                strictest = strictest.stricter(rival.read(method, target)?);
            }
        }
        Ok(Some(strictest))
    }

    /// Whether the target would mean something stricter to a server that decodes it before it routes, or that
    /// cuts path parameters off: where an encoded slash separates, or a `;` ends a segment. Lines that cover the
    /// one that matches are outranked here too.
    pub(super) fn is_stricter_when_cut(&self, target: &Target<'_>, outcome: Outcome) -> bool {
        if !target.has_free_text() {
            return false;
        }
        let pieces: Vec<&str> = target
            .segments()
            .flat_map(|segment| segment.split('/'))
            .map(|piece| piece.split(';').next().unwrap_or_default())
            .collect();
        let matching = self.matching(target);
        let exceeding = self.exceeding.get(&outcome).into_iter().flatten();
        let mut entries = exceeding.filter_map(|index| self.entries.get(*index));
        entries.any(|entry| {
            entry
                .pattern
                .matches_segments(pieces.len(), pieces.iter().copied())
                && !matching.is_some_and(|matching| entry.pattern.covers(&matching.pattern))
        })
    }
}

/// The path as the router matches it: decoded, in lower case, no slash at the end. An encoded slash becomes a
/// character that no target can hold, so that it separates nothing.
fn router_text<'t>(target: &'t Target<'_>) -> Cow<'t, str> {
    // Most paths say what stands there, in lower case already.
    if let Some(path) = target.plain_path()
        && !path.bytes().any(|byte| byte.is_ascii_uppercase())
    {
        return Cow::Borrowed(path);
    }
    let mut text = String::with_capacity(target.canonical().len());
    for (index, segment) in target.segments().enumerate() {
        text.push('/');
        if target.is_free_text(index) {
            text.extend(segment.chars().map(|character| match character {
                '/' => '\u{1}',
                character => character,
            }));
        } else {
            text.push_str(segment);
        }
    }
    if text.is_empty() {
        text.push('/');
    }
    text.make_ascii_lowercase();
    Cow::Owned(text)
}
