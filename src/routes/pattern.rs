//! One path pattern of a route table: what it matches, and how it relates to another pattern. Knows nothing of classes.

use std::ops::RangeInclusive;

use crate::request::Target;
use crate::request::skeleton::holds_word;
use crate::stored::{Reader, Stored, stored_enum, stored_struct, write_bytes};

/// How many segments a repeated slot may stand for. Each is a pattern of its own.
const MAXIMUM_REPETITIONS: usize = 32;

/// How many patterns one path may stand for: what is repeated and what is optional multiply.
const MAXIMUM_PATTERNS_OF_A_PATH: usize = 4_096;

/// A path pattern. Its alternatives and optional segments have been expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    segments: Vec<PatternSegment>,
    /// The slot `{*slot}` at the end, if there is one.
    rest: Option<Slot>,
    end: PathEnd,
    /// How many segments at the start are the prefix behind which its table is mounted.
    mount: usize,
}

stored_struct!(Pattern {
    segments,
    rest,
    end,
    mount
});

/// What a path has behind its last segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathEnd {
    /// Nothing.
    Bare,
    /// A slash.
    Slash,
    /// A slash or nothing: `/?`.
    Either,
}

stored_enum!(PathEnd { Bare, Slash, Either });

impl PathEnd {
    /// The end that is written like this behind the last slash.
    pub(super) fn named(piece: &str) -> Option<Self> {
        match piece {
            "" => Some(Self::Slash),
            "?" => Some(Self::Either),
            _ => None,
        }
    }

    /// Whether a target ends so.
    pub(super) fn is_that_of(self, target: &Target<'_>) -> bool {
        match self {
            Self::Bare => !target.has_trailing_slash(),
            Self::Slash => target.has_trailing_slash(),
            Self::Either => true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternSegment {
    Literal(String),
    Slot(Slot),
}

impl Stored for PatternSegment {
    fn write(&self, bytes: &mut Vec<u8>) {
        let (literal, slot) = match self {
            Self::Literal(literal) => (literal.as_bytes(), None),
            Self::Slot(slot) => (&[][..], Some(slot)),
        };
        // No literal is empty.
        write_bytes(literal, bytes);
        if let Some(slot) = slot {
            slot.write(bytes);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let literal = String::read(reader);
        if literal.is_empty() {
            Self::Slot(Slot::read(reader))
        } else {
            Self::Literal(literal)
        }
    }
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// A name.
    Name,
    /// The name of the namespace.
    Namespace,
    /// The name of the repository, or a part of it.
    Repository,
    /// Free text.
    FreeText,
    /// Free text with two revisions, of which one may be another repository's. No revision holds the `:` that says so
    /// (gitrevisions, git-check-ref-format).
    Range,
}

stored_enum!(Slot {
    Name,
    Namespace,
    Repository,
    FreeText,
    Range
});

impl Pattern {
    /// The patterns that a table's path stands for: one for each choice of its alternatives and optional segments. `None` if
    /// the path is invalid.
    pub(super) fn expand(path: &str) -> Option<Vec<Self>> {
        let path = path.strip_prefix('/')?;
        let mut patterns = vec![Self {
            segments: Vec::new(),
            rest: None,
            end: PathEnd::Bare,
            mount: 0,
        }];
        let mut pieces = path.split('/').peekable();
        while let Some(piece) = pieces.next() {
            if patterns.len() > MAXIMUM_PATTERNS_OF_A_PATH {
                return None;
            }
            let is_last = pieces.peek().is_none();
            if is_last && let Some(end) = PathEnd::named(piece) {
                for pattern in &mut patterns {
                    pattern.end = end;
                }
                break;
            }
            if let Some(name) = slot_name(piece, "{*") {
                if !is_last {
                    return None;
                }
                for pattern in &mut patterns {
                    pattern.rest = Some(Slot::named(name)?);
                }
                break;
            }
            let (piece, optional) = match piece.strip_suffix('?') {
                Some(piece) => (piece, true),
                None => (piece, false),
            };
            if let Some((slot, times)) = repeated(piece) {
                if optional {
                    return None;
                }
                let slot = PatternSegment::Slot(Slot::named(slot)?);
                let mut longer = patterns;
                patterns = Vec::new();
                for _ in 0..times? {
                    longer = longer.iter().map(|pattern| pattern.followed_by(&slot)).collect();
                    patterns.extend_from_slice(&longer);
                }
                continue;
            }
            let choices = PatternSegment::choices(piece)?;
            let without = if optional { patterns.clone() } else { Vec::new() };
            patterns = patterns
                .iter()
                .flat_map(|pattern| choices.iter().map(|choice| pattern.followed_by(choice)))
                .chain(without)
                .collect();
        }
        Some(patterns)
    }

    /// The pattern behind a prefix: its own segments, so many of which are the prefix.
    pub(super) fn mounted(self, mount: usize) -> Self {
        Self { mount, ..self }
    }

    fn followed_by(&self, segment: &PatternSegment) -> Self {
        let mut longer = self.clone();
        longer.segments.push(segment.clone());
        longer
    }

    /// Its segments up to a `{*slot}`: literals, and `None` for each slot.
    pub(super) fn path(&self) -> impl Iterator<Item = Option<&str>> {
        self.segments.iter().map(|segment| match segment {
            PatternSegment::Literal(literal) => Some(literal.as_str()),
            PatternSegment::Slot(_) => None,
        })
    }

    /// Whether the target matches. Literals match in any case, and a trailing slash is ignored.
    pub(super) fn matches(&self, target: &Target<'_>) -> bool {
        self.matches_segments(target.segment_count(), target.segments())
    }

    /// As [`Pattern::matches`], for segments that were split in another way.
    pub(super) fn matches_segments<'s>(&self, count: usize, segments: impl Iterator<Item = &'s str>) -> bool {
        let length_fits = match self.rest {
            Some(_) => count > self.segments.len(),
            None => count == self.segments.len(),
        };
        length_fits
            && self
                .segments
                .iter()
                .zip(segments)
                .all(|(segment, text)| match segment {
                    PatternSegment::Literal(literal) => literal.eq_ignore_ascii_case(text),
                    PatternSegment::Slot(_) => true,
                })
    }

    /// As [`Pattern::matches_segments`], but a segment may contain a literal in a form that some server reads as the literal, and
    /// any text may stand for the prefix of its table: the server behind that never sees it.
    pub(super) fn matches_loosely(&self, segments: &[&str]) -> bool {
        let length_fits = match self.rest {
            Some(_) => segments.len() > self.segments.len(),
            None => segments.len() == self.segments.len(),
        };
        length_fits
            && self
                .segments
                .iter()
                .zip(segments)
                .skip(self.mount)
                .all(|(segment, text)| match segment {
                    PatternSegment::Literal(literal) => holds_word(text, literal),
                    PatternSegment::Slot(_) => true,
                })
    }

    /// The number of segments that it matches; `None` if that depends on the target.
    pub(super) fn length(&self) -> Option<usize> {
        self.rest.is_none().then_some(self.segments.len())
    }

    /// Whether a matching target has a range in which a server may find another repository.
    pub(super) fn may_range_over_another(&self, target: &Target<'_>) -> bool {
        let in_segments = self
            .slots()
            .find(|(_, slot)| **slot == Slot::Range)
            .map(|(index, _)| index);
        let in_rest = self
            .rest
            .is_some_and(|rest| rest == Slot::Range)
            .then_some(self.segments.len());
        let mut behind = target
            .segments()
            .skip(in_segments.or(in_rest).unwrap_or(usize::MAX));
        behind.any(|segment| segment.contains([':', '%']))
    }

    /// The segments of a matching target that are in its `{*slot}`, unless that is for free text.
    pub(super) fn names_behind<'t>(&self, target: &'t Target<'_>) -> impl Iterator<Item = &'t str> {
        let begin = match self.rest {
            Some(rest) if !rest.is_free_text() => self.segments.len(),
            Some(_) | None => usize::MAX,
        };
        target.segments().skip(begin)
    }

    /// Whether it has a literal for this segment.
    pub(super) fn has_literal_at(&self, index: usize) -> bool {
        matches!(self.segments.get(index), Some(PatternSegment::Literal(_)))
    }

    /// Whether one of its literals, from segment `start` on, stands where `covering` has a slot. Free text may contain any path, so
    /// it counts only if `in_free_text` says so.
    pub(super) fn has_literal_in_slot_of(&self, start: usize, covering: &Self, in_free_text: bool) -> bool {
        let counts = |slot: Slot| in_free_text || !slot.is_free_text();
        (start..)
            .zip(&self.segments)
            .skip(self.mount)
            .any(|(index, segment)| match segment {
                PatternSegment::Slot(_) => false,
                PatternSegment::Literal(_) => covering.slot_at(index).is_some_and(counts),
            })
    }

    /// The literal at a segment, if there is one.
    pub(super) fn literal_at(&self, index: usize) -> Option<&str> {
        match self.segments.get(index)? {
            PatternSegment::Literal(literal) => Some(literal),
            PatternSegment::Slot(_) => None,
        }
    }

    /// Whether this segment is in a slot, and not in one for free text.
    pub(super) fn has_name_slot_at(&self, index: usize) -> bool {
        self.slot_at(index).is_some_and(|slot| !slot.is_free_text())
    }

    fn slot_at(&self, index: usize) -> Option<Slot> {
        match self.segments.get(index) {
            Some(PatternSegment::Literal(_)) => None,
            Some(PatternSegment::Slot(slot)) => Some(*slot),
            None => self.rest,
        }
    }

    /// Its literals, but for those of the prefix of its table.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        let own = self.segments.iter().skip(self.mount);
        own.filter_map(|segment| match segment {
            PatternSegment::Literal(literal) => Some(literal.as_str()),
            PatternSegment::Slot(_) => None,
        })
    }

    /// The longest of its literals but for those of the prefix of its table, and which segment it is.
    pub(super) fn longest_literal(&self) -> Option<(usize, &str)> {
        let own = self.path().enumerate().skip(self.mount);
        own.filter_map(|(index, literal)| Some((index, literal?)))
            .max_by_key(|(_, literal)| literal.len())
    }

    /// Whether this pattern's interpretation of a target outranks the other's: the other matches everything that this one
    /// does, and names no namespace that this one would hide in one of its slots.
    pub(super) fn outranks(&self, other: &Self) -> bool {
        let hides_namespace = self.namespace_index().is_none()
            && other
                .namespace_index()
                .is_some_and(|index| match self.segments.get(index) {
                    Some(PatternSegment::Literal(_)) => false,
                    Some(PatternSegment::Slot(_)) | None => true,
                });
        other.covers(self) && !hides_namespace
    }

    /// Whether a matching target has the pattern's own spelling: the same case and the same trailing slash.
    pub(super) fn is_spelled_by(&self, target: &Target<'_>) -> bool {
        let literals_alike =
            self.segments
                .iter()
                .zip(target.segments())
                .all(|(segment, text)| match segment {
                    PatternSegment::Literal(literal) => literal == text,
                    PatternSegment::Slot(_) => true,
                });
        // The text of a rest slot may end in a slash: a folder.
        literals_alike && (self.rest.is_some() || self.end.is_that_of(target))
    }

    /// Whether all segments with text that only free text may have are in slots for free text.
    pub(super) fn holds_free_text_of(&self, target: &Target<'_>) -> bool {
        if !target.has_free_text() {
            return true;
        }
        (0..target.segment_count()).all(|index| {
            let free = match self.segments.get(index) {
                Some(PatternSegment::Literal(_)) => false,
                Some(PatternSegment::Slot(slot)) => slot.is_free_text(),
                None => self.rest.is_some_and(|rest| rest.is_free_text()),
            };
            free || !target.is_free_text(index)
        })
    }

    /// The text of a slot with `after` segments behind it, in a target that matches from segment `start` on. `None` if the slot
    /// holds several segments.
    pub(super) fn slot_text<'t>(
        &self,
        start: usize,
        after: usize,
        target: &'t Target<'_>,
    ) -> Option<&'t str> {
        let count = target.segment_count().checked_sub(start)?;
        target.segment(start.checked_add(self.slot_index(after, count)?)?)
    }

    /// Whether the slot with `after` segments behind it is for free text.
    pub(super) fn is_free_text_slot(&self, after: usize) -> bool {
        let count = self.segments.len() + usize::from(self.rest.is_some());
        let slot = self
            .slot_index(after, count)
            .and_then(|index| self.slot_at(index));
        slot.is_some_and(|slot| slot.is_free_text())
    }

    /// Whether it has a slot for all remaining segments.
    pub(super) fn is_open_ended(&self) -> bool {
        self.rest.is_some()
    }

    /// Which segment, of as many as a matching path has, is the slot with `after` segments behind it. `None` if the slot holds
    /// several.
    pub(super) fn slot_index(&self, after: usize, count: usize) -> Option<usize> {
        let end = self.segments.len() + usize::from(self.rest.is_some());
        (count == end).then(|| end.checked_sub(after + 1))?
    }

    /// The index of the `{namespace}` segment, if there is one.
    pub(super) fn namespace_index(&self) -> Option<usize> {
        self.slots()
            .find(|(_, slot)| **slot == Slot::Namespace)
            .map(|(index, _)| index)
    }

    /// Which segments are the `{repo}`: one, or several side by side.
    pub(super) fn repository(&self) -> Option<RangeInclusive<usize>> {
        let mut named = self.slots().filter(|(_, slot)| **slot == Slot::Repository);
        let (first, _) = named.next()?;
        let last = named.last().map_or(first, |(index, _)| index);
        Some(first..=last)
    }

    /// The literal just before segment `index`, if there is one.
    pub(super) fn literal_before(&self, index: usize) -> Option<&str> {
        self.literal_at(index.checked_sub(1)?)
    }

    /// Whether it has a `{namespace}` or `{repo}` that [`Pattern::namespace_index`] and [`Pattern::repository`] do not
    /// report: a second `{namespace}`, a `{repo}` apart from another one, or one for all remaining segments.
    pub(super) fn names_some_unread(&self) -> bool {
        let namespaces = self.slots().filter(|(_, slot)| **slot == Slot::Namespace).count();
        let repositories = self
            .slots()
            .filter(|(_, slot)| **slot == Slot::Repository)
            .count();
        namespaces > 1
            || self
                .repository()
                .is_some_and(|repository| repository.count() != repositories)
            || self
                .rest
                .is_some_and(|rest| matches!(rest, Slot::Namespace | Slot::Repository))
    }

    fn slots(&self) -> impl Iterator<Item = (usize, &Slot)> {
        self.segments
            .iter()
            .enumerate()
            .filter_map(|(index, segment)| match segment {
                PatternSegment::Literal(_) => None,
                PatternSegment::Slot(slot) => Some((index, slot)),
            })
    }

    /// Whether this pattern matches everything that `other` matches.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let lengths_covered = match (self.rest, other.rest) {
            (None, None) => self.segments.len() == other.segments.len(),
            (None, Some(_)) => false,
            (Some(_), None) => other.segments.len() > self.segments.len(),
            (Some(_), Some(_)) => other.segments.len() >= self.segments.len(),
        };
        lengths_covered
            && self
                .segments
                .iter()
                .zip(&other.segments)
                .all(|(mine, theirs)| match (mine, theirs) {
                    (PatternSegment::Slot(_), _) => true,
                    (PatternSegment::Literal(mine), PatternSegment::Literal(theirs)) => {
                        mine.eq_ignore_ascii_case(theirs)
                    }
                    (PatternSegment::Literal(_), PatternSegment::Slot(_)) => false,
                })
    }
}

/// The name in `{slot}{1,8}`, which stands for one segment or several side by side, and how many they may be, if so many may.
fn repeated(piece: &str) -> Option<(&str, Option<usize>)> {
    let (slot, times) = slot_name(piece, "{")?.split_once("}{1,")?;
    let is_plain = !times.starts_with('0') && times.bytes().all(|byte| byte.is_ascii_digit());
    let times = times
        .parse()
        .ok()
        .filter(|times| is_plain && *times <= MAXIMUM_REPETITIONS);
    Some((slot, times))
}

impl PatternSegment {
    /// The choices for one segment of a table's path: a slot, or each of its literals.
    fn choices(piece: &str) -> Option<Vec<Self>> {
        if let Some(name) = slot_name(piece, "{") {
            return Some(vec![Self::Slot(Slot::named(name)?)]);
        }
        piece
            .split('|')
            .map(|literal| is_literal(literal).then(|| Self::Literal(literal.to_owned())))
            .collect()
    }
}

impl Slot {
    pub(super) fn named(name: &str) -> Option<Self> {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_name.then_some(match name {
            "namespace" => Self::Namespace,
            "repo" => Self::Repository,
            "rev" | "branch" | "tag" | "path" => Self::FreeText,
            "range" => Self::Range,
            _ => Self::Name,
        })
    }

    /// Whether it may contain characters that are out of place in names, such as encoded slashes.
    pub(super) fn is_free_text(self) -> bool {
        matches!(self, Self::FreeText | Self::Range)
    }
}

pub(super) fn is_literal(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+@:".contains(&byte);
    !text.is_empty() && text.bytes().all(plain) && !matches!(text, "." | "..")
}

pub(super) fn slot_name<'a>(piece: &'a str, opening: &str) -> Option<&'a str> {
    piece.strip_prefix(opening)?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn one(path: &str) -> Pattern {
        let patterns = Pattern::expand(path).unwrap();
        assert_eq!(patterns.len(), 1, "{path}");
        patterns.into_iter().next().unwrap()
    }

    /// The paths that a table's path stands for, with `*` for a slot.
    fn spelled_out(path: &str) -> Vec<String> {
        let patterns = Pattern::expand(path).unwrap();
        let path = |pattern: &Pattern| {
            let pieces: Vec<&str> = pattern.path().map(|literal| literal.unwrap_or("*")).collect();
            pieces.join("/")
        };
        patterns.iter().map(path).collect()
    }

    #[test]
    fn alternatives_and_optional_segments_are_spelled_out() {
        let paths = spelled_out("/a|b?/{namespace}?/{repo}/x");
        assert_eq!(paths, ["a/*/*/x", "b/*/*/x", "*/*/x", "a/*/x", "b/*/x", "*/x"]);
    }

    #[test]
    fn a_slot_may_stand_for_several_segments() {
        let paths = spelled_out("/a|b/{repo}{1,3}/x");
        let expected = ["a/*/x", "b/*/x", "a/*/*/x", "b/*/*/x", "a/*/*/*/x", "b/*/*/*/x"];
        assert_eq!(paths, expected);
        assert_eq!(spelled_out("/{x}{1,2}"), ["*", "*/*"]);
    }

    #[test]
    fn refuses_paths_that_are_none() {
        for path in [
            "a",
            "/a/?/b",
            "/a//b",
            "/{*rest}/b",
            "/{Bad}",
            "/a b",
            "/..",
            "/a|",
            "/{repo}{1,0}",
            "/{repo}{1,33}",
            "/{repo}{1,}",
            "/{repo}{1,08}",
            "/{repo}{1,+8}",
            "/{repo}{2,8}",
            "/{repo}{8}",
            "/{repo}{1,8}?",
            "/{*repo}{1,8}",
            "/{Repo}{1,8}",
            "/a{1,8}",
            "/{repo}{1,8}{1,8}",
            "/{a}{1,32}/{b}{1,32}/{c}{1,32}/{d}",
        ] {
            assert_eq!(Pattern::expand(path), None, "{path}");
        }
    }

    #[test]
    fn covers_as_sets_do() {
        let generic = one("/api/{namespace}/{*rest}");
        let verb = one("/api/{repo}/paths-info");
        let named = one("/api/{namespace}/{repo}");
        let other = one("/api/x/{repo}");
        assert!(generic.covers(&verb) && !verb.covers(&generic));
        assert!(named.covers(&verb));
        assert!(!verb.covers(&other) && !other.covers(&verb));
    }
}
