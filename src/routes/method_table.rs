//! The patterns of one method, and the search for those that apply to a target. Knows nothing of a table's text.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use matchit::Router;

use super::entry::{Bound, Entry, Naming};
use super::interpretation::Interpretation;
use super::outcome::Outcome;
use super::pattern::Pattern;
use super::query::{find_path, holds_words, is_a_repository_s};
use super::resource::{Resource, Vocabulary};
use super::route_error::RouteError;
use super::table_error::LineFault;
use super::table_rule::TableRule;
use crate::request::lenient_name::case_folded;
use crate::request::skeleton::WordSet;
use crate::request::{Content, Method, Target, TargetError, without_sessions};
use crate::sorted_map::SortedMap;

/// The most paths of a method. The limit bounds the time to load the table, which every start of an isolate pays.
const MAXIMUM_PATTERNS: usize = 100_000;

/// The patterns of one method.
#[derive(Default)]
pub(super) struct MethodTable {
    router: Router<usize>,
    /// The entries that the router cannot hold beside others.
    unrouted: Vec<usize>,
    entries: Vec<Entry>,
    by_path: SortedMap<String, usize>,
    /// The literals of all entries that name a repository.
    repository_words: WordSet,
    /// For each outcome, the entries with a line that is stricter.
    exceeding: SortedMap<Outcome, Vec<usize>>,
    /// For each outcome, the marks of a stricter line.
    landmarks: SortedMap<Outcome, Landmarks>,
    /// The parameters that make a request stricter than an unlisted one, in the lines of every method.
    pub(super) stricter_conditions: Vec<StricterCondition>,
}

/// Name and value of a parameter, and the line that makes such a request stricter.
pub(super) type StricterCondition = (String, String, TableRule);

/// The marks that a target may be meant for a stricter line.
#[derive(Default)]
struct Landmarks {
    /// The entries that have literals and may be stricter.
    entries: Vec<usize>,
    /// The longest literal of each of them.
    words: WordSet,
}

impl Landmarks {
    /// Whether a segment may stand for one of the words.
    fn are_in(&self, segments: &[&str]) -> bool {
        segments.iter().any(|segment| self.words.is_in(segment))
    }
}

impl MethodTable {
    pub(super) fn add(&mut self, pattern: &Pattern, rule: &TableRule) -> Result<(), LineFault> {
        let path = pattern.router_path();
        let known = self
            .by_path
            .get(&path)
            .and_then(|index| self.entries.get_mut(*index));
        let is_known = known.is_some();
        // The last that has the path is of this table, if any is.
        if let Some(entry) = known.filter(|entry| entry.table == rule.table) {
            return entry.add(pattern, rule);
        }
        let index = self.entries.len();
        if index >= MAXIMUM_PATTERNS {
            return Err(LineFault::TooMany);
        }
        // The router leads to the first with a path; the others are its rivals. It cannot hold a rest where another path has a slot.
        if !is_known && self.router.insert(path.clone(), index).is_err() {
            self.unrouted.push(index);
        }
        self.by_path.insert(path, index);
        self.entries.push(Entry::new(index, pattern, rule));
        Ok(())
    }

    /// Completes the table once all lines are added: finds the rivals of each entry.
    pub(super) fn finish(&mut self, method: Method) {
        let unlisted = Interpretation::unlisted(method).outcome;
        self.by_path = SortedMap::new();
        // The bounds are computed before the loop. Every pair needs one, and with 10,000 lines the pairs determine the time to load.
        let strictest: Vec<Bound> = self
            .entries
            .iter()
            .map(|entry| entry.strictest(unlisted))
            .collect();
        // So is what a pattern's lines name, which is one of few: they compare by number.
        let mut known: Vec<Naming<'_>> = Vec::new();
        let namings: Vec<usize> = self
            .entries
            .iter()
            .map(|entry| {
                let naming = entry.naming();
                known.iter().position(|one| *one == naming).unwrap_or_else(|| {
                    known.push(naming);
                    known.len().saturating_sub(1)
                })
            })
            .collect();
        let others: Vec<(Vec<usize>, Vec<usize>)> = self
            .entries
            .iter()
            .zip(&namings)
            .map(|(entry, naming)| {
                let weakest = entry.weakest();
                // What only reads asks nobody's membership.
                let writes = weakest.0 > Some(Outcome::Read);
                let (mut rivals, mut other_resources) = (Vec::new(), Vec::new());
                let others = self.entries.iter().zip(&strictest).zip(&namings);
                for (index, ((other, strictest), other_naming)) in others.enumerate() {
                    let may_add = *strictest > weakest
                        || (*strictest == weakest && writes && entry.is_for_others_than(other));
                    let may_name_another = naming != other_naming;
                    if (may_add || may_name_another) && entry.is_rivalled_by(other) {
                        if may_add {
                            rivals.push(index);
                        }
                        if may_name_another {
                            other_resources.push(index);
                        }
                    }
                }
                (rivals, other_resources)
            })
            .collect();
        for (entry, (rivals, other_resources)) in self.entries.iter_mut().zip(others) {
            entry.rivals = rivals;
            entry.other_resources = other_resources;
        }
        for outcome in Outcome::ALL {
            let exceeds = |(index, entry): (usize, &Entry)| entry.may_exceed(outcome).then_some(index);
            let exceeding = self.entries.iter().enumerate().filter_map(exceeds);
            self.exceeding.insert(outcome, exceeding.collect());
            let may_be_stricter = |entry: &Entry| {
                let strictest = entry.strictest(unlisted).0;
                entry.pattern.longest_literal().is_some()
                    && strictest.is_some_and(|strictest| strictest.may_exceed(outcome))
            };
            let entries: Vec<usize> = (0..)
                .zip(&self.entries)
                .filter(|(_, entry)| may_be_stricter(entry))
                .map(|(index, _)| index)
                .collect();
            let literal = |index: &usize| self.entries.get(*index)?.pattern.longest_literal();
            let words = WordSet::of(entries.iter().filter_map(literal));
            self.landmarks.insert(outcome, Landmarks { entries, words });
        }
        let with_repository = self
            .entries
            .iter()
            .filter(|entry| entry.pattern.repository().is_some());
        self.repository_words = WordSet::of(with_repository.flat_map(|entry| entry.pattern.literals()));
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

    /// All patterns, each with its lines.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn entry(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// The class of the request if a server finds a stricter line in it: if the path ends in that line's path behind a prefix; if a
    /// literal has another spelling, or an extension or a marker beside it; if a text in the query is such a path; or if the query
    /// contains, on any path, the words with which that line is stricter. `interpretation` is what the lines that cover the path say,
    /// if any do. No single membership covers a write that may be meant for another namespace.
    pub(super) fn read_elsewhere<'target>(
        &self,
        method: Method,
        target: &'target Target<'_>,
        interpretation: Interpretation<'target>,
        is_listed: bool,
    ) -> Result<Interpretation<'target>, RouteError> {
        let mut strictest = interpretation;
        for query in target.queries() {
            for (name, value, rule) in &self.stricter_conditions {
                if rule.outcome.may_exceed(strictest.outcome) && holds_words(&query, name, value) {
                    strictest = strictest.stricter(Interpretation {
                        outcome: rule.outcome,
                        line: rule.line,
                        ..Interpretation::unlisted(method)
                    });
                }
            }
        }
        let covering = if is_listed { self.matching(target) } else { None };
        let writes = interpretation.outcome >= Outcome::LfsBatch;
        // A write may also be meant for another namespace, unless no line gave it one. A batch may turn out to be a read.
        let compared = match (interpretation.outcome, covering) {
            (Outcome::LfsBatch, _) => Outcome::Read,
            (Outcome::Write, Some(_)) => Outcome::Contribute,
            (outcome, _) => outcome,
        };
        let landmarks = self.landmarks.get(&compared);
        let Some(landmarks) = landmarks else {
            return Ok(strictest);
        };
        strictest = self.read_query(method, target, strictest, landmarks);
        // The words of the line that covers the path lead to no other.
        let mut others = (0..)
            .zip(target.segments())
            .filter(|(index, _)| covering.is_none_or(|covering| !covering.pattern.has_literal_at(*index)));
        if !others.any(|(_, segment)| landmarks.are_in(&[segment])) {
            return Ok(strictest);
        }
        let folded: Vec<Cow<'_, str>> = target.segments().map(case_folded).collect();
        let segments: Vec<&str> = folded.iter().map(Cow::as_ref).collect();
        for entry in landmarks
            .entries
            .iter()
            .filter_map(|index| self.entries.get(*index))
        {
            let starts = usize::from(entry.pattern.matches(target))..segments.len();
            for start in starts {
                let tail = segments.get(start..).unwrap_or_default();
                let in_path = entry.with_parameter_in_path(tail);
                if in_path.is_none() && !entry.pattern.matches_loosely(tail) {
                    continue;
                }
                let is_beside = |in_free_text: bool| {
                    let is_in = |covering: &Entry| {
                        let covering = &covering.pattern;
                        entry
                            .pattern
                            .has_literal_in_slot_of(start, covering, in_free_text)
                    };
                    start == 0
                        || covering.is_none_or(|covering| {
                            is_in(covering) && self.matching_rivals(covering, target).all(is_in)
                        })
                };
                // Who reads a file may call it what they like. A write there may be one in another repository.
                if !is_beside(writes) {
                    continue;
                }
                let found = match in_path {
                    Some(rule) => Interpretation {
                        outcome: rule.outcome,
                        line: rule.line,
                        ..Interpretation::unlisted(method)
                    },
                    None => entry.read_at(start, method, target)?,
                };
                if found.outcome.may_exceed(interpretation.outcome) {
                    if is_beside(false) {
                        strictest = strictest.stricter(found);
                    }
                } else if writes && found.outcome >= Outcome::LfsBatch {
                    strictest.is_contested |= found.namespace != interpretation.namespace;
                }
            }
        }
        Ok(strictest)
    }

    /// What a server does that takes the path from the query, as behind many a front controller.
    fn read_query<'target>(
        &self,
        method: Method,
        target: &Target<'_>,
        interpretation: Interpretation<'target>,
        landmarks: &Landmarks,
    ) -> Interpretation<'target> {
        let mut strictest = interpretation;
        let mut add = |outcome: Outcome, line| {
            if outcome.may_exceed(strictest.outcome) {
                strictest = strictest.stricter(Interpretation {
                    outcome,
                    line,
                    ..Interpretation::unlisted(method)
                });
            }
            strictest.is_contested |= outcome >= Outcome::LfsBatch;
        };
        let counted = find_path(target, &mut |segments| {
            if !landmarks.are_in(segments) {
                return;
            }
            for entry in landmarks
                .entries
                .iter()
                .filter_map(|index| self.entries.get(*index))
            {
                let mut tails = (0..segments.len()).filter_map(|start| segments.get(start..));
                if let Some(rule) = entry.without_parameter()
                    && tails.any(|tail| entry.pattern.matches_loosely(tail))
                {
                    add(rule.outcome, rule.line);
                }
            }
        });
        if counted.is_none() {
            add(Outcome::Write, 0);
        }
        strictest
    }

    /// Whether the path says in a rest of segments, as a name and a value, in whose repository the request writes.
    pub(super) fn names_a_repository_in_rest(&self, target: &Target<'_>) -> bool {
        self.matching(target).is_some_and(|entry| {
            let rest = || entry.pattern.names_behind(target);
            rest()
                .zip(rest().skip(1))
                .any(|(name, _)| is_a_repository_s(name))
        })
    }

    /// An entry whose pattern matches, and which no other one outranks.
    pub(super) fn matching(&self, target: &Target<'_>) -> Option<&Entry> {
        let text = router_text(target);
        let routed = self.router.at(&text).ok().map(|found| *found.value);
        let unrouted = self.unrouted.iter().filter_map(|index| self.entries.get(*index));
        unrouted.filter(|entry| entry.pattern.matches(target)).fold(
            routed.and_then(|index| self.entries.get(index)),
            |found, entry| found.filter(|found| !entry.alone_outranks(found)).or(Some(entry)),
        )
    }

    fn matching_rivals<'table>(
        &'table self,
        entry: &'table Entry,
        target: &Target<'_>,
    ) -> impl Iterator<Item = &'table Entry> {
        entry
            .rivals
            .iter()
            .filter_map(|index| self.entries.get(*index))
            .filter(|rival| rival.pattern.matches(target))
    }

    /// The strictest interpretation by the matching pattern and its rivals; `None` if no pattern matches.
    pub(super) fn read<'target>(
        &self,
        method: Method,
        target: &'target Target<'_>,
    ) -> Result<Option<Interpretation<'target>>, RouteError> {
        let Some(entry) = self.matching(target) else {
            return Ok(None);
        };
        if !entry.pattern.holds_free_text_of(target) {
            return Err(TargetError::OutOfPlace.into());
        }
        let mut strictest = entry.read(method, target)?;
        let rivals: Vec<&Entry> = self.matching_rivals(entry, target).collect();
        for rival in &rivals {
            let is_outranked = rivals.iter().any(|other| other.alone_outranks(rival));
            if !is_outranked {
                strictest = strictest.stricter(rival.read(method, target)?);
            }
        }
        Ok(Some(strictest))
    }

    /// What a request is for: what all lines that may be meant name.
    pub(super) fn resource<'a>(
        &'a self,
        target: &'a Target<'_>,
        content: Content<'_>,
        vocabulary: &'a Vocabulary,
    ) -> Resource<'a> {
        let Some(entry) = self
            .matching(target)
            .filter(|entry| entry.pattern.is_spelled_by(target) && entry.pattern.holds_free_text_of(target))
        else {
            return Resource::default();
        };
        let count = target.segment_count();
        let resource = |entry: &'a Entry| {
            entry.resource(
                (target, content),
                count,
                |range| target.segments_between(range),
                vocabulary,
            )
        };
        let others = entry
            .other_resources
            .iter()
            .filter_map(|index| self.entries.get(*index))
            .filter(|other| other.pattern.matches(target));
        let found = others.fold(resource(entry), |found, other| found.and(resource(other)));
        if !target.has_free_text() {
            return found;
        }
        if target
            .segments()
            .any(|segment| without_sessions(segment) != segment)
        {
            return Resource::default();
        }
        splittings(target.segments()).iter().fold(found, |found, pieces| {
            let matches = |entry: &&Entry| {
                entry
                    .pattern
                    .matches_segments(pieces.len(), pieces.iter().copied())
            };
            let matching: Vec<&Entry> = self.entries.iter().filter(matches).collect();
            let counts = |entry: &&&Entry| !matching.iter().any(|other| other.alone_outranks(entry));
            let one = |range: RangeInclusive<usize>| {
                let is_one = range.start() == range.end();
                pieces.get(*range.start()).copied().filter(|_| is_one)
            };
            let read = |entry: &'a Entry| entry.resource((target, content), pieces.len(), one, vocabulary);
            matching
                .iter()
                .filter(counts)
                .fold(found, |found, other| found.and(read(other)))
        })
    }

    /// Whether a server may serve something else than what the path's beginning names: the path of some line in the query, that of a
    /// line with a repository behind another, or a name and a value in the path. Free text may be the path of any file.
    pub(super) fn may_be_for_another(&self, target: &Target<'_>) -> bool {
        let mut by_query = false;
        let counted = find_path(target, &mut |segments| {
            let mut tails = (0..segments.len()).filter_map(|start| segments.get(start..));
            by_query = by_query
                || tails.any(|tail| {
                    self.entries.iter().any(|entry| {
                        entry.pattern.longest_literal().is_some() && entry.pattern.matches_loosely(tail)
                    })
                });
        });
        let Some(covering) = self.matching(target) else {
            return by_query || counted.is_none();
        };
        let folded: Vec<Cow<'_, str>> = target.segments().map(case_folded).collect();
        let segments: Vec<&str> = folded.iter().map(Cow::as_ref).collect();
        let mut names = (0..)
            .zip(&segments)
            .filter(|(index, _)| covering.pattern.has_name_slot_at(*index));
        // Few paths have a word of a line where they have a name.
        let by_path = names.any(|(_, name)| self.repository_words.is_in(name))
            && self.names_a_repository_behind(&segments, &covering.pattern);
        by_path || by_query || counted.is_none() || self.names_a_repository_in_rest(target)
    }

    /// Whether what is behind the beginning of a path matches a line with a repository, by a literal where the covering pattern has a
    /// name.
    fn names_a_repository_behind(&self, segments: &[&str], covering: &Pattern) -> bool {
        let mut with_repository = self
            .entries
            .iter()
            .filter(|entry| entry.pattern.repository().is_some());
        with_repository.any(|entry| {
            (1..segments.len()).any(|start| {
                let tail = segments.get(start..).unwrap_or_default();
                entry.pattern.matches_loosely(tail)
                    && entry.pattern.has_literal_in_slot_of(start, covering, false)
            })
        })
    }

    /// Whether the target would mean something stricter to a server that decodes it before routing, or that cuts off path
    /// parameters. An encoded slash then separates segments, and a segment stops at a `;`. Here, lines that cover the matching
    /// one count too.
    pub(super) fn is_stricter_when_cut(&self, target: &Target<'_>, outcome: Outcome) -> bool {
        if !target.has_free_text() {
            return false;
        }
        let texts: Vec<Cow<'_, str>> = target.segments().map(without_sessions).collect();
        let splittings = splittings(texts.iter().map(Cow::as_ref).filter(|text| !text.is_empty()));
        let matching = self.matching(target);
        let exceeding = self.exceeding.get(&outcome).into_iter().flatten();
        let mut entries = exceeding.filter_map(|index| self.entries.get(*index));
        entries.any(|entry| {
            splittings.iter().any(|pieces| {
                entry
                    .pattern
                    .matches_segments(pieces.len(), pieces.iter().copied())
            }) && !matching.is_some_and(|matching| entry.pattern.covers(&matching.pattern))
        })
    }
}

/// The segments that servers may have of a path which they decode before they route, or which a proxy sends on decoded: with path
/// parameters cut off each of them; up to where a query begins then, or the request line ends; and up to the first path parameter.
fn splittings<'t>(segments: impl Iterator<Item = &'t str>) -> [Vec<&'t str>; 3] {
    let pieces: Vec<&str> = segments.flat_map(|segment| segment.split('/')).collect();
    let up_to = |ends: &[char]| {
        let end = pieces.iter().position(|piece| piece.contains(ends));
        let whole = pieces.iter().take(end.unwrap_or(pieces.len()));
        let last = end.and_then(|end| pieces.get(end)?.split(ends).next());
        whole.copied().chain(last)
    };
    let bare = |piece: &'t str| piece.split(';').next().unwrap_or_default();
    [
        pieces.iter().copied().map(bare).collect(),
        up_to(&['?', '#', ' ']).map(bare).collect(),
        up_to(&[';']).collect(),
    ]
}

/// The path in the form that the router matches: decoded, in lower case, without a trailing slash. An encoded slash becomes a
/// character that no target contains, so it separates nothing.
fn router_text<'t>(target: &'t Target<'_>) -> Cow<'t, str> {
    // Most paths need no decoding and are in lower case already.
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
