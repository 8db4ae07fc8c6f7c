//! A target as one method's lines look at it: its segments and its query, with the kinds of words that may be in them.

use super::outcome::Outcome;
use crate::request::Target;
use crate::request::word_marks::{MarkedSegment, Marks, WordMarks};

/// A word that a line which is stricter than this outcome has.
pub(super) const fn landmark(outcome: Outcome) -> Marks {
    Marks::kind(match outcome {
        Outcome::Public => 0,
        Outcome::Read => 1,
        Outcome::Contribute => 2,
        Outcome::LfsBatch => 3,
        Outcome::Write => 4,
        Outcome::Refused => 5,
    })
}

/// A word of a line that names a repository.
pub(super) const REPOSITORY_LITERAL: Marks = Marks::kind(6);

/// The value of a condition with which some line is stricter than an unlisted request.
pub(super) const CONDITION_VALUE: Marks = Marks::kind(7);

/// A word by which a request may ask for another method or charset, or the name of such a method.
pub(super) const OVERRIDE: Marks = Marks::kind(8);

/// The name of a parameter that names a repository or whose it is.
pub(super) const REPOSITORY_NAME: Marks = Marks::kind(9);

/// The most segments that are kept in place. Longer paths are of large repositories.
pub(super) const FEW: usize = 12;

/// The segments of a path.
pub(super) struct MarkedSegments<'t> {
    few: [MarkedSegment<'t>; FEW],
    /// How many of these are used.
    count: usize,
    /// All segments, if they are not few.
    many: Vec<MarkedSegment<'t>>,
}

impl<'t> MarkedSegments<'t> {
    pub(super) fn of(mut marked: impl Iterator<Item = MarkedSegment<'t>>) -> Self {
        let mut all = Self {
            few: [MarkedSegment::default(); FEW],
            count: 0,
            many: Vec::new(),
        };
        for place in &mut all.few {
            let Some(segment) = marked.next() else {
                return all;
            };
            *place = segment;
            all.count += 1;
        }
        if let Some(next) = marked.next() {
            all.many.extend(all.few);
            all.many.push(next);
            all.many.extend(marked);
        }
        all
    }

    /// In order.
    pub(super) fn as_slice(&self) -> &[MarkedSegment<'t>] {
        if self.many.is_empty() {
            self.few.get(..self.count).unwrap_or_default()
        } else {
            &self.many
        }
    }
}

/// A target, with what its segments and its query may stand for.
pub(super) struct MarkedTarget<'t, 'raw> {
    pub(super) target: &'t Target<'raw>,
    marked: MarkedSegments<'t>,
    query: Marks,
}

impl<'t, 'raw> MarkedTarget<'t, 'raw> {
    pub(super) fn of(target: &'t Target<'raw>, words: &WordMarks) -> Self {
        // A server may find a query in the path, behind an encoded question mark.
        let query = if target.has_free_text() && target.segments().any(|segment| segment.contains('?')) {
            Marks::ALL
        } else {
            target
                .query()
                .map_or(Marks::default(), |query| words.marks_in_query(query))
        };
        Self {
            target,
            marked: MarkedSegments::of(target.segments().map(|segment| words.mark_segment(segment))),
            query,
        }
    }

    /// The segments, decoded.
    pub(super) fn segments(&self) -> &[MarkedSegment<'t>] {
        self.marked.as_slice()
    }

    /// Whether some segment may be or contain such a word.
    pub(super) fn may_have_in_path(&self, marks: Marks) -> bool {
        self.segments().iter().any(|segment| segment.marks.meet(marks))
    }

    /// Whether the query may contain such a word, or anything else than words.
    pub(super) fn may_have_in_query(&self, marks: Marks) -> bool {
        self.query.meet(marks)
    }

    /// Whether the query has names and values that are words, and nothing else: no path and no other spelling of anything.
    pub(super) fn has_a_plain_query(&self) -> bool {
        !self.query.are_all()
    }
}

#[cfg(test)]
mod tests {
    use super::MarkedTarget;
    use crate::request::word_marks::Marks;
    use crate::request::{Content, Method, Target};
    use crate::routes::RouteTable;

    /// The tables that requests are made of, and how each is read alone or joined with others.
    const TABLES: [(&str, &str); 5] = [
        ("hub", include_str!("hub.routes")),
        ("hub+oci", include_str!("oci.routes")),
        ("mlflow", include_str!("mlflow.routes")),
        ("npm", include_str!("npm.routes")),
        ("hub+pypi", include_str!("pypi.routes")),
    ];

    const TEXTS: [&str; 24] = [
        "acme",
        "main",
        "-",
        "refs%2Fpr%2F1",
        "commit%2Fmain",
        "xet_write_token",
        "xetWriteToken%3Bx",
        "@@refs",
        "refs.json",
        "a%3Fservice=git-receive-pack",
        "%EF%BD%92efs",
        "(S(x))",
        "_method",
        "delete",
        "X.HTTP.Method",
        "repo",
        "owner",
        "name%20HTTP",
        "c0",
        "ap",
        "@acme%2Fwidget",
        "+changelog",
        "scan;x",
        "a.b~c,d",
    ];

    const QUERIES: [&str; 18] = [
        "",
        "?x=1",
        "?service=git-receive-pack",
        "?Service.=x&y=git_receive_pack",
        "?create_pr=1",
        "?create-pr=1&recursive",
        "?_method=PUT",
        "?http,verb=x.merge~y",
        "?a:b=1",
        "?ie=utf7",
        "?repo~id=x",
        "?owner",
        "?path=/api/models/acme/widget/commit/main",
        "?p=api%2Fmodels%2Facme%2Fwidget%2Fcommit%2Fmain",
        "?scope=repository:a:push",
        "?write=1&rev=main",
        "?a=b;service=git-receive-pack",
        "?r=x/commit/main",
    ];

    impl MarkedTarget<'_, '_> {
        /// The same, if nothing were known of the words of path and query.
        fn without_marks(mut self) -> Self {
            for segment in self.marked.few.iter_mut().chain(&mut self.marked.many) {
                segment.marks = Marks::ALL;
            }
            self.query = Marks::ALL;
            self
        }
    }

    #[test]
    fn a_text_without_marks_leads_to_nothing_else() {
        // xorshift32: any sequence will do, and the same one each time.
        let mut state = 0x9e37_79b9_u32;
        let mut below = |limit: usize| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            usize::try_from(state).unwrap() % limit
        };
        let mut judged = 0;
        for (setting, text) in TABLES {
            let table = RouteTable::configured(setting).unwrap();
            let paths: Vec<&str> = text
                .lines()
                .filter_map(|line| {
                    line.split_whitespace()
                        .nth(2)
                        .filter(|path| path.starts_with('/'))
                })
                .collect();
            let literals: Vec<&str> = paths
                .iter()
                .flat_map(|path| path.split(['/', '|', '?']))
                .filter(|literal| !literal.is_empty() && !literal.starts_with('{'))
                .collect();
            for _ in 0..4_000 {
                let word = |below: &mut dyn FnMut(usize) -> usize| match below(3) {
                    0 => literals[below(literals.len())],
                    _ => TEXTS[below(TEXTS.len())],
                };
                let path = paths[below(paths.len())];
                let mut segments: Vec<&str> = path
                    .split(['/', '?'])
                    .filter(|piece| !piece.is_empty())
                    .map(|piece| match piece.strip_prefix('{') {
                        Some(_) => word(&mut below),
                        None => piece.split('|').next_back().unwrap_or_default(),
                    })
                    .collect();
                if below(2) == 0 && !segments.is_empty() {
                    let at = below(segments.len());
                    segments[at] = word(&mut below);
                }
                if below(4) == 0 {
                    segments.insert(below(segments.len() + 1), word(&mut below));
                }
                let raw = format!("/{}{}", segments.join("/"), QUERIES[below(QUERIES.len())]);
                let method = Method::ALL[below(Method::ALL.len())];
                let Ok(target) = Target::parse(&raw) else { continue };
                let lines = table.method(method);
                let with_marks = lines.mark(&target);
                let without = lines.mark(&target).without_marks();
                assert_eq!(
                    table.classify_marked(method, &with_marks),
                    table.classify_marked(method, &without),
                    "{setting} {method:?} {raw}"
                );
                assert_eq!(
                    table.resource_of_marked(method, &with_marks, Content::None),
                    table.resource_of_marked(method, &without, Content::None),
                    "{setting} {method:?} {raw}"
                );
                judged += 1;
            }
        }
        assert!(judged > 15_000, "{judged}");
    }
}
