//! A comparison of a table's result with the oracle's, and the state with which the targets decide.

use std::sync::LazyLock;

use lychgate::policy::{Anonymous, Mode, State};
use lychgate::request::{Method, Target, TargetError};
use lychgate::routes::{Access, Class, RouteError, RouteTable, Rule};
use lychgate::state::{Memberships, OnStale, RevocationList, Revocations};
use lychgate::token::{Claims, Prefix, Role, TokenId, mint};

use crate::oracle::{self, Asked, Oracle};
use crate::sealing::RING;

pub(crate) const NOW: u32 = 1_750_000_000;

pub(crate) static READ: LazyLock<String> = LazyLock::new(|| token(Role::Read, 7));
pub(crate) static WRITE: LazyLock<String> = LazyLock::new(|| token(Role::Write, 8));
pub(crate) static REVOKED: LazyLock<String> = LazyLock::new(|| token(Role::Write, 9));

fn token(role: Role, serial: u32) -> String {
    let claims = Claims {
        role,
        subject: "alice".parse().unwrap(),
        id: TokenId { shard: 0, serial },
        issued_at: 1_700_000_000,
        expires_at: None,
        bearer: lychgate::token::BearerKind::User,
        restrictions: lychgate::token::Restrictions::default(),
    };
    mint(&claims, &Prefix::default(), &RING).unwrap().to_string()
}

/// The included table, a valid list that contains serial 9, and the strict choice everywhere.
pub(crate) fn state() -> State {
    let mut revocations = Revocations::default();
    revocations
        .accept(RevocationList::new(0, 1, [9], NOW - 1, NOW + 1))
        .unwrap();
    State {
        tokens: lychgate::token::Verifier::new(
            Prefix::default(),
            lychgate::keys::KeyRing::parse(&RING.to_text()).unwrap(),
        ),
        routes: RouteTable::shipped(),
        revocations,
        memberships: Memberships::default(),
        anonymous: Anonymous::default(),
        on_stale: OnStale::default(),
        mode: Mode::default(),
    }
}

/// The queries that the oracle can read, and the one parameter in each that may determine the class.
const QUERIES: [(Option<&str>, Option<(&str, &str)>); 7] = [
    (None, None),
    (Some("x=1"), None),
    (
        Some("service=git-upload-pack"),
        Some(("service", "git-upload-pack")),
    ),
    (
        Some("service=git-receive-pack"),
        Some(("service", "git-receive-pack")),
    ),
    (Some("service=x"), Some(("service", "x"))),
    (Some("create_pr=1"), Some(("create_pr", "1"))),
    (Some("create_pr=0"), Some(("create_pr", "0"))),
];

/// Asserts that the table's result equals the oracle's, if the oracle can read the query.
pub(crate) fn agrees(table: &RouteTable, oracle: &Oracle, method: Method, target: &Target<'_>) {
    let found = table.classify(method, target);
    if target.segment(0) == Some("-") {
        assert_eq!(found, Err(RouteError::Reserved));
        return;
    }
    let Some((_, parameter)) = QUERIES.into_iter().find(|(query, _)| *query == target.query()) else {
        return;
    };
    let expected = oracle.classify(&Asked {
        method,
        target,
        parameter,
    });
    let context = || format!("{method:?} {}: {expected:?}, found {found:?}", target.canonical());
    let name = target.query().and_then(|query| query.split('=').next());
    match &found {
        Err(RouteError::Ambiguous(TargetError::AlikeParameter)) => {
            // A query may also stand in the path, encoded.
            let in_path = target.segments().any(|segment| segment.contains('?'));
            assert!(
                in_path || name.is_some_and(|name| oracle.has_alike(name)),
                "{}",
                context()
            );
        }
        Err(RouteError::Ambiguous(_)) => assert!(expected.may_be_ambiguous, "{}", context()),
        Err(RouteError::Refused { .. }) => {
            assert!(!expected.must_be_ambiguous, "{}", context());
            assert_eq!(expected.at_most, oracle::Class::Refused, "{}", context());
        }
        Err(_) => panic!("{}", context()),
        // The oracle looks for no method in a path, and whatever asks for one is a write.
        Ok(route) if route.rule == Rule::MethodParameter => {
            assert_eq!(route.class, Class::Known(Access::Write), "{}", context());
        }
        Ok(route) => {
            assert!(!expected.must_be_ambiguous, "{}", context());
            let class = oracle::Class::from(route.class);
            assert!(
                expected.class <= class && class <= expected.at_most,
                "{}",
                context()
            );
            // If a request may be a write in either of two namespaces, it is a write in none.
            if route.namespace.is_none() && expected.may_be_contested && class >= oracle::Class::LfsBatch {
                return;
            }
            if class == expected.class && !expected.namespaces.is_empty() {
                let namespace = route.namespace.map(str::to_owned);
                assert!(expected.namespaces.contains(&namespace), "{}", context());
            }
            if class == expected.class && class > oracle::Class::Read && expected.must_name_one {
                assert!(route.namespace.is_some(), "{}", context());
            }
        }
    }
}
