//! Properties of classes: they equal those of a brute-force interpretation of the table, and no other spelling lowers them.

use std::sync::LazyLock;

use lychgate::request::{Content, Method, Target};
use lychgate::routes::{Access, Class, RouteError, RouteTable};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::config;
use crate::oracle::{self, Asked, Oracle, Piece};

const HUB: &str = include_str!("../../src/routes/hub.routes");

static TABLE: LazyLock<RouteTable> = LazyLock::new(RouteTable::shipped);
static ORACLE: LazyLock<Oracle> = LazyLock::new(|| Oracle::read(HUB));
static SHAPES: LazyLock<Vec<(Method, Vec<Piece>, bool)>> = LazyLock::new(|| ORACLE.shapes());
/// Words that may fill a slot: names, every literal of the table, and texts that are for free text only.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words: Vec<String> = SHAPES
        .iter()
        .flat_map(|(_, pieces, _)| pieces)
        .filter_map(|piece| match piece {
            Piece::Literal(literal) => Some(literal.clone()),
            Piece::Slot(_) => None,
        })
        .collect();
    words.sort_unstable();
    words.dedup();
    let names = [
        "acme",
        "gpt2",
        "main",
        "17",
        "widget.git",
        "a-b",
        "-",
        "refs%2Fpr%2F1",
        "refs%2Fpr%2Fmain",
        "commit%2Fmain",
    ];
    let more = [
        "xet-write-token%2Fmain",
        "info%2Frefs",
        "scan;x",
        "xet-write-token%3Bx",
        "100%25",
        "x%2Fy;z",
    ];
    words.extend(names.into_iter().chain(more).map(str::to_owned));
    words
});

/// The queries that the oracle can read, and the one parameter in each that might determine the class.
const QUERIES: [(&str, Option<(&str, &str)>); 9] = [
    ("", None),
    ("?x=1", None),
    ("?service=git-upload-pack", Some(("service", "git-upload-pack"))),
    ("?service=git-receive-pack", Some(("service", "git-receive-pack"))),
    ("?service=x", Some(("service", "x"))),
    ("?create_pr=1", Some(("create_pr", "1"))),
    ("?x&create_pr=1&y", Some(("create_pr", "1"))),
    ("?create_pr=0", Some(("create_pr", "0"))),
    ("?_method=PUT", None),
];

#[derive(Clone, Debug)]
struct Made {
    method: Method,
    path: String,
    query: usize,
}

impl Made {
    fn raw(&self) -> String {
        format!("{}{}", self.path, QUERIES[self.query].0)
    }
}

/// Requests that match a line of the table or almost match one.
fn near_a_line() -> impl Strategy<Value = Made> {
    let changes = (0..12_u8, any::<Index>(), any::<Index>());
    let fill = prop::collection::vec(any::<Index>(), 9);
    let any_method = prop_oneof![3 => Just(None), 1 => select(Method::ALL.to_vec()).prop_map(Some)];
    let query = prop_oneof![2 => Just(0), 3 => 0..QUERIES.len()];
    (any::<Index>(), fill, changes, any::<bool>(), any_method, query).prop_map(
        |(shape, fill, (change, at, word), slash, other_method, query)| {
            let (method, pieces, has_rest) = &SHAPES[shape.index(SHAPES.len())];
            let word_at = |index: &Index| WORDS[index.index(WORDS.len())].clone();
            let mut path: Vec<String> = pieces
                .iter()
                .zip(&fill)
                .map(|(piece, index)| match piece {
                    Piece::Literal(literal) => literal.clone(),
                    Piece::Slot(_) => word_at(index),
                })
                .collect();
            if *has_rest {
                path.extend(fill.iter().skip(7).map(word_at));
            }
            let at = at.index(path.len());
            match change {
                0 => path[at] = path[at].to_ascii_uppercase(),
                1 => path[at] = word_at(&word),
                2 => path.insert(at, word_at(&word)),
                3 => drop(path.remove(at)),
                _ => {}
            }
            let slash = if slash && change % 2 == 0 && !path.is_empty() {
                "/"
            } else {
                ""
            };
            Made {
                method: other_method.unwrap_or(*method),
                path: format!("/{}{slash}", path.join("/")),
                query,
            }
        },
    )
}

/// Whether the table's result equals the brute-force result. If `exact` is not set, the table may be stricter, because it also
/// considers lines that another line outranks.
fn agrees(table: &RouteTable, oracle: &Oracle, made: &Made, exact: bool) -> Result<(), TestCaseError> {
    let raw = made.raw();
    let target = Target::parse(&raw).map_err(|error| TestCaseError::reject(error.to_string()))?;
    let found = table.classify(made.method, &target);
    if target.segment(0) == Some("-") {
        prop_assert_eq!(found, Err(RouteError::Reserved));
        return Ok(());
    }
    let mut expected = oracle.classify(&Asked {
        method: made.method,
        target: &target,
        parameter: QUERIES[made.query].1,
    });
    if raw.contains("_method") && expected.class < oracle::Class::Write {
        expected.class = oracle::Class::Write;
        expected.at_most = oracle::Class::Write;
        expected.namespaces.clear();
        expected.must_name_one = false;
    }
    match &found {
        Err(RouteError::Ambiguous(_)) => {
            prop_assert!(
                expected.may_be_ambiguous,
                "{made:?}: {expected:?}, found {found:?}"
            );
        }
        Err(RouteError::Refused { .. }) => {
            prop_assert!(
                !expected.must_be_ambiguous,
                "{made:?}: {expected:?}, found {found:?}"
            );
            prop_assert_eq!(expected.at_most, oracle::Class::Refused, "{:?}", made);
        }
        Ok(route) => {
            prop_assert!(
                !expected.must_be_ambiguous,
                "{made:?}: {expected:?}, found {found:?}"
            );
            let class = oracle::Class::from(route.class);
            let is_right = expected.class <= class && class <= expected.at_most;
            prop_assert!(is_right, "{made:?}: {expected:?}, found {found:?}");
            if class != expected.class {
                prop_assert!(!exact, "{made:?}: {expected:?}, found {found:?}");
                return Ok(());
            }
            let namespace = route.namespace.map(str::to_owned);
            // If a request may be a write in either of two namespaces, it is a write in none.
            if namespace.is_none() && expected.may_be_contested && class >= oracle::Class::LfsBatch {
                return Ok(());
            }
            if !expected.namespaces.is_empty() {
                prop_assert!(
                    expected.namespaces.contains(&namespace),
                    "{made:?}: {expected:?}, {found:?}"
                );
            }
            if expected.class > oracle::Class::Read && expected.must_name_one {
                prop_assert!(namespace.is_some(), "{made:?}: {expected:?}, {found:?}");
            }
        }
        Err(error) => return Err(TestCaseError::fail(format!("{made:?}: {error:?}"))),
    }
    Ok(())
}

/// Of how many pairs of a line's shape and a word one is judged.
const PAIRS_SKIPPED: usize = 3;

#[test]
fn every_line_of_the_shipped_table_is_read_as_by_brute_force() {
    let mut judged = 0;
    for (index, (method, pieces, has_rest)) in SHAPES.iter().enumerate() {
        // Every shape and every word, and of their pairs as many as take seconds.
        for word in WORDS.iter().skip(index % PAIRS_SKIPPED).step_by(PAIRS_SKIPPED) {
            for slash in ["", "/"] {
                let filled = pieces.iter().map(|piece| match piece {
                    Piece::Literal(literal) => literal.as_str(),
                    Piece::Slot(name) if name == "namespace" => "acme",
                    Piece::Slot(_) => word.as_str(),
                });
                let rest = has_rest.then_some(word.as_str());
                let path: Vec<&str> = filled.chain(rest).collect();
                let made = Made {
                    method: *method,
                    path: format!("/{}{slash}", path.join("/")),
                    query: 0,
                };
                agrees(&TABLE, &ORACLE, &made, true).unwrap();
                judged += 1;
            }
        }
    }
    assert!(judged > 130_000, "{judged}");
}

/// The repository that a request is for is the one that every line names that may be meant.
fn names_what_every_line_does(made: &Made) -> Result<bool, TestCaseError> {
    let raw = made.raw();
    let target = Target::parse(&raw).map_err(|error| TestCaseError::reject(error.to_string()))?;
    let Some(found) = TABLE.resource(made.method, &target, Content::None).repository else {
        return Ok(false);
    };
    prop_assert!(!raw.contains("_method"), "{raw}");
    let found = (
        found.kind.to_owned(),
        found.namespace.map(str::to_owned),
        found.name.to_owned(),
    );
    let named = ORACLE.repositories(made.method, &target);
    prop_assert_eq!(named, [Some(found)].into(), "{}", raw);
    Ok(true)
}

#[test]
fn every_line_with_a_repository_names_it() {
    let mut named = 0;
    for (method, pieces, has_rest) in SHAPES.iter() {
        let filled = pieces.iter().map(|piece| match piece {
            Piece::Literal(literal) => literal.as_str(),
            Piece::Slot(name) if name == "namespace" => "acme",
            Piece::Slot(_) => "widget",
        });
        let path: Vec<&str> = filled.chain(has_rest.then_some("x")).collect();
        let made = Made {
            method: *method,
            path: format!("/{}", path.join("/")),
            query: 0,
        };
        let has_one = pieces.contains(&Piece::Slot("repo".to_owned()));
        // A line with a slash at its end is spelled otherwise here, and a HEAD file of a repository is one path of two.
        let is_named = names_what_every_line_does(&made).unwrap();
        assert!(!is_named || has_one, "{made:?}");
        named += usize::from(is_named);
    }
    assert!(named > 300, "{named}");
}

/// Small tables of few words, whose lines overlap in every way.
fn small_tables() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a",
        "b",
        "A",
        "a|b",
        "+c",
        "{x}",
        "{namespace}",
        "{rev}",
        "a?",
        "{namespace}?",
    ]);
    let end = select(vec!["", "", "", "/", "/?", "/{*path}", "/{*x}"]);
    let line = (
        select(vec![
            "public",
            "read",
            "contribute",
            "lfs-batch",
            "write",
            "refused",
        ]),
        select(vec!["GET", "POST", "GET,POST"]),
        prop::collection::vec(piece, 1..4),
        end,
        select(vec![
            "",
            "",
            "",
            "{rev}=a/b",
            "?service=x",
            "?service=*",
            "?service=git-upload-pack",
        ]),
    );
    prop::collection::vec(line, 1..6).prop_map(|lines| {
        lines
            .into_iter()
            .map(|(class, methods, pieces, end, condition)| {
                format!("{class} {methods} /{}{end} {condition}\n", pieces.join("/"))
            })
            .collect()
    })
}

fn small_requests() -> impl Strategy<Value = Made> {
    let word = select(vec!["a", "b", "A", "c", "a%2Fb", "a;c", "a%2Fa%2Fb"]);
    let method = select(vec![Method::Get, Method::Head, Method::Post, Method::Put]);
    (
        method,
        prop::collection::vec(word, 1..5),
        any::<bool>(),
        0..5_usize,
    )
        .prop_map(|(method, words, slash, query)| Made {
            method,
            path: format!("/{}{}", words.join("/"), if slash { "/" } else { "" }),
            query,
        })
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn requests_near_a_line_are_read_as_by_brute_force(made in near_a_line()) {
        agrees(&TABLE, &ORACLE, &made, true)?;
    }

    #[test]
    fn small_tables_are_read_as_by_brute_force(
        text in small_tables(), requests in prop::collection::vec(small_requests(), 8),
    ) {
        let Ok(table) = RouteTable::parse(&text) else {
            return Ok(());
        };
        let oracle = Oracle::read(&text);
        for made in requests {
            agrees(&table, &oracle, &made, false).map_err(|error| TestCaseError::fail(format!("{text}{error}")))?;
        }
    }
}

/// A literal in another case makes a write of a request that no other line lists, and the write names a namespace beside a batch's.
#[test]
fn a_batch_and_a_write_in_two_namespaces_are_read_as_by_brute_force() {
    let text = "lfs-batch POST /{x}/b/{namespace}?\npublic POST /A/{namespace}?/{rev}\n";
    let made = Made {
        method: Method::Post,
        path: "/a/b/A".to_owned(),
        query: 0,
    };
    agrees(
        &RouteTable::parse(text).unwrap(),
        &Oracle::read(text),
        &made,
        false,
    )
    .unwrap();
}

const WRITE: u8 = 4;

const fn rank(access: Access) -> u8 {
    match access {
        Access::Public => 0,
        Access::Read => 1,
        Access::Contribute => 3,
        Access::Write => WRITE,
    }
}

/// The strictness of the result; a refusal is the strictest.
fn strictness(method: Method, raw: &str) -> u8 {
    let Ok(target) = Target::parse(raw) else {
        return 9;
    };
    match TABLE.classify(method, &target).map(|route| route.class) {
        Ok(Class::LfsBatch) => 2,
        Ok(Class::Known(access) | Class::UnlessNamed { access, .. }) => rank(access),
        Err(_) => 9,
    }
}

proptest! {
    #![proptest_config(config(5_000))]

    #[test]
    fn names_a_repository_only_where_every_line_does(made in near_a_line()) {
        names_what_every_line_does(&made)?;
    }

    #[test]
    fn a_canonical_target_is_a_fixed_point_of_the_same_class(made in near_a_line(), escaped in prop::collection::vec(any::<bool>(), 120)) {
        let raw = encoded(&made.raw(), &escaped);
        if let Ok(target) = Target::parse(&raw) {
            let canonical = target.canonical().to_owned();
            let again = Target::parse(&canonical).unwrap();
            prop_assert_eq!(again.canonical(), &canonical);
            prop_assert!(again.segments().eq(target.segments()));
            prop_assert_eq!(TABLE.classify(made.method, &again), TABLE.classify(made.method, &target));
        }
    }

    #[test]
    fn no_other_spelling_is_softer(
        made in near_a_line(),
        escaped in prop::collection::vec(any::<bool>(), 120),
        raised in prop::collection::vec(any::<bool>(), 120),
    ) {
        let raw = made.raw();
        let strict = strictness(made.method, &raw);
        let query = QUERIES[made.query].0;
        let slash = format!("{}/{query}", made.path);
        let joint = if raw.contains('?') { '&' } else { '?' };
        for other in [
            slash,
            raised_in_places(&raw, &raised),
            encoded(&raw, &escaped),
            encoded(&raised_in_places(&raw, &raised), &escaped),
            format!("{raw}{joint}x=1"),
            format!("{raw}{joint}create_pr=0"),
            format!("{raw}{joint}service=x"),
        ] {
            let found = strictness(made.method, &other);
            // If a request is refused as ambiguous, another spelling of it may have only the stricter interpretation.
            prop_assert!(found >= strict.min(WRITE), "{:?} {} is {}, {} is {}", made.method, raw, strict, other, found);
        }
        prop_assert_eq!(strictness(made.method, &encoded(&raw, &escaped)), strict);
    }

    #[test]
    fn a_head_is_judged_as_its_get(made in near_a_line()) {
        let raw = made.raw();
        if let Ok(target) = Target::parse(&raw) {
            prop_assert_eq!(TABLE.classify(Method::Head, &target), TABLE.classify(Method::Get, &target));
        }
    }
}

/// The same text with some of its unreserved characters percent-encoded.
fn encoded(raw: &str, escaped: &[bool]) -> String {
    let mut text = String::new();
    let mut within_escape = 0;
    for (index, character) in raw.chars().enumerate() {
        let plain = character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '~');
        if within_escape == 0 && plain && escaped.get(index).copied().unwrap_or_default() {
            text.push_str(&format!("%{:02x}", u32::from(character)));
        } else {
            text.push(character);
        }
        within_escape = match character {
            '%' => 2,
            _ => u8::saturating_sub(within_escape, 1),
        };
    }
    text
}

/// The text with some of its letters in upper case. It lowers none, because that could produce a line's own spelling, whose
/// class may rightly be softer than those of all others.
fn raised_in_places(raw: &str, raised: &[bool]) -> String {
    raw.chars()
        .enumerate()
        .map(|(index, character)| match raised.get(index) {
            Some(true) => character.to_ascii_uppercase(),
            Some(false) | None => character,
        })
        .collect()
}
