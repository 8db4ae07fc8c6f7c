//! The paths of one method's patterns as a tree, and the one walk that finds all that a path matches. Knows nothing of lines.

use super::pattern::Pattern;
use crate::request::word_marks::{Letters, Sign};

/// Paths of patterns, each with the indices of the entries that have it.
pub(super) struct PathTree {
    /// Every beginning of a path; the first is that of all.
    nodes: Vec<Node>,
}

/// The beginning of a path.
#[derive(Default)]
struct Node {
    /// What follows by a literal: its letters, by which these are sorted, the literal, and the node behind it.
    literals: Vec<(Letters, String, usize)>,
    /// What follows by a slot.
    slot: Option<usize>,
    /// The entries whose path ends here.
    ends: Vec<usize>,
    /// The entries with a slot for all segments that follow.
    rests: Vec<usize>,
}

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
    pub(super) fn find(&self, segments: &[Sign<'_>], found: &mut dyn FnMut(usize)) {
        self.find_from(0, segments, found);
    }

    /// Goes as deep as the longest pattern.
    fn find_from(&self, at: usize, segments: &[Sign<'_>], found: &mut dyn FnMut(usize)) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        let Some((segment, behind)) = segments.split_first() else {
            node.ends.iter().copied().for_each(found);
            return;
        };
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
        if let Some(next) = node.slot {
            self.find_from(next, behind, found);
        }
        node.rests.iter().copied().for_each(found);
    }
}
