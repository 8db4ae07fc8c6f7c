//! A supposed gate: it decides about a request that nobody sent, with a token that nobody has, by the same [`evaluate`] as
//! the real gate. It mints the token with a fixed key of its own. Knows nothing of real keys.

use super::evaluate::evaluate;
use super::input::{Anonymous, Mode, Request, State};
use super::reasoning::{Reasoning, StepTrace};
use super::supposed_request::{supposed_request, usual_content};
use crate::keys::KeyRing;
use crate::request::{ClientAddress, Sender};
use crate::routes::RouteTable;
use crate::state::{Memberships, OnStale, RevocationList, Revocations};
use crate::token::{
    BearerKind, Claims, Prefix, Restrictions, Role, Subject, Timestamp, TokenId, Verifier, mint,
};

/// The supposed token's id.
const TOKEN: TokenId = TokenId { shard: 0, serial: 1 };

/// The key of supposed tokens. It signs nothing else.
const SUPPOSED_KEY: [u8; 32] = [0; 32];

/// The supposed token of a request, genuine, unexpired and not revoked, and of who sends it.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Its role.
    pub role: Role,
    /// Its subject.
    pub subject: Subject,
    /// What limits it.
    pub restrictions: Restrictions,
    /// From which address the request comes, where that is known.
    pub address: Option<String>,
}

impl Bearer {
    /// With a token without restrictions, from an unknown address.
    pub fn new(role: Role, subject: Subject) -> Self {
        Self {
            role,
            subject,
            restrictions: Restrictions::default(),
            address: None,
        }
    }
}

/// A supposed gate.
pub struct Supposed {
    state: State,
}

impl Supposed {
    /// The time of the supposed request. Memberships must be cached at this time.
    pub const NOW: Timestamp = 1_000;

    /// A gate with this table and these memberships.
    pub fn new(routes: RouteTable, memberships: Memberships, mode: Mode, anonymous: Anonymous) -> Self {
        let mut revocations = Revocations::default();
        // Any list is accepted as the first of its shard.
        let _accepted = revocations.accept(RevocationList::empty(TOKEN.shard, Self::NOW, u32::MAX));
        Self {
            state: State {
                tokens: Verifier::new(Prefix::default(), KeyRing::generate(SUPPOSED_KEY)),
                routes,
                revocations,
                memberships,
                anonymous,
                on_stale: OnStale::Deny,
                mode,
            },
        }
    }

    /// Reasons about a request. `bearer` is `None` if it has no token.
    pub fn reason(&self, method: &str, target: &str, body: &[u8], bearer: Option<&Bearer>) -> Reasoning {
        let authorization = bearer.and_then(|bearer| self.authorization(bearer));
        let supposed = supposed_request(method, target, body);
        let address = bearer.and_then(|bearer| bearer.address.as_deref());
        let request = Request {
            authorization: authorization.as_deref(),
            sender: Sender {
                address: address.map_or(ClientAddress::Unknown, ClientAddress::At),
                ..supposed.sender
            },
            ..supposed
        };
        let mut trace = StepTrace::default();
        let content = |method, class| usual_content(method, class, body);
        let verdict = evaluate(&request, content, &self.state, Self::NOW, &mut trace).into();
        Reasoning::new(trace, verdict, self.state.tokens.prefix())
    }

    fn authorization(&self, bearer: &Bearer) -> Option<String> {
        let claims = Claims {
            role: bearer.role,
            subject: bearer.subject,
            id: TOKEN,
            issued_at: Self::NOW,
            expires_at: None,
            bearer: BearerKind::User,
            // Those that say when it ends would say so of another time.
            restrictions: bearer.restrictions.without_expiry(),
        };
        let token = mint(&claims, self.state.tokens.prefix(), self.state.tokens.keys()).ok()?;
        Some(format!("Bearer {}", token.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bearer, Supposed};
    use crate::policy::{Anonymous, Mode};
    use crate::request::deciding_body::MAXIMUM_DECIDING_BODY_BYTES;
    use crate::response::Client;
    use crate::routes::RouteTable;
    use crate::state::{MembershipRecord, MembershipRecords, MembershipRole, Memberships, Roles};
    use crate::token::{Restrictions, Role, Timestamp};

    const BATCH: &str = "/acme/widget.git/info/lfs/objects/batch";
    const COMMIT: &str = "/api/models/acme/widget/commit/main?create_pr=1";
    const REQUESTS: &str = include_str!("../../tests/vectors/corpus_requests.json");

    fn supposed(held: MembershipRole, mode: Mode, anonymous: Anonymous) -> Supposed {
        let alice = "alice".parse().unwrap();
        let mut records = MembershipRecords::default();
        if held == MembershipRole::None {
            records.note_missing(&alice, Supposed::NOW).unwrap();
        } else {
            let mut roles = Roles::default();
            roles.insert("acme".parse().unwrap(), held).unwrap();
            let record = MembershipRecord::new(alice, 1, (0, Timestamp::MAX), roles);
            records.accept(record, Supposed::NOW).unwrap();
        }
        Supposed::new(RouteTable::shipped(), Memberships::On(records), mode, anonymous)
    }

    /// Every set of steps must end as the decision does.
    #[test]
    fn ends_in_a_step_that_does_not_hold_exactly_where_the_request_does_not_go_on() {
        let corpus: serde_json::Value = serde_json::from_str(REQUESTS).unwrap();
        let mut requests: Vec<[String; 3]> = corpus["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                ["method", "target", "body"].map(|name| row[name].as_str().unwrap_or_default().to_owned())
            })
            .collect();
        let long = " ".repeat(MAXIMUM_DECIDING_BODY_BYTES + 1);
        for [method, target, body] in [
            ["BREW", "/acme/widget", ""],
            ["get", "/acme/widget", ""],
            ["GET", "/acme//widget", ""],
            ["GET", "/acme/widget?x=%zz", ""],
            ["GET", "/-/health", ""],
            ["GET", "/acme/widget/info/refs?service=git-foo", ""],
            ["GET", "/acme/widget?access_token=hub_x", ""],
            ["POST", "/acme/widget/git-receive-pack?ACCESS_TOKEN=", ""],
            ["POST", "/acme/widget?_method=DELETE", ""],
            ["POST", BATCH, &long],
            ["POST", BATCH, "{}"],
            ["POST", COMMIT, &long],
            ["POST", COMMIT, r#"{"create_pr":0}"#],
            ["POST", COMMIT, r#"{"summary":"x"}"#],
            ["OPTIONS", "/acme/widget", &long],
        ] {
            requests.push([method, target, body].map(str::to_owned));
        }
        let alice = |role| Bearer::new(role, "alice".parse().unwrap());
        let restricted = Bearer {
            restrictions: Restrictions::new(vec![
                "repositories=*/acme/*".parse().unwrap(),
                "networks=203.0.113.0/24".parse().unwrap(),
            ])
            .unwrap(),
            address: Some("203.0.113.7".to_owned()),
            ..alice(Role::Write)
        };
        let narrowed = Bearer {
            restrictions: Restrictions::new(vec!["role=read".parse().unwrap()]).unwrap(),
            ..alice(Role::Write)
        };
        let bearers = [
            None,
            Some(alice(Role::Read)),
            Some(alice(Role::Write)),
            Some(restricted),
            Some(narrowed),
        ];
        let mut told = 0;
        for held in MembershipRole::ALL {
            if held == MembershipRole::Owner {
                continue;
            }
            for mode in [Mode::Enforce, Mode::Observe] {
                for anonymous in [Anonymous::Deny, Anonymous::Reads] {
                    let supposed = supposed(held, mode, anonymous);
                    for [method, target, body] in &requests {
                        for bearer in &bearers {
                            let reasoning = supposed.reason(method, target, body.as_bytes(), bearer.as_ref());
                            let (last, before) = reasoning.steps.split_last().unwrap();
                            assert!(before.iter().all(|step| step.holds), "{reasoning:?}");
                            let goes_on = ["forward", "answer"].contains(&reasoning.verdict)
                                && reasoning.observed.is_none();
                            assert_eq!(last.holds, goes_on, "{target} {reasoning:?}");
                            assert_eq!(
                                reasoning.answers.len(),
                                if reasoning.code.is_some() {
                                    Client::ALL.len()
                                } else {
                                    0
                                }
                            );
                            told += 1;
                        }
                    }
                }
            }
        }
        assert!(told > 6 * 4 * 5 * 100, "{told}");
    }

    /// The names of the steps, with `✗` before the one that does not hold.
    fn names(method: &str, target: &str, body: &str, role: Option<Role>, mode: Mode) -> String {
        let bearer = role.map(|role| Bearer::new(role, "alice".parse().unwrap()));
        let reasoning = supposed(MembershipRole::Read, mode, Anonymous::Deny).reason(
            method,
            target,
            body.as_bytes(),
            bearer.as_ref(),
        );
        let names: Vec<String> = reasoning
            .steps
            .iter()
            .map(|step| {
                if step.holds {
                    step.name.to_owned()
                } else {
                    format!("✗{}", step.name)
                }
            })
            .collect();
        names.join(" ")
    }

    #[test]
    fn ends_in_the_step_that_refuses() {
        let (read, write) = (Some(Role::Read), Some(Role::Write));
        let long = " ".repeat(MAXIMUM_DECIDING_BODY_BYTES + 1);
        let upload = r#"{"operation":"upload"}"#;
        for (method, target, body, role, expected) in [
            ("BREW", "/acme//widget", "", read, "✗method"),
            ("GET", "/acme//widget", "", read, "✗target"),
            ("GET", "/-/health", "", read, "target ✗rule"),
            ("GET", "/a?access_token=x", "", read, "target rule class ✗token"),
            ("GET", "/acme/widget", "", None, "target rule class ✗token"),
            (
                "GET",
                "/acme/widget",
                "",
                read,
                "target rule class token role membership",
            ),
            ("POST", BATCH, &long, None, "target rule class ✗token"),
            ("POST", BATCH, &long, read, "target rule class token role ✗body"),
            ("POST", BATCH, upload, read, "target rule class token ✗role"),
            (
                "POST",
                BATCH,
                upload,
                write,
                "target rule class token role membership",
            ),
            (
                "POST",
                "/acme/widget/git-receive-pack",
                "0000",
                write,
                "target rule class token role ✗membership",
            ),
            (
                "GET",
                "/acme/widget",
                "{}",
                read,
                "target rule class token role ✗body",
            ),
            ("POST", COMMIT, &long, read, "target rule class token ✗role"),
            (
                "POST",
                COMMIT,
                "{}",
                write,
                "target rule class token role membership",
            ),
            ("OPTIONS", "/acme/widget", "", None, "target rule class"),
        ] {
            assert_eq!(
                names(method, target, body, role, Mode::Enforce),
                expected,
                "{method} {target}"
            );
        }
        let restrictions = Restrictions::new(vec!["areas=git".parse().unwrap()]).unwrap();
        let bearer = Bearer {
            restrictions,
            ..Bearer::new(Role::Write, "alice".parse().unwrap())
        };
        let supposed = supposed(MembershipRole::Write, Mode::Enforce, Anonymous::Deny);
        for (target, holds, finding) in [
            ("/acme/widget/git-upload-pack", true, "all hold: areas=git"),
            (
                "/v1/chat/completions",
                false,
                "This token is limited to the areas git; the request is in inference.",
            ),
        ] {
            let steps = supposed.reason("POST", target, b"", Some(&bearer)).steps;
            let step = steps.iter().find(|step| step.name == "restrictions").unwrap();
            assert_eq!((step.holds, step.finding.as_str()), (holds, finding));
        }
        // In observe mode the request was forwarded; the steps still end in the one that would have refused it.
        let observed = names("POST", BATCH, upload, read, Mode::Observe);
        assert_eq!(observed, "target rule class token ✗role");
    }

    #[test]
    fn says_of_the_body_no_more_than_the_gate_looked_at() {
        let supposed = supposed(MembershipRole::Write, Mode::Enforce, Anonymous::Deny);
        let class = |target, body: &str, role: Option<Role>| {
            let bearer = role.map(|role| Bearer::new(role, "alice".parse().unwrap()));
            let reasoning = supposed.reason("POST", target, body.as_bytes(), bearer.as_ref());
            let step = reasoning.steps.into_iter().find(|step| step.name == "class");
            step.unwrap().finding
        };
        let upload = r#"{"operation":"upload"}"#;
        let named = r#"{"create_pr":0}"#;
        for (target, body, role, expected) in [
            (
                BATCH,
                upload,
                None,
                "read, unless the operation in the body needs more: ",
            ),
            (
                BATCH,
                upload,
                Some(Role::Write),
                "write, by the operation in the body: ",
            ),
            (
                COMMIT,
                named,
                Some(Role::Read),
                "contribute, unless the body names create_pr: ",
            ),
            (
                COMMIT,
                named,
                Some(Role::Write),
                "write, by what query and body say about create_pr: ",
            ),
        ] {
            let found = class(target, body, role);
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
