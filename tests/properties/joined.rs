//! Joined, mounted and included tables: no request is softer than for any of them alone that knows it.

use std::sync::LazyLock;

use lychgate::request::{Content, Method, Target};
use lychgate::routes::{Access, RouteError, RouteTable, Rule, ShippedTable};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;

use crate::config;
use crate::oracle::{Oracle, Piece};

/// What deployments may set. Each of the tables knows something that another one says otherwise.
const SETTINGS: [&str; 10] = [
    "hub+oci",
    "hub+npm@/npm",
    "npm@/npm+hub@/npm",
    "mlflow+pypi",
    "oci+pypi+npm",
    "hub+mlflow+oci+pypi+npm",
    "npm+hub@/a/b+mlflow@/a/b+oci@/api",
    "include hub+npm@/npm\nread POST /search\nread POST /{namespace}/{path}\npublic GET /{namespace}/{repo}\n\
     read POST /{*path}",
    "include oci+pypi\narea a\nwrite GET /v2/_catalog\nrefused POST /RPC2\ncontribute PUT /{path}\n\
     read POST,PUT /v2/{*path}",
    "include mlflow@/api+npm\npublic GET,POST,PUT,DELETE /{*path}\nread PUT /{path}/{repo}",
];

/// A table that was joined, with the prefix of its paths and the shapes of its requests.
struct Member {
    alone: RouteTable,
    mount: &'static str,
    shapes: Vec<(Method, Vec<Piece>, bool)>,
}

struct Joined {
    setting: &'static str,
    table: RouteTable,
    members: Vec<Member>,
}

/// With the gate's own paths where no table has any: here it does not matter which are the gate's.
fn parsed(setting: &str) -> RouteTable {
    let table = RouteTable::configured(setting).unwrap();
    table.with_gate_prefix("/_gate/".parse().unwrap())
}

impl Member {
    fn shipped(setting: &'static str) -> Self {
        let (name, mount) = setting.split_once('@').unwrap_or((setting, ""));
        Self {
            alone: parsed(setting),
            mount,
            shapes: Oracle::read(ShippedTable::named(name).unwrap().text).shapes(),
        }
    }

    fn own(text: &str) -> Self {
        Self {
            alone: parsed(text),
            mount: "",
            shapes: Oracle::read(text).shapes(),
        }
    }
}

static JOINED: LazyLock<Vec<Joined>> = LazyLock::new(|| {
    let joined = SETTINGS.into_iter().map(|setting| {
        let (names, own) = match setting.strip_prefix("include ") {
            Some(text) => text.split_once('\n').unwrap(),
            None => (setting, ""),
        };
        let mut members: Vec<Member> = names.split('+').map(Member::shipped).collect();
        if !own.is_empty() {
            members.push(Member::own(own));
        }
        Joined {
            setting,
            table: parsed(setting),
            members,
        }
    });
    joined.collect()
});

const WORDS: [&str; 16] = [
    "acme",
    "widget",
    "main",
    "17",
    "@acme",
    "@acme%2fwidget",
    "refs%2Fpr%2F1",
    "blobs",
    "git-receive-pack",
    "search",
    "-",
    "x;y",
    "manifests",
    "npm",
    "api",
    "v2",
];

const QUERIES: [&str; 9] = [
    "",
    "?x=1",
    "?service=git-receive-pack",
    "?scope=repository:a:push",
    "?from=acme/app",
    "?create_pr=1",
    "?_method=PUT",
    "?path=/v2/acme/app/manifests/1",
    "?path=x&rev=main",
];

/// The bodies between which a class may depend on one.
const BODIES: [&str; 4] = [
    "",
    r#"{"operation":"download"}"#,
    r#"{"operation":"upload"}"#,
    r#"{"create_pr":0,"path":"x","service":"x","scope":"x","from":"x"}"#,
];

/// A join, and a request near a line of one of its tables: perhaps by another method, or at another table's prefix.
fn requests() -> impl Strategy<Value = (usize, Method, String)> {
    let words = prop::collection::vec(select(&WORDS[..]), 8);
    let places = (0..SETTINGS.len(), any::<Index>(), any::<Index>(), any::<Index>());
    let changes = (
        prop::option::weighted(0.2, select(&Method::ALL[..])),
        prop::bool::weighted(0.2),
        select(&QUERIES[..]),
        prop::bool::weighted(0.1),
    );
    (places, words, changes).prop_map(
        |((joined, member, line, other), words, (method, is_moved, query, has_slash))| {
            let members = &JOINED[joined].members;
            let one = member.get(members);
            let (own_method, pieces, has_rest) = line.get(&one.shapes);
            let mut path = if is_moved { other.get(members) } else { one }.mount.to_owned();
            for (index, piece) in pieces.iter().enumerate() {
                path.push('/');
                path.push_str(match piece {
                    Piece::Literal(literal) => literal,
                    Piece::Slot(_) => words[index % words.len()],
                });
            }
            if *has_rest {
                path = path + "/" + words[7] + "/" + words[6];
            }
            if has_slash || path.is_empty() {
                path.push('/');
            }
            (joined, method.unwrap_or(*own_method), path + query)
        },
    )
}

/// What a table says of a request: an access for each body, or a refusal. `None` if the request is ambiguous to it.
fn said(table: &RouteTable, method: Method, raw: &str) -> Option<[Option<Access>; BODIES.len()]> {
    let target = Target::parse(raw).ok()?;
    match table.classify(method, &target) {
        Ok(route) => {
            let content = match method {
                Method::Get | Method::Head => Content::None,
                Method::Options | Method::Post | Method::Put | Method::Patch | Method::Delete => {
                    Content::of_type("application/json")
                }
            };
            let access = |body: &str| Some(route.class.with_body(&target, content, body.as_bytes()));
            Some(BODIES.map(access))
        }
        Err(RouteError::Refused { .. }) => Some([None; BODIES.len()]),
        // Free text that no line of this table has a slot for: another table may.
        Err(_) => None,
    }
}

/// Whether a line of a table decides about a request.
fn knows(table: &RouteTable, method: Method, raw: &str) -> bool {
    let target = Target::parse(raw).unwrap();
    match table.classify(method, &target) {
        Ok(route) => !matches!(route.rule, Rule::Unlisted),
        Err(error) => matches!(error, RouteError::Refused { .. }),
    }
}

/// How strict an answer is; a refusal is the strictest.
const fn rank(access: Option<Access>) -> u8 {
    match access {
        Some(Access::Public) => 0,
        Some(Access::Read) => 1,
        Some(Access::Contribute) => 2,
        Some(Access::Write) => 3,
        None => 4,
    }
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn no_table_softens_what_another_one_says((joined, method, raw) in requests()) {
        let Joined { setting, table, members } = &JOINED[joined];
        let Ok(target) = Target::parse(&raw) else {
            return Ok(());
        };
        // A refusal is stricter than whatever any of them says.
        if table.classify(method, &target).is_err() {
            return Ok(());
        }
        if let Some(together) = said(table, method, &raw) {
            let known = members.iter().filter(|member| knows(&member.alone, method, &raw));
            for alone in known.filter_map(|member| said(&member.alone, method, &raw)) {
                for (body, (together, alone)) in BODIES.iter().zip(together.into_iter().zip(alone)) {
                    prop_assert!(
                        rank(together) >= rank(alone),
                        "{setting}: {method:?} {raw} {body}: {together:?}, and one of them alone says {alone:?}"
                    );
                }
            }
        }
    }

    /// Memberships and restrictions look at one namespace and one repository, so that joined tables name none beside another.
    #[test]
    fn joined_tables_name_what_each_of_them_names((joined, method, raw) in requests()) {
        // A query that makes a write of a read leaves its path's namespace.
        let path = raw.split('?').next().unwrap();
        let Joined { setting, table, members } = &JOINED[joined];
        let Ok(target) = Target::parse(path) else {
            return Ok(());
        };
        let Ok(together) = table.classify(method, &target) else {
            return Ok(());
        };
        let writes = together.class.at_least() == Access::Write;
        let named = table.resource(method, &target, Content::None).repository;
        for member in members {
            if !knows(&member.alone, method, path) {
                continue;
            }
            let Ok(alone) = member.alone.classify(method, &target) else {
                continue;
            };
            // Of two that write in different namespaces, none is looked at. If only one names a namespace, that one applies.
            if writes && alone.class.at_least() == Access::Write && alone.namespace.is_some() {
                prop_assert!(
                    together.namespace.is_none() || together.namespace == alone.namespace,
                    "{setting}: {method:?} {path}: {:?}, and one of them alone {:?}",
                    together.namespace,
                    alone.namespace
                );
            }
            if let (Some(named), Some(alone)) = (named, member.alone.resource(method, &target, Content::None).repository) {
                prop_assert_eq!((named.namespace, named.name), (alone.namespace, alone.name), "{} {}", setting, path);
            }
        }
    }
}

/// The requests of the properties are of the kind that they are about.
#[test]
fn joins_are_asked_what_several_tables_know() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = requests();
    let mut by_several = 0;
    for _ in 0..1_000 {
        let (joined, method, raw) = strategy.new_tree(&mut runner).unwrap().current();
        let members = &JOINED[joined].members;
        let known = members.iter().filter(|member| knows(&member.alone, method, &raw));
        by_several += usize::from(known.count() > 1);
    }
    assert!(by_several > 200, "{by_several}");
}
