//! A second interpretation of route tables, by brute force and only from the rules at the head of `hub.routes`: it tries
//! every line, drops those that cover another line that matches, and takes the strictest of the rest. Then it looks for
//! stricter lines behind a prefix, beside an extension, and in the query.

use std::collections::{BTreeMap, BTreeSet};

use lychgate::request::{Method, Target};
use lychgate::routes::{self, Access};

/// A table's lines, with all alternatives of their patterns written out.
pub(crate) struct Oracle {
    patterns: Vec<Pattern>,
    kinds: Vec<String>,
    /// Every literal once, with its letters and digits.
    literals: Vec<(String, Vec<u8>)>,
    /// Their places by those letters.
    by_letters: BTreeMap<Vec<u8>, Vec<usize>>,
    /// The lines of each path, by their places among the patterns.
    paths: Vec<Vec<usize>>,
    /// The letters of each path's parameter, if its lines have one.
    parameters: Vec<Option<Vec<u8>>>,
    /// The places of each method's patterns.
    by_method: BTreeMap<&'static str, Vec<usize>>,
}

struct Pattern {
    method: Method,
    pieces: Vec<Piece>,
    /// The name of `{*slot}` at the end of the pattern.
    rest: Option<String>,
    /// Whether there is a slash at the end; none where either will do.
    trailing_slash: Option<bool>,
    class: Class,
    condition: Option<(String, String)>,
    /// A condition on a slot: its name, and the text that it must hold.
    slot: Option<(String, String)>,
    /// Of each piece, its place among the literals if it is one.
    words: Vec<Option<usize>>,
    /// The place of its path among the paths.
    path: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Literal(String),
    Slot(String),
}

/// A repository: its kind, its namespace where it has one, and its name.
pub(crate) type Named = (String, Option<String>, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Public,
    Read,
    Contribute,
    LfsBatch,
    Write,
    Refused,
}

/// What the table under test says, in the oracle's terms.
impl From<routes::Class<'_>> for Class {
    fn from(class: routes::Class<'_>) -> Self {
        match class {
            routes::Class::Known(access) | routes::Class::UnlessNamed { access, .. } => match access {
                Access::Public => Self::Public,
                Access::Read => Self::Read,
                Access::Contribute => Self::Contribute,
                Access::Write => Self::Write,
            },
            routes::Class::LfsBatch => Self::LfsBatch,
        }
    }
}

/// The possible results. If lines of one rank have different names for a slot, there is more than one.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) class: Class,
    /// The strictest of the lines that no other line outranks. `classify` must consider at least these.
    pub(crate) at_most: Class,
    pub(crate) namespaces: BTreeSet<Option<String>>,
    /// Whether one of the strictest lines names a namespace, which the membership then applies to.
    pub(crate) must_name_one: bool,
    /// Whether lines that may write name different namespaces, so no single membership covers the request.
    pub(crate) may_be_contested: bool,
    pub(crate) may_be_ambiguous: bool,
    pub(crate) must_be_ambiguous: bool,
}

/// A request of a test. Its query is one of a few that this module reads by comparing texts.
pub(crate) struct Asked<'a> {
    pub(crate) method: Method,
    pub(crate) target: &'a Target<'a>,
    /// The one parameter that might determine the class, and its value.
    pub(crate) parameter: Option<(&'a str, &'a str)>,
}

/// A text without what ASP.NET takes for a session, such as `(S(x))` or `(S(x)F(y))`, however often it stands there.
fn without_sessions(text: &str) -> String {
    let end_of_one = |start: usize| {
        let mut rest = text.get(start..)?.strip_prefix('(')?;
        let mut tickets = 0;
        while !rest.starts_with(')') || tickets == 0 {
            let inner = rest.strip_prefix(|letter: char| letter.is_ascii_alphabetic())?;
            rest = inner.strip_prefix('(')?.split_once(')')?.1;
            tickets += 1;
        }
        Some(text.len() - rest.len() + 1)
    };
    let found = (0..text.len()).find_map(|start| Some((start, end_of_one(start)?)));
    match found {
        Some((start, end)) => without_sessions(&format!("{}{}", &text[..start], &text[end..])),
        None => text.to_owned(),
    }
}

impl Oracle {
    pub(crate) fn read(text: &str) -> Self {
        let (mut patterns, mut kinds) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
            if let ["kinds", names] = words.as_slice() {
                kinds.extend(names.split(',').map(str::to_owned));
            }
            // The fields to forward, and what requests are for, do not affect the class.
            if matches!(words.first(), Some(&("header" | "kind" | "kinds" | "area"))) {
                continue;
            }
            let [class, methods, path, condition @ ..] = words.as_slice() else {
                assert!(words.is_empty(), "{line}");
                continue;
            };
            let split = |text: &str, start| {
                let (name, value) = text.strip_prefix(start)?.split_once('=').unwrap();
                Some((name.to_owned(), value.to_owned()))
            };
            let first = condition.first().copied().unwrap_or_default();
            let (condition, slot) = (split(first, '?'), split(first, '{'));
            for method in methods.split(',') {
                for (pieces, rest, trailing_slash) in spell_out(path) {
                    patterns.push(Pattern {
                        method: method.parse().unwrap(),
                        pieces,
                        rest,
                        trailing_slash,
                        class: Class::named(class),
                        condition: condition.clone(),
                        slot: slot.clone(),
                        words: Vec::new(),
                        path: 0,
                    });
                }
            }
        }
        let mut literals: Vec<(String, Vec<u8>)> = Vec::new();
        let mut paths: Vec<Vec<usize>> = Vec::new();
        let mut known = BTreeMap::new();
        for (place, pattern) in patterns.iter_mut().enumerate() {
            pattern.words = pattern
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Slot(_) => None,
                    Piece::Literal(literal) => {
                        let held = literals.iter().position(|(held, _)| held == literal);
                        Some(held.unwrap_or_else(|| {
                            literals.push((literal.clone(), letters(literal)));
                            literals.len() - 1
                        }))
                    }
                })
                .collect();
            // Patterns that cover each other have one of these.
            let shape: Vec<Option<String>> = pattern
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Slot(_) => None,
                    Piece::Literal(literal) => Some(literal.to_ascii_lowercase()),
                })
                .collect();
            let method = pattern.method.name();
            pattern.path = *known
                .entry((method, shape, pattern.rest.is_some()))
                .or_insert_with(|| {
                    paths.push(Vec::new());
                    paths.len() - 1
                });
            paths[pattern.path].push(place);
        }
        let mut by_letters: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        for (place, (_, letters)) in literals.iter().enumerate() {
            by_letters.entry(letters.clone()).or_default().push(place);
        }
        let parameters = paths
            .iter()
            .map(|places| {
                let mut conditions = places
                    .iter()
                    .filter_map(|place| patterns[*place].condition.as_ref());
                conditions.next().map(|(name, _)| letters(name))
            })
            .collect();
        let mut by_method: BTreeMap<&'static str, Vec<usize>> = Method::ALL
            .into_iter()
            .map(|method| (method.name(), Vec::new()))
            .collect();
        for (place, pattern) in patterns.iter().enumerate() {
            by_method.get_mut(pattern.method.name()).unwrap().push(place);
        }
        Self {
            patterns,
            kinds,
            literals,
            by_letters,
            paths,
            parameters,
            by_method,
        }
    }

    /// All lines of a pattern's path.
    fn lines_of(&self, pattern: &Pattern) -> impl Iterator<Item = &Pattern> {
        self.paths[pattern.path]
            .iter()
            .map(|place| &self.patterns[*place])
    }

    /// Each line of a method whose path a server may find from a segment on, in another spelling or with something beside its words,
    /// and that segment. `true` if the name of its parameter comes behind its path, in which case it may be as strict as any line
    /// of the path.
    fn found_loosely<'a>(&'a self, method: Method, segments: &[&str]) -> Vec<(&'a Pattern, usize, bool)> {
        let spellings: Vec<Vec<Vec<u8>>> = segments
            .iter()
            .map(|text| [*text].into_iter().chain(pieces_of(text)).map(letters).collect())
            .collect();
        // Of each literal, whether each segment holds it.
        let mut holds = vec![vec![false; segments.len()]; self.literals.len()];
        for (at, (text, spellings)) in segments.iter().zip(&spellings).enumerate() {
            let by_letters = spellings
                .iter()
                .filter_map(|spelling| self.by_letters.get(spelling));
            for literal in by_letters.flatten() {
                let (literal_text, wanted) = &self.literals[*literal];
                let is_text = || text == literal_text || pieces_of(text).any(|piece| piece == literal_text);
                holds[*literal][at] |= !wanted.is_empty() || is_text();
            }
        }
        let mut found = Vec::new();
        for place in &self.by_method[method.name()] {
            let one = &self.patterns[*place];
            let Some(longest) = segments.len().checked_sub(one.pieces.len()) else {
                continue;
            };
            let name = one
                .rest
                .is_none()
                .then(|| self.parameters[one.path].as_ref())
                .flatten();
            let starts = match (&one.rest, name) {
                (Some(_), _) => 0..longest,
                (None, None) => longest..longest + 1,
                (None, Some(_)) => 0..longest + 1,
            };
            for start in starts {
                let mut words = one.words.iter().enumerate();
                if !words.all(|(at, word)| word.is_none_or(|word| holds[word][start + at])) {
                    continue;
                }
                if one.rest.is_some() || start == longest {
                    found.push((one, start, false));
                } else if let Some(name) = name
                    && spellings[start + one.pieces.len()..]
                        .iter()
                        .flatten()
                        .any(|text| text == name)
                {
                    found.push((one, start, true));
                }
            }
        }
        found
    }

    /// What repositories the lines name that may be meant: kind, namespace and name; `None` for a line that names none.
    #[allow(dead_code, reason = "the fuzz targets ask for classes alone")]
    pub(crate) fn repositories(&self, method: Method, target: &Target<'_>) -> BTreeSet<Option<Named>> {
        let segments: Vec<&str> = target.segments().collect();
        let cut: Vec<&str> = segments
            .iter()
            .flat_map(|segment| segment.split('/'))
            .map(|piece| piece.split(';').next().unwrap())
            .collect();
        let mut named = BTreeSet::new();
        for segments in [segments, cut] {
            let matching = self.matching(method, &segments);
            named.extend(
                matching
                    .iter()
                    .filter(|one| {
                        !matching
                            .iter()
                            .any(|other| other.outranks(one) && !one.outranks(other))
                    })
                    .map(|one| one.repository(&segments, &self.kinds)),
            );
        }
        named
    }

    /// Whether some line looks for a parameter whose spelling almost equals this one.
    #[allow(dead_code, reason = "only the fuzz targets make tables of their own")]
    pub(crate) fn has_alike(&self, parameter: &str) -> bool {
        let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '.'], "_");
        self.patterns
            .iter()
            .filter_map(|pattern| pattern.condition.as_ref())
            .any(|(name, _)| name != parameter && plain(name) == plain(parameter))
    }

    /// The parts of every pattern, for making requests from them.
    pub(crate) fn shapes(&self) -> Vec<(Method, Vec<Piece>, bool)> {
        self.patterns
            .iter()
            .map(|pattern| (pattern.method, pattern.pieces.clone(), pattern.rest.is_some()))
            .collect()
    }

    pub(crate) fn classify(&self, asked: &Asked<'_>) -> Expected {
        let segments: Vec<&str> = asked.target.segments().collect();
        let matching = self.matching(asked.method, &segments);
        let loosely = self.found_loosely(as_get(asked.method), &segments);
        let best: Vec<&Pattern> = matching
            .iter()
            .filter(|one| {
                !matching
                    .iter()
                    .any(|other| other.outranks(one) && !one.covers_both_ways(other))
            })
            .copied()
            .collect();
        let class = self.strictest(&best, asked, &segments);
        let not_outranked: Vec<&Pattern> = matching
            .iter()
            .filter(|one| best.iter().any(|other| !other.outranks(one)))
            .chain(&best)
            .copied()
            .collect();
        let at_most = self.strictest(&not_outranked, asked, &segments);
        let namespaces = |patterns: &[&Pattern]| -> BTreeSet<Option<String>> {
            patterns
                .iter()
                .filter(|one| self.class_of(one, asked, &segments) == class)
                .map(|one| one.namespace(&segments))
                .collect()
        };
        // To name no namespace is to name another one.
        let mut may_write: BTreeSet<Option<String>> = not_outranked
            .iter()
            .filter(|one| self.may_write(one, asked, &segments))
            .map(|one| one.namespace(&segments))
            .collect();
        if class >= Class::LfsBatch {
            may_write.extend(self.written_elsewhere(asked, &segments, &matching, &loosely));
        }
        let must_name_one = namespaces(&best).iter().any(Option::is_some);
        let mut namespaces = namespaces(&not_outranked);
        // A write that follows only from a contribution and a batch names no namespace.
        if !must_name_one && !namespaces.is_empty() {
            namespaces.insert(None);
        }
        if namespaces.contains(&None) {
            namespaces.extend(not_outranked.iter().map(|one| one.namespace(&segments)));
        }
        let elsewhere = self.elsewhere(asked, &segments, &matching, &matching, &loosely, class);
        // Where several lines match, `classify` may leave some of them out of account.
        let at_most_elsewhere = if matching.len() > 1 {
            best.iter().fold(
                self.elsewhere(asked, &segments, &best, &matching, &loosely, at_most),
                |most, one| most.max(self.elsewhere(asked, &segments, &[*one], &matching, &loosely, at_most)),
            )
        } else {
            elsewhere
        };
        let must_name_one = must_name_one && elsewhere == class;
        if elsewhere != class {
            namespaces.clear();
        }
        let class = elsewhere;
        let at_most = at_most_elsewhere.max(at_most);
        let (may_hold, must_hold) = self.ambiguity(asked, &best, &matching, class);
        Expected {
            class,
            at_most,
            namespaces,
            must_name_one,
            may_be_contested: may_write.len() > 1,
            may_be_ambiguous: may_hold,
            must_be_ambiguous: must_hold,
        }
    }

    /// Whether the lines of a path may write, if only for what a body says.
    fn may_write(&self, pattern: &Pattern, asked: &Asked<'_>, segments: &[&str]) -> bool {
        let class = self.class_of(pattern, asked, segments);
        class >= Class::LfsBatch || self.lines_of(pattern).any(|one| one.class > class)
    }

    /// The namespaces that writing lines name which a server finds behind the beginning of a path, or in another spelling.
    fn written_elsewhere(
        &self,
        asked: &Asked<'_>,
        segments: &[&str],
        covering: &[&Pattern],
        loosely: &[(&Pattern, usize, bool)],
    ) -> BTreeSet<Option<String>> {
        let method = as_get(asked.method);
        let mut found = BTreeSet::new();
        for (one, start, by_name) in loosely {
            let tail = &segments[*start..];
            let is_beside = *start == 0
                || covering
                    .iter()
                    .any(|other| one.has_literal_in_slot_of(*start, other, true));
            let read = self.read_loosely(one, asked, tail, *by_name, method);
            if is_beside && read >= Class::LfsBatch {
                found.insert(one.namespace(tail).filter(|_| !by_name));
            }
        }
        found
    }

    /// What a line says that is found in another place or spelling.
    fn read_loosely(
        &self,
        one: &Pattern,
        asked: &Asked<'_>,
        tail: &[&str],
        by_name: bool,
        method: Method,
    ) -> Class {
        if by_name {
            return self.lines_of(one).map(|line| line.class).max().unwrap();
        }
        self.lines_say(one, asked, tail)
            .unwrap_or(Class::unlisted(method))
    }

    /// The class of the request if a server finds a stricter line in it.
    fn elsewhere(
        &self,
        asked: &Asked<'_>,
        segments: &[&str],
        covering: &[&Pattern],
        matching: &[&Pattern],
        loosely: &[(&Pattern, usize, bool)],
        class: Class,
    ) -> Class {
        let method = as_get(asked.method);
        let mut found = vec![class];
        // The words of a condition, on any path.
        if let Some((name, value)) = asked.parameter {
            let of_parameter = self
                .patterns
                .iter()
                .filter(|one| one.condition == Some((name.to_owned(), value.to_owned())));
            let stricter = of_parameter.filter(|one| one.class > Class::unlisted(one.method));
            found.extend(stricter.map(|one| one.class));
        }
        for (one, start, by_name) in loosely {
            let start = *start;
            if one.words.iter().all(Option::is_none) {
                continue;
            }
            let is_itself = start == 0 && one.matches(segments);
            // Free text may contain the path of any line.
            let is_beside = || {
                start == 0
                    || matching.is_empty()
                    || covering
                        .iter()
                        .all(|other| one.has_literal_in_slot_of(start, other, false))
            };
            if !is_itself && is_beside() {
                let read = self.read_loosely(one, asked, &segments[start..], *by_name, method);
                if read > class || (class == Class::LfsBatch && read == Class::Contribute) {
                    found.push(read);
                }
            }
        }
        match found.iter().max() {
            Some(Class::LfsBatch) if found.contains(&Class::Contribute) => Class::Write,
            Some(class) => *class,
            None => class,
        }
    }

    fn strictest(&self, patterns: &[&Pattern], asked: &Asked<'_>, segments: &[&str]) -> Class {
        let classes: Vec<Class> = patterns
            .iter()
            .map(|one| self.class_of(one, asked, segments))
            .collect();
        match classes.iter().max() {
            // A batch may turn out to be a read. Combined with a contribution, it counts as a class stricter than both.
            Some(Class::LfsBatch) if classes.contains(&Class::Contribute) => Class::Write,
            Some(class) => *class,
            None => Class::unlisted(asked.method),
        }
    }

    /// Free text where no slot declares it, or text that a stricter line would match if its encoded slashes and semicolons
    /// were real ones. Returns whether the request may be refused for that, and whether it must be.
    fn ambiguity(
        &self,
        asked: &Asked<'_>,
        best: &[&Pattern],
        matching: &[&Pattern],
        class: Class,
    ) -> (bool, bool) {
        let target = asked.target;
        let free: Vec<usize> = (0..target.segment_count())
            .filter(|index| target.is_free_text(*index))
            .collect();
        if free.is_empty() {
            return (false, false);
        }
        let holds: Vec<bool> = if best.is_empty() {
            let segments: Vec<&str> = target.segments().collect();
            let mut holds: Vec<bool> = Method::ALL
                .into_iter()
                .flat_map(|method| self.matching(method, &segments))
                .map(|one| one.holds(&free))
                .collect();
            holds.dedup();
            holds
        } else {
            best.iter().map(|one| one.holds(&free)).collect()
        };
        let texts: Vec<String> = target.segments().map(without_sessions).collect();
        let texts = texts.iter().filter(|text| !text.is_empty());
        let pieces: Vec<&str> = texts.flat_map(|text| text.split('/')).collect();
        let bare = |piece: &str, ends: &[char]| piece.split(ends).next().unwrap().to_owned();
        let cut: Vec<String> = pieces.iter().map(|piece| bare(piece, &[';'])).collect();
        // Some servers cut the whole path there, and some where a query or the end of a request line is once it is decoded.
        let until = |ends: &[char]| -> Vec<String> {
            let whole = pieces.iter().take_while(|piece| !piece.contains(ends)).count();
            let all_ends = [ends, &[';']].concat();
            let kept = pieces.iter().take(whole + 1);
            kept.map(|piece| bare(piece, &all_ends)).collect()
        };
        let splittings = [cut, until(&[';']), until(&['?', '#', ' '])];
        let splittings: Vec<Vec<&str>> = splittings
            .iter()
            .map(|splitting| splitting.iter().map(String::as_str).collect())
            .collect();
        let stricter: Vec<&Pattern> = splittings
            .iter()
            .flat_map(|segments| self.matching(asked.method, segments))
            .filter(|one| one.class > class || (class == Class::LfsBatch && one.class == Class::Contribute))
            .collect();
        let may = stricter
            .iter()
            .any(|one| matching.is_empty() || matching.iter().any(|other| !other.outranks(one)));
        let must = stricter
            .iter()
            .any(|one| matching.iter().all(|other| !other.outranks(one)));
        let must = must || !holds.contains(&true);
        (must || may || holds.contains(&false), must)
    }

    fn matching(&self, method: Method, segments: &[&str]) -> Vec<&Pattern> {
        let places = &self.by_method[as_get(method).name()];
        let patterns = places.iter().map(|place| &self.patterns[*place]);
        patterns.filter(|one| one.matches(segments)).collect()
    }

    /// The class that all lines of one path give together for query and slots; `None` if none of them applies.
    fn lines_say(&self, pattern: &Pattern, asked: &Asked<'_>, segments: &[&str]) -> Option<Class> {
        let lines: Vec<&Pattern> = self.lines_of(pattern).collect();
        let name = lines
            .iter()
            .find_map(|line| line.condition.as_ref().map(|(name, _)| name.as_str()));
        let value = asked
            .parameter
            .filter(|(parameter, _)| Some(*parameter) == name)
            .map(|(_, value)| value);
        let with = |wanted: Option<&str>| {
            lines
                .iter()
                .filter(|line| line.slot.is_none())
                .find(|line| line.condition.as_ref().map(|(_, value)| value.as_str()) == wanted)
                .map(|line| line.class)
        };
        let by_slot = lines.iter().find(|line| line.slot_holds(segments));
        match value {
            None => by_slot.map(|line| line.class).or_else(|| with(None)),
            Some(value) => with(Some(value))
                .or_else(|| with(Some("*")))
                .or_else(|| lines.iter().map(|line| line.class).max()),
        }
    }

    fn class_of(&self, pattern: &Pattern, asked: &Asked<'_>, segments: &[&str]) -> Class {
        let unlisted = Class::unlisted(asked.method);
        let listed = self.lines_say(pattern, asked, segments).unwrap_or(unlisted);
        if pattern.is_spelled_by(segments, asked.target.has_trailing_slash()) {
            listed
        } else {
            listed.max(unlisted)
        }
    }
}

impl Pattern {
    fn matches(&self, segments: &[&str]) -> bool {
        let length_fits = match self.rest {
            Some(_) => segments.len() > self.pieces.len(),
            None => segments.len() == self.pieces.len(),
        };
        length_fits
            && self.pieces.iter().zip(segments).all(|(piece, text)| match piece {
                Piece::Literal(literal) => literal.eq_ignore_ascii_case(text),
                Piece::Slot(_) => true,
            })
    }

    /// Whether it has a condition on a slot, and the slot says what it must, piece by piece.
    fn slot_holds(&self, segments: &[&str]) -> bool {
        let Some((slot, template)) = &self.slot else {
            return false;
        };
        let named = Piece::Slot(slot.trim_end_matches('}').to_owned());
        let index = self
            .pieces
            .iter()
            .position(|piece| *piece == named)
            .unwrap_or(self.pieces.len());
        if segments.len() != self.pieces.len() + usize::from(self.rest.is_some()) {
            return false;
        }
        let text: Vec<&str> = segments[index].split('/').collect();
        let wanted: Vec<&str> = template.split('/').collect();
        text.len() == wanted.len()
            && text.iter().zip(wanted).all(|(text, wanted)| match wanted {
                "{number}" => {
                    (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
                }
                wanted => *text == wanted,
            })
    }

    fn is_spelled_by(&self, segments: &[&str], trailing_slash: bool) -> bool {
        let literals = self.pieces.iter().zip(segments).all(|(piece, text)| match piece {
            Piece::Literal(literal) => literal == text,
            Piece::Slot(_) => true,
        });
        literals && (self.rest.is_some() || self.trailing_slash.is_none_or(|own| own == trailing_slash))
    }

    /// Whether this pattern matches everything that the other matches.
    fn covers(&self, other: &Self) -> bool {
        let lengths = match (&self.rest, &other.rest) {
            (None, None) => self.pieces.len() == other.pieces.len(),
            (None, Some(_)) => false,
            (Some(_), None) => other.pieces.len() > self.pieces.len(),
            (Some(_), Some(_)) => other.pieces.len() >= self.pieces.len(),
        };
        lengths
            && self.pieces.iter().zip(&other.pieces).all(|pair| match pair {
                (Piece::Slot(_), _) => true,
                (Piece::Literal(mine), Piece::Literal(theirs)) => mine.eq_ignore_ascii_case(theirs),
                (Piece::Literal(_), Piece::Slot(_)) => false,
            })
    }

    fn covers_both_ways(&self, other: &Self) -> bool {
        self.covers(other) && other.covers(self)
    }

    /// Whether this line's interpretation wins over the other's. It does not if the other sees a namespace in one of its slots.
    fn outranks(&self, other: &Self) -> bool {
        let is_namespace = |piece: &Piece| *piece == Piece::Slot("namespace".to_owned());
        let hides = match other.pieces.iter().position(is_namespace) {
            Some(_) if self.pieces.iter().any(is_namespace) => false,
            Some(at) => !matches!(self.pieces.get(at), Some(Piece::Literal(_))),
            None => false,
        };
        other.covers(self) && !hides
    }

    /// Whether one of its literals, from a segment on, is where the other has a slot, for free text only where that counts.
    fn has_literal_in_slot_of(&self, start: usize, other: &Self, in_free_text: bool) -> bool {
        let is_free =
            |name: &str| !in_free_text && matches!(name, "rev" | "branch" | "tag" | "path" | "range");
        self.pieces.iter().enumerate().any(|(index, piece)| {
            matches!(piece, Piece::Literal(_))
                && match other.pieces.get(start + index) {
                    Some(Piece::Literal(_)) => false,
                    Some(Piece::Slot(name)) => !is_free(name),
                    None => other.rest.as_deref().is_some_and(|rest| !is_free(rest)),
                }
        })
    }

    fn holds(&self, free: &[usize]) -> bool {
        let is_free = |name: &str| matches!(name, "rev" | "branch" | "tag" | "path" | "range");
        free.iter().all(|index| match self.pieces.get(*index) {
            Some(Piece::Literal(_)) => false,
            Some(Piece::Slot(name)) => is_free(name),
            None => self.rest.as_deref().is_some_and(is_free),
        })
    }

    fn repository(&self, segments: &[&str], kinds: &[String]) -> Option<Named> {
        let position = |name: &str| {
            let slot = Piece::Slot(name.to_owned());
            self.pieces.iter().position(|piece| *piece == slot)
        };
        let name = position("repo")?;
        let before = position("namespace").unwrap_or(name).min(name).checked_sub(1);
        let kind = match before.map(|at| &self.pieces[at]) {
            Some(Piece::Literal(literal)) if kinds.contains(literal) => literal,
            _ => "models",
        };
        let text = segments[name];
        Some((
            kind.to_owned(),
            self.namespace(segments),
            text.strip_suffix(".git").unwrap_or(text).to_owned(),
        ))
    }

    fn namespace(&self, segments: &[&str]) -> Option<String> {
        let is_namespace = |piece: &Piece| *piece == Piece::Slot("namespace".to_owned());
        let index = self.pieces.iter().position(is_namespace)?;
        segments.get(index).map(|text| (*text).to_owned())
    }
}

impl Class {
    fn named(word: &str) -> Self {
        match word {
            "public" => Self::Public,
            "read" => Self::Read,
            "contribute" => Self::Contribute,
            "lfs-batch" => Self::LfsBatch,
            "write" => Self::Write,
            "refused" => Self::Refused,
            _ => panic!("{word} is not a class"),
        }
    }

    fn unlisted(method: Method) -> Self {
        match method {
            Method::Get | Method::Head => Self::Read,
            Method::Options => Self::Public,
            Method::Post | Method::Put | Method::Patch | Method::Delete => Self::Write,
        }
    }
}

/// The runs of letters, digits, `-` and `_` in a text.
fn pieces_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
}

/// The letters and digits of a text, in lower case.
fn letters(text: &str) -> Vec<u8> {
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

fn as_get(method: Method) -> Method {
    if method == Method::Head {
        Method::Get
    } else {
        method
    }
}

/// Expands `/a|b?/{c}` and the like: each choice of alternatives, with and without the optional parts.
fn spell_out(path: &str) -> Vec<(Vec<Piece>, Option<String>, Option<bool>)> {
    let mut found = vec![(Vec::new(), None, Some(false))];
    for word in path.strip_prefix('/').unwrap().split('/') {
        if word == "?" {
            found
                .iter_mut()
                .for_each(|(_, _, trailing_slash)| *trailing_slash = None);
            break;
        }
        let (word, optional) = word.strip_suffix('?').map_or((word, false), |word| (word, true));
        let absent = if optional { found.clone() } else { Vec::new() };
        let name = |start: &str| word.strip_prefix(start).and_then(|rest| rest.strip_suffix('}'));
        if word.is_empty() {
            found
                .iter_mut()
                .for_each(|(_, _, trailing_slash)| *trailing_slash = Some(true));
        } else if let Some(name) = name("{*") {
            found
                .iter_mut()
                .for_each(|(_, rest, _)| *rest = Some(name.to_owned()));
        } else if let Some((slot, most)) = word.split_once("}{1,") {
            let piece = Piece::Slot(slot[1..].to_owned());
            let most: usize = most.strip_suffix('}').unwrap().parse().unwrap();
            found = (1..=most)
                .flat_map(|times| {
                    let repeated = |(pieces, rest, slash): &(Vec<Piece>, _, _)| {
                        let longer = pieces.iter().cloned().chain(vec![piece.clone(); times]).collect();
                        (longer, Clone::clone(rest), *slash)
                    };
                    found.iter().map(repeated).collect::<Vec<_>>()
                })
                .collect();
        } else {
            let choices: Vec<Piece> = match name("{") {
                Some(name) => vec![Piece::Slot(name.to_owned())],
                None => word
                    .split('|')
                    .map(|literal| Piece::Literal(literal.to_owned()))
                    .collect(),
            };
            found = found
                .iter()
                .flat_map(|(pieces, rest, slash)| {
                    choices.iter().map(move |choice| {
                        let longer = pieces.iter().chain([choice]).cloned().collect();
                        (longer, rest.clone(), *slash)
                    })
                })
                .collect();
        }
        found.extend(absent);
    }
    found
}
