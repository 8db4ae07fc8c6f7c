//! The patterns of one method, and the search for those that apply to a target. Knows nothing of a table's text.

mod building;

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::entry::Entry;
use super::interpretation::Interpretation;
use super::marked_target::{
    CONDITION_VALUE, FEW, MarkedSegments, MarkedTarget, REPOSITORY_LITERAL, REPOSITORY_NAME, landmark,
};
use super::number_set::{NumberSet, NumberSets, SetNumber};
use super::outcome::Outcome;
use super::path_tree::PathTree;
use super::query::{MAXIMUM_SEGMENTS, find_path, holds_words, is_a_repository_s};
use super::resource::{Resource, Vocabulary};
use super::route_error::RouteError;
use super::table_rule::TableRule;
use crate::request::lenient_name::case_folded;
use crate::request::skeleton::{holds_word, pieces};
use crate::request::word_marks::{Letters, MarkedSegment, WordMarks};
use crate::request::{Content, Method, Target, TargetError, without_sessions};
use crate::sorted_map::SortedMap;
use crate::stored::stored_struct;

/// The patterns of one method.
#[derive(Default)]
pub(super) struct MethodTable {
    tree: PathTree,
    entries: Vec<Entry>,
    /// The sets of entries that the entries name.
    sets: NumberSets,
    /// Whether lines of several tables are joined.
    is_joined: bool,
    /// What is looked for in every target: the kinds of words in `marked_target.rs`.
    words: WordMarks,
    /// The entries that have literals, each with the longest of them.
    landmarks: Vec<Landmark>,
    /// These literals with their letters, by which they are sorted, each once.
    landmark_words: Vec<(Letters, String)>,
    /// For each outcome, which of the landmarks may be stricter, and which words these have.
    stricter_landmarks: SortedMap<Outcome, (NumberSet, NumberSet)>,
    /// The parameters that make a request stricter than an unlisted one, in the lines of every method.
    stricter_conditions: Vec<StricterCondition>,
}

stored_struct!(MethodTable {
    tree,
    entries,
    sets,
    is_joined,
    words,
    landmarks,
    landmark_words,
    stricter_landmarks,
    stricter_conditions,
});

/// Name and value of a parameter, and the line that makes such a request stricter.
pub(super) type StricterCondition = (String, String, TableRule);

/// An entry, and the literal without which no target is meant for it: which segment it is, and its letters.
#[derive(Clone, Copy)]
struct Landmark {
    entry: usize,
    place: usize,
    letters: Letters,
}

stored_struct!(Landmark {
    entry,
    place,
    letters
});

/// Which segment it is, and the letters of it or of a piece of it; `None` if it may stand for any word.
type Held = (usize, Option<Letters>);

impl Landmark {
    /// Whether this may be what a segment holds.
    fn is_in(&self, held: &Held) -> bool {
        held.1.is_none_or(|letters| letters == self.letters)
    }
}

/// The entries that match a target.
pub(super) struct Matching<'table> {
    /// The one that none of the others outranks, if any matches.
    pub(super) entry: Option<&'table Entry>,
    /// Those of its rivals, or of other entries that were asked for, in order.
    others: Vec<usize>,
}

impl MethodTable {
    /// The parameters that make a request stricter than an unlisted one, in the lines of this method.
    pub(super) fn stricter_conditions(&self) -> &[StricterCondition] {
        &self.stricter_conditions
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
        marked: &MarkedTarget<'target, '_>,
        interpretation: Interpretation<'target>,
        covering: Option<&Entry>,
    ) -> Result<Interpretation<'target>, RouteError> {
        let target = marked.target;
        let mut strictest = interpretation;
        if marked.may_have_in_query(CONDITION_VALUE) {
            for query in target.queries() {
                for (name, value, rule) in &self.stricter_conditions {
                    if rule.outcome.may_exceed(strictest.outcome) && holds_words(&query, name, value) {
                        strictest =
                            strictest.stricter(Interpretation::by_line(method, rule.outcome, rule.line));
                    }
                }
            }
        }
        let writes = interpretation.outcome >= Outcome::LfsBatch;
        // A write may also be meant for another namespace, unless no line gave it one. A batch may turn out to be a read.
        let compared = match (interpretation.outcome, covering) {
            (Outcome::LfsBatch, _) => Outcome::Read,
            (Outcome::Write, Some(_)) => Outcome::Contribute,
            (outcome, _) => outcome,
        };
        if !marked.has_a_plain_query() {
            strictest = self.read_query(method, target, strictest, compared);
        }
        // The words of the line that covers the path lead to no other, unless another table has its own line for the path.
        let landmark = landmark(compared);
        let mut others = (0..).zip(marked.segments()).filter(|(index, segment)| {
            segment.marks.meet(landmark)
                && covering.is_none_or(|covering| self.is_joined || !covering.pattern.has_literal_at(*index))
        });
        if !others.any(|(_, segment)| self.holds_landmark(segment.text, compared)) {
            return Ok(strictest);
        }
        let folded: Vec<Cow<'_, str>> = target.segments().map(case_folded).collect();
        let segments: Vec<&str> = folded.iter().map(Cow::as_ref).collect();
        // All letters of a landmark are marked, so the other segments hold none.
        let may_hold = |(_, segment): &(usize, &MarkedSegment<'_>)| segment.marks.meet(landmark);
        let marked_segments = marked.segments().iter().enumerate().filter(may_hold);
        let held = held_in(marked_segments.filter_map(|(place, _)| Some((place, *segments.get(place)?))));
        // Each segment that may stand for any word would be compared with every line. Nobody sends so many.
        if held.iter().filter(|(_, letters)| letters.is_none()).count() > MAXIMUM_SEGMENTS {
            return Ok(strictest.with_found(method, Outcome::Write, 0));
        }
        let coverings: Vec<&Entry> = self.coverings(marked, covering).collect();
        for (entry, landmark) in self.meant_by(&held, compared) {
            let matches = entry.pattern.matches(target);
            // Once each: the pieces of a segment stand side by side.
            let mut before = None;
            let starts = held
                .iter()
                .filter(|held| landmark.is_in(held))
                .filter_map(|(place, _)| place.checked_sub(landmark.place))
                .filter(|start| before.replace(*start) != Some(*start))
                .filter(|start| *start > 0 || !matches);
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
                    // What another table lists excuses nothing: this one knows nothing of it.
                    let own = |covering: &&Entry| covering.table == entry.table;
                    start == 0
                        || coverings.iter().copied().find(own).is_none_or(|covering| {
                            let mut rivals = self.matching_rivals(covering, target).filter(own);
                            is_in(covering) && rivals.all(is_in)
                        })
                };
                // Who reads a file may call it what they like. A write there may be one in another repository.
                if !is_beside(writes) {
                    continue;
                }
                let found = match in_path {
                    Some(rule) => Interpretation::by_line(method, rule.outcome, rule.line),
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
        compared: Outcome,
    ) -> Interpretation<'target> {
        let mut strictest = interpretation;
        let counted = find_path(target, &mut |segments| {
            let held = held_in(segments.iter().copied().enumerate());
            for (entry, _) in self.meant_by(&held, compared) {
                let mut tails = (0..segments.len()).filter_map(|start| segments.get(start..));
                if let Some(rule) = entry.without_parameter()
                    && tails.any(|tail| entry.pattern.matches_loosely(tail))
                {
                    strictest = strictest.with_found(method, rule.outcome, rule.line);
                }
            }
        });
        match counted {
            Some(_) => strictest,
            None => strictest.with_found(method, Outcome::Write, 0),
        }
    }

    /// Whether a segment holds the longest literal of an entry that may be stricter than an outcome.
    fn holds_landmark(&self, segment: &str, compared: Outcome) -> bool {
        let stricter = self.stricter_landmarks.get(&compared);
        let words = || {
            stricter
                .into_iter()
                .flat_map(|(_, words)| words.iter())
                .filter_map(|index| self.landmark_words.get(index))
        };
        // A text that is not in ASCII may stand for any word.
        if !segment.is_ascii() {
            return words().any(|(_, word)| holds_word(segment, word));
        }
        // Thousands of pieces fit into a target, so each is looked up, and compared by itself.
        pieces(segment).any(|piece| {
            let letters = Letters::of(piece);
            let first = self.landmark_words.partition_point(|(known, _)| *known < letters);
            let alike = self.landmark_words.iter().skip(first);
            (first..)
                .zip(alike)
                .take_while(|(_, (known, _))| *known == letters)
                .filter(|(index, _)| stricter.is_some_and(|(_, words)| words.holds(*index)))
                .any(|(_, (_, word))| holds_word(piece, word))
        })
    }

    /// The entries that may be stricter than an outcome, of which some segment may hold the longest literal.
    fn meant_by<'s>(
        &'s self,
        held: &'s [Held],
        compared: Outcome,
    ) -> impl Iterator<Item = (&'s Entry, &'s Landmark)> {
        let stricter = self.stricter_landmarks.get(&compared);
        stricter
            .into_iter()
            .flat_map(|(landmarks, _)| landmarks.iter())
            .filter_map(|index| self.landmarks.get(index))
            .filter(|landmark| held.iter().any(|held| landmark.is_in(held)))
            .filter_map(|landmark| Some((self.entries.get(landmark.entry)?, landmark)))
    }

    /// Whether the path says in a rest of segments, as a name and a value, in whose repository the request writes. Of several lines that
    /// may be meant, each has its own rest.
    pub(super) fn names_a_repository_in_rest(
        &self,
        marked: &MarkedTarget<'_, '_>,
        matching: &Matching<'_>,
    ) -> bool {
        let meant = || {
            self.coverings(marked, matching.entry)
                .chain(self.others(matching))
        };
        marked.may_have_in_path(REPOSITORY_NAME)
            && meant().any(|entry| {
                let rest = || entry.pattern.names_behind(marked.target);
                rest()
                    .zip(rest().skip(1))
                    .any(|(name, _)| is_a_repository_s(name))
            })
    }

    /// A target as the lines of this method look at it.
    pub(super) fn mark<'t, 'raw>(&self, target: &'t Target<'raw>) -> MarkedTarget<'t, 'raw> {
        MarkedTarget::of(target, &self.words)
    }

    /// The entry whose pattern matches, and which no other one outranks; with those of some others that match too.
    pub(super) fn matching<'table>(
        &'table self,
        segments: &[MarkedSegment<'_>],
        others_of: fn(&Entry) -> SetNumber,
    ) -> Matching<'table> {
        let mut matching = Matching {
            entry: None,
            others: Vec::new(),
        };
        let mut others = None;
        self.tree.find(segments, &mut |index| match matching.entry {
            None => {
                matching.entry = self.entries.get(index);
                others = matching.entry.and_then(|entry| self.sets.get(others_of(entry)));
            }
            Some(_) => {
                if others.is_some_and(|others| others.holds(index)) {
                    let at = matching.others.partition_point(|other| *other < index);
                    matching.others.insert(at, index);
                }
            }
        });
        matching
    }

    /// The entry that covers the path, and those that cover it in the other tables: in each, the one that none of that table
    /// outranks.
    fn coverings<'s>(
        &'s self,
        marked: &MarkedTarget<'_, '_>,
        covering: Option<&'s Entry>,
    ) -> impl Iterator<Item = &'s Entry> {
        let mut coverings: Vec<&Entry> = Vec::new();
        if self.is_joined {
            self.tree.find(marked.segments(), &mut |index| {
                if let Some(entry) = self.entries.get(index)
                    && coverings
                        .iter()
                        .chain(&covering)
                        .all(|known| known.table != entry.table)
                {
                    coverings.push(entry);
                }
            });
        }
        covering.into_iter().chain(coverings)
    }

    fn others<'s>(&'s self, matching: &'s Matching<'_>) -> impl Iterator<Item = &'s Entry> + Clone {
        matching
            .others
            .iter()
            .filter_map(|index| self.entries.get(*index))
    }

    /// All entries that match a path which is cut in this way.
    fn matching_pieces<'s>(&'s self, pieces: &[&str], found: &mut dyn FnMut(&'s Entry)) {
        let segments = MarkedSegments::of(pieces.iter().map(|piece| self.words.mark_segment(piece)));
        self.tree.find(segments.as_slice(), &mut |index| {
            self.entries.get(index).into_iter().for_each(&mut *found);
        });
    }

    fn matching_rivals<'table>(
        &'table self,
        entry: &'table Entry,
        target: &Target<'_>,
    ) -> impl Iterator<Item = &'table Entry> {
        let rivals = self.sets.get(entry.rivals).into_iter().flat_map(NumberSet::iter);
        rivals
            .filter_map(|index| self.entries.get(index))
            .filter(|rival| rival.pattern.matches(target))
    }

    /// The strictest interpretation by the matching pattern and its rivals; `None` if no pattern matches.
    pub(super) fn read<'target>(
        &self,
        method: Method,
        target: &'target Target<'_>,
        matching: &Matching<'_>,
    ) -> Result<Option<Interpretation<'target>>, RouteError> {
        let Some(entry) = matching.entry else {
            return Ok(None);
        };
        if !entry.pattern.holds_free_text_of(target) {
            return Err(TargetError::OutOfPlace.into());
        }
        let mut strictest = entry.read(method, target)?;
        let rivals = self.others(matching);
        for rival in rivals.clone() {
            let is_outranked = rivals.clone().any(|other| other.alone_outranks(rival));
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
        matching: &Matching<'a>,
        content: Content<'_>,
        vocabulary: &'a Vocabulary,
    ) -> Resource<'a> {
        let Some(entry) = matching
            .entry
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
        let others = matching
            .others
            .iter()
            .filter_map(|index| self.entries.get(*index));
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
            let mut matching = Vec::new();
            self.matching_pieces(pieces, &mut |entry| matching.push(entry));
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
    pub(super) fn may_be_for_another(&self, marked: &MarkedTarget<'_, '_>, matching: &Matching<'_>) -> bool {
        if !marked.has_a_plain_query() && self.may_find_a_path_in_query(marked.target) {
            return true;
        }
        let Some(covering) = matching.entry else {
            return false;
        };
        // Few paths have a word of a line where they have a name.
        let mut words = (0..)
            .zip(marked.segments())
            .filter(|(_, segment)| segment.marks.meet(REPOSITORY_LITERAL));
        let coverings: Vec<&Entry> = self.coverings(marked, Some(covering)).collect();
        let has_name_slot_at = |index| {
            let mut coverings = coverings.iter();
            coverings.any(|covering| covering.pattern.has_name_slot_at(index))
        };
        let by_path = words.any(|(index, _)| has_name_slot_at(index)) && {
            let folded: Vec<Cow<'_, str>> = marked.target.segments().map(case_folded).collect();
            let segments: Vec<&str> = folded.iter().map(Cow::as_ref).collect();
            self.names_a_repository_behind(&segments, &coverings)
        };
        by_path || self.names_a_repository_in_rest(marked, matching)
    }

    /// Whether the query contains the path of some line, or more segments than are compared.
    fn may_find_a_path_in_query(&self, target: &Target<'_>) -> bool {
        let mut is_found = false;
        let counted = find_path(target, &mut |segments| {
            let mut tails = (0..segments.len()).filter_map(|start| segments.get(start..));
            is_found = is_found
                || tails.any(|tail| {
                    self.entries.iter().any(|entry| {
                        entry.pattern.longest_literal().is_some() && entry.pattern.matches_loosely(tail)
                    })
                });
        });
        is_found || counted.is_none()
    }

    /// Whether what is behind the beginning of a path matches a line with a repository, by a literal where one of the covering
    /// patterns has a name; or whether the path has more segments than are compared.
    fn names_a_repository_behind(&self, segments: &[&str], coverings: &[&Entry]) -> bool {
        if segments.len() > MAXIMUM_SEGMENTS {
            return true;
        }
        let mut with_repository = self
            .entries
            .iter()
            .filter(|entry| entry.pattern.repository().is_some());
        with_repository.any(|entry| {
            // A pattern of a certain length fits the path's end alone.
            let mut starts = match entry.pattern.length() {
                None => 1..segments.len(),
                Some(length) => match segments.len().checked_sub(length) {
                    Some(start) if start > 0 => start..start + 1,
                    Some(_) | None => 0..0,
                },
            };
            starts.any(|start| {
                let tail = segments.get(start..).unwrap_or_default();
                let is_in_slot_of = |covering: &&Entry| {
                    entry
                        .pattern
                        .has_literal_in_slot_of(start, &covering.pattern, false)
                };
                entry.pattern.matches_loosely(tail) && coverings.iter().any(is_in_slot_of)
            })
        })
    }

    /// Whether the target would mean something stricter to a server that decodes it before routing, or that cuts off path
    /// parameters. An encoded slash then separates segments, and a segment stops at a `;`. Here, lines that cover the matching
    /// one count too.
    pub(super) fn is_stricter_when_cut(
        &self,
        target: &Target<'_>,
        outcome: Outcome,
        covering: Option<&Entry>,
    ) -> bool {
        if !target.has_free_text() {
            return false;
        }
        let is_stricter = |entry: &Entry| {
            entry.may_exceed(outcome)
                && !covering.is_some_and(|covering| entry.pattern.covers(&covering.pattern))
        };
        let texts: Vec<Cow<'_, str>> = target.segments().map(without_sessions).collect();
        let splittings = splittings(texts.iter().map(Cow::as_ref).filter(|text| !text.is_empty()));
        let mut is_found = false;
        for pieces in &splittings {
            self.matching_pieces(pieces, &mut |entry| is_found = is_found || is_stricter(entry));
        }
        is_found
    }
}

/// What segments hold, each with its place among all of them, in order.
fn held_in<'t>(segments: impl Iterator<Item = (usize, &'t str)>) -> Vec<Held> {
    let mut held = Vec::new();
    for (place, segment) in segments {
        match WordMarks::letters_in(segment) {
            Some(letters) => held.extend(letters.map(|letters| (place, Some(letters)))),
            None => held.push((place, None)),
        }
    }
    held
}

/// The segments that servers may have of a path which they decode before they route, or which a proxy sends on decoded: with path
/// parameters cut off each of them; up to where a query begins then, or the request line ends; and up to the first path parameter.
/// Once, where these are the same.
fn splittings<'t>(segments: impl Iterator<Item = &'t str>) -> Vec<Vec<&'t str>> {
    let mut pieces = Vec::with_capacity(FEW);
    pieces.extend(segments.flat_map(|segment| segment.split('/')));
    let ends = |byte: u8| matches!(byte, b';' | b'?' | b'#' | b' ');
    if !pieces.iter().any(|piece| piece.bytes().any(ends)) {
        return vec![pieces];
    }
    let up_to = |ends: &[char]| {
        let end = pieces.iter().position(|piece| piece.contains(ends));
        let whole = pieces.iter().take(end.unwrap_or(pieces.len()));
        let last = end.and_then(|end| pieces.get(end)?.split(ends).next());
        whole.copied().chain(last)
    };
    let bare = |piece: &'t str| piece.split(';').next().unwrap_or_default();
    vec![
        pieces.iter().copied().map(bare).collect(),
        up_to(&['?', '#', ' ']).map(bare).collect(),
        up_to(&[';']).collect(),
    ]
}

#[cfg(test)]
mod tests {
    use crate::request::skeleton::holds_word;
    use crate::request::{Method, Target};
    use crate::routes::outcome::Outcome;
    use crate::routes::{Access, Class, RouteTable};

    #[test]
    fn more_segments_than_are_compared_that_may_stand_for_any_word_are_a_write() {
        let table = RouteTable::configured("hub").unwrap();
        for (segments, expected) in [(64, Access::Read), (65, Access::Write), (1_300, Access::Write)] {
            let raw = format!("/acme/widget/resolve/main/{}x", "\u{e4}-\u{f6}/".repeat(segments));
            let target = Target::parse(&raw).unwrap();
            let route = table.classify(Method::Get, &target).unwrap();
            assert_eq!(route.class, Class::Known(expected), "{segments}");
            assert_eq!(route.namespace.is_some(), expected == Access::Read, "{segments}");
        }
    }

    #[test]
    fn a_segment_holds_a_landmark_if_it_holds_one_of_the_words() {
        let table = RouteTable::configured("hub+mlflow").unwrap();
        for (method, outcome) in [(Method::Get, Outcome::Read), (Method::Post, Outcome::Contribute)] {
            let lines = table.method(method);
            let (_, stricter) = lines.stricter_landmarks.get(&outcome).unwrap();
            let words = || stricter.iter().map(|index| &lines.landmark_words[index].1);
            assert!(words().next().is_some());
            let holds = |segment: &str| words().any(|word| holds_word(segment, word));
            for word in words() {
                for segment in [
                    word.clone(),
                    word.to_ascii_uppercase(),
                    format!("{word}x"),
                    format!("a.{word}"),
                    format!("{word};b=c/d"),
                    format!("{word}-."),
                    word.replace('e', "\u{e9}"),
                    word.replace(['-', '_'], ""),
                    word.replace('-', "."),
                ] {
                    assert_eq!(
                        lines.holds_landmark(&segment, outcome),
                        holds(&segment),
                        "{segment}"
                    );
                }
            }
        }
    }
}
