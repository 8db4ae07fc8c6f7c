//! The paths of one method's patterns as a tree, and the walks that find all patterns that a path matches, and all that overlap a
//! pattern. Knows nothing of lines.

use super::pattern::Pattern;
use crate::request::word_marks::{Letters, MarkedSegment};
use crate::sorted_map::sorted;
use crate::stored::stored_struct;

/// Paths of patterns, each with the indices of the entries that have it.
pub(super) struct PathTree {
    /// Every beginning of a path; the first is that of all.
    nodes: Vec<Node>,
}

stored_struct!(PathTree { nodes });

/// The beginning of a path.
#[derive(Default)]
struct Node {
    /// What follows by a literal: its letters, by which these are sorted, the literal, and the node behind it.
    literals: Vec<(Letters, String, usize)>,
    /// A bit for the letters of each of them: a segment without it is none.
    bits: u64,
    /// What follows by a slot.
    slot: Option<usize>,
    /// The entries whose path ends here.
    ends: Vec<usize>,
    /// The entries with a slot for all segments that follow.
    rests: Vec<usize>,
}

stored_struct!(Node {
    literals,
    bits,
    slot,
    ends,
    rests
});

impl Default for PathTree {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
        }
    }
}

impl PathTree {
    /// The entries that have this pattern's path, in order; new ones are added at the end.
    pub(super) fn entries_at(&mut self, pattern: &Pattern) -> Option<&mut Vec<usize>> {
        let mut at = 0;
        for literal in pattern.path() {
            let next = self.nodes.len();
            let node = self.nodes.get_mut(at)?;
            at = match literal {
                None => *node.slot.get_or_insert(next),
                Some(literal) => {
                    let letters = Letters::of(literal);
                    let first = node.literals.partition_point(|(known, _, _)| *known < letters);
                    let mut alike = node.literals.iter().skip(first);
                    let known = alike.find(|(_, known, _)| known.eq_ignore_ascii_case(literal));
                    match known.map(|(_, _, node)| *node) {
                        Some(node) => node,
                        None => {
                            node.bits |= letters.bit();
                            node.literals.insert(first, (letters, literal.to_owned(), next));
                            next
                        }
                    }
                }
            };
            if at == next {
                self.nodes.push(Node::default());
            }
        }
        let node = self.nodes.get_mut(at)?;
        Some(if pattern.is_open_ended() {
            &mut node.rests
        } else {
            &mut node.ends
        })
    }

    /// Finds all entries that a path matches. The first does not cover any of the others: literals come before slots.
    pub(super) fn find(&self, segments: &[MarkedSegment<'_>], found: &mut dyn FnMut(usize)) {
        self.find_from(0, segments, found);
    }

    /// Goes as deep as the longest pattern.
    fn find_from(&self, at: usize, segments: &[MarkedSegment<'_>], found: &mut dyn FnMut(usize)) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let Some((segment, behind)) = segments.split_first() else {
            node.ends.iter().copied().for_each(found);
            return;
        };
        if node.bits & segment.letters.bit() != 0 {
            let first = node
                .literals
                .partition_point(|(letters, _, _)| *letters < segment.letters);
            let alike = node.literals.get(first..).unwrap_or_default();
            for (_, literal, next) in alike
                .iter()
                .take_while(|(letters, _, _)| *letters == segment.letters)
            {
                if literal.eq_ignore_ascii_case(segment.text) {
                    self.find_from(*next, behind, found);
                }
            }
        }
        if let Some(next) = node.slot {
            self.find_from(next, behind, found);
        }
        node.rests.iter().copied().for_each(found);
    }

    /// The entries of all patterns that match some path which this one matches too, in order.
    pub(super) fn overlapping(&self, pattern: &Pattern) -> Vec<usize> {
        let path: Vec<Option<&str>> = pattern.path().collect();
        let mut found = Vec::new();
        self.overlapping_from(0, &path, pattern.is_open_ended(), &mut found);
        sorted(found)
    }

    fn overlapping_from(
        &self,
        at: usize,
        path: &[Option<&str>],
        is_open_ended: bool,
        found: &mut Vec<usize>,
    ) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        // A slot for the segments that follow holds at least one.
        if is_open_ended || !path.is_empty() {
            found.extend(&node.rests);
        }
        let Some((segment, behind)) = path.split_first() else {
            if is_open_ended {
                for next in node.behind(None) {
                    self.all_from(next, found);
                }
            } else {
                found.extend(&node.ends);
            }
            return;
        };
        for next in node.behind(*segment) {
            self.overlapping_from(next, behind, is_open_ended, found);
        }
    }

    fn all_from(&self, at: usize, found: &mut Vec<usize>) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        found.extend(&node.ends);
        found.extend(&node.rests);
        for next in node.behind(None) {
            self.all_from(next, found);
        }
    }
}

impl Node {
    /// The nodes behind this literal and behind a slot; without a literal, all nodes behind this one.
    fn behind(&self, literal: Option<&str>) -> impl Iterator<Item = usize> {
        let literals = self
            .literals
            .iter()
            .filter(move |(_, known, _)| literal.is_none_or(|literal| known.eq_ignore_ascii_case(literal)));
        literals.map(|(_, _, next)| *next).chain(self.slot)
    }
}

#[cfg(test)]
mod tests {
    use super::PathTree;
    use crate::routes::pattern::Pattern;

    /// Whether some path matches both, compared segment by segment.
    fn overlap(one: &Pattern, other: &Pattern) -> bool {
        let (mine, theirs) = (one.path().count(), other.path().count());
        let lengths_meet = match (one.is_open_ended(), other.is_open_ended()) {
            (false, false) => mine == theirs,
            (true, false) => theirs > mine,
            (false, true) => mine > theirs,
            (true, true) => true,
        };
        let mut pairs = one.path().zip(other.path());
        lengths_meet
            && pairs.all(|pair| match pair {
                (Some(mine), Some(theirs)) => mine.eq_ignore_ascii_case(theirs),
                (None, _) | (_, None) => true,
            })
    }

    #[test]
    fn finds_the_patterns_that_overlap_another() {
        let segments = ["", "/a", "/B", "/{x}"];
        let mut patterns = Vec::new();
        for first in segments {
            for second in segments {
                for third in ["/a", "/b", "/{y}", "/{*rest}"] {
                    patterns.extend(Pattern::expand(&format!("{first}{second}{third}")).unwrap());
                }
            }
        }
        let mut tree = PathTree::default();
        for (index, pattern) in (0..).zip(&patterns) {
            tree.entries_at(pattern).unwrap().push(index);
        }
        let mut overlaps = 0;
        for pattern in &patterns {
            let others = (0..).zip(&patterns);
            let expected: Vec<usize> = others
                .filter(|(_, other)| overlap(pattern, other))
                .map(|(index, _)| index)
                .collect();
            overlaps += expected.len();
            assert_eq!(tree.overlapping(pattern), expected, "{pattern:?}");
        }
        assert!(overlaps > patterns.len() && overlaps < patterns.len() * patterns.len());
    }
}
