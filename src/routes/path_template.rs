//! A path in the syntax of route tables, matched as it stands: nothing of it is spelled out, so that whoever writes one
//! causes no more work than its length. Knows nothing of classes.

use super::pattern::{PathEnd, Slot, is_literal, slot_name};
use crate::request::Target;

/// A path of literals, alternatives and slots, well-formed.
pub(crate) struct PathTemplate<'a> {
    /// The segments but a rest, in order.
    pieces: Vec<Piece<'a>>,
    /// What `{*slot}` at the end holds, where there is one.
    rest: Option<Slot>,
    end: PathEnd,
}

/// What one segment may be.
struct Piece<'a> {
    what: Choice<'a>,
    is_optional: bool,
}

enum Choice<'a> {
    /// One of the literals, with `|` between them.
    Literals(&'a str),
    Slot(Slot),
}

/// Places in a template that matching has reached, one bit each.
type Places = u128;

/// The most segments: there is one place more.
const MAXIMUM_PIECES: usize = 127;

impl<'a> PathTemplate<'a> {
    /// Reads a template; `None` where the text is none, or has more than [`MAXIMUM_PIECES`].
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let mut template = Self {
            pieces: Vec::new(),
            rest: None,
            end: PathEnd::Bare,
        };
        let mut pieces = path.strip_prefix('/')?.split('/').peekable();
        while let Some(piece) = pieces.next() {
            let is_last = pieces.peek().is_none();
            if is_last && let Some(end) = PathEnd::named(piece) {
                template.end = end;
            } else if is_last && let Some(name) = slot_name(piece, "{*") {
                template.rest = Some(Slot::named(name)?);
            } else {
                template.pieces.push(Piece::parse(piece)?);
            }
        }
        (template.pieces.len() <= MAXIMUM_PIECES).then_some(template)
    }

    /// Whether the target is spelled so: literals in their case, and a slash at the end alike.
    pub(crate) fn matches(&self, target: &Target<'_>) -> bool {
        let end = self.pieces.len();
        let count = target.segment_count();
        let mut reached = self.with_skipped(1);
        for (index, segment) in target.segments().enumerate() {
            if let Some(rest) = self.rest
                && is_reached(reached, end)
                && (index..count).all(|index| rest.is_free_text() || !target.is_free_text(index))
            {
                return true;
            }
            let mut next = 0;
            for (place, piece) in self.pieces.iter().enumerate() {
                if is_reached(reached, place) && piece.matches(segment, target.is_free_text(index)) {
                    next |= bit(place.saturating_add(1));
                }
            }
            reached = self.with_skipped(next);
        }
        self.rest.is_none() && is_reached(reached, end) && self.end.is_that_of(target)
    }

    /// These places, and those behind pieces that may be absent.
    fn with_skipped(&self, mut reached: Places) -> Places {
        for (place, piece) in self.pieces.iter().enumerate() {
            if piece.is_optional && is_reached(reached, place) {
                reached |= bit(place.saturating_add(1));
            }
        }
        reached
    }
}

fn bit(place: usize) -> Places {
    u32::try_from(place)
        .ok()
        .and_then(|place| Places::checked_shl(1, place))
        .unwrap_or_default()
}

fn is_reached(reached: Places, place: usize) -> bool {
    reached & bit(place) != 0
}

impl<'a> Piece<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (text, is_optional) = match text.strip_suffix('?') {
            Some(text) => (text, true),
            None => (text, false),
        };
        let what = match slot_name(text, "{") {
            Some(name) => Choice::Slot(Slot::named(name)?),
            None => text
                .split('|')
                .all(is_literal)
                .then_some(Choice::Literals(text))?,
        };
        Some(Self { what, is_optional })
    }

    fn matches(&self, segment: &str, is_free_text: bool) -> bool {
        match self.what {
            Choice::Literals(literals) => {
                !is_free_text && literals.split('|').any(|literal| literal == segment)
            }
            Choice::Slot(slot) => slot.is_free_text() || !is_free_text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PathTemplate;
    use crate::request::Target;
    use crate::routes::pattern::Pattern;

    #[test]
    fn matches_what_the_table_would_in_that_spelling() {
        let paths = [
            "/",
            "/a",
            "/a/",
            "/a/b",
            "/a/b/c",
            "/b/x",
            "/A/b",
            "/x/y/z/w",
            "/a/b%2Fc",
            "/x/y%2Fz/w",
            "/a/x;y",
            "/b",
            "/x/a/b",
            "/x/",
        ];
        for template in [
            "/",
            "/a",
            "/a/",
            "/a|b",
            "/a|b?/{x}",
            "/a?/b?/c?",
            "/{x}/{rev}",
            "/{x}?/{rev}?/{*file}",
            "/a/{*path}",
            "/{*rest}",
            "/x?/a/b/",
            "/a/?",
            "/{x}/{rev}/?",
        ] {
            let patterns = Pattern::expand(template).unwrap();
            let parsed = PathTemplate::parse(template).unwrap();
            for path in paths {
                let target = Target::parse(path).unwrap();
                let expected = patterns.iter().any(|pattern| {
                    pattern.matches(&target)
                        && pattern.is_spelled_by(&target)
                        && pattern.holds_free_text_of(&target)
                });
                assert_eq!(parsed.matches(&target), expected, "{template} {path}");
            }
        }
    }

    #[test]
    fn costs_no_more_than_its_length() {
        let long = "/a|b?".repeat(50);
        let template = PathTemplate::parse(&long).unwrap();
        let target = |text: &str| Target::parse(text).unwrap().canonical().to_owned();
        for (path, expected) in [
            ("/a".repeat(50), true),
            ("/b".repeat(51), false),
            ("/c".repeat(50), false),
        ] {
            let path = target(&path);
            assert_eq!(template.matches(&Target::parse(&path).unwrap()), expected);
        }
        assert!(PathTemplate::parse(&"/a".repeat(200)).is_none());
    }
}
