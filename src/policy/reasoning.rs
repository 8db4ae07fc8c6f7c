//! The gate's whole reasoning over one request and a supposed token, in steps that a person can follow. The verdict is
//! [`decide`]'s own: a token is minted with a key of this page's and judged as any other. Knows nothing of real keys.

use serde::Serialize;

use super::explanation::usual_content;
use crate::keys::KeyRing;
use crate::policy::{Anonymous, Body, Mode, Request, State, Verdict, decide};
use crate::policy::{Permission, permission};
use crate::request::Content;
use crate::request::Sender;
use crate::request::Target;
use crate::request::deciding_body::MAXIMUM_DECIDING_BODY_BYTES;
use crate::request::{Method, MethodError};
use crate::response::{Answer, Client};
use crate::routes::{Access, Class, Known, Route, RouteTable, Rule};
use crate::state::{Held, MembershipRole, Memberships, Unasked};
use crate::state::{OnStale, RevocationList, Revocations};
use crate::token::{Claims, Prefix, Role, Subject, Timestamp, TokenId};
use crate::token::{Verifier, mint};

/// The supposed token's name.
const TOKEN: TokenId = TokenId { shard: 0, serial: 1 };

/// What a browser says of a preflight, so that an `OPTIONS` is explained as one.
const PREFLIGHT: Sender<'static> = Sender {
    sec_fetch_site: None,
    origin: Some(""),
    requested_method: Some(""),
    requested_headers: None,
    upgrade: None,
    own_origin: "",
};

/// A key that signs nothing but supposed tokens.
const SUPPOSED_KEY: [u8; 32] = [0; 32];

/// What is supposed of the token that comes with a request: genuine, unexpired, not revoked.
#[derive(Clone, Copy, Debug)]
pub struct Bearer {
    /// Its role.
    pub role: Role,
    /// Whom it stands for.
    pub subject: Subject,
}

/// What is supposed of the gate.
pub struct Supposed {
    state: State,
}

impl Supposed {
    /// The moment at which the supposed request comes, and at which memberships are to be in hand.
    pub const NOW: Timestamp = 1_000;

    /// A gate with this table and these memberships.
    pub fn new(routes: RouteTable, memberships: Memberships, mode: Mode, anonymous: Anonymous) -> Self {
        let mut revocations = Revocations::default();
        // A first list is newer than none.
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

    /// Reasons over a request. `bearer` is `None` where it carries no token.
    pub fn reason(&self, method: &str, target: &str, body: &[u8], bearer: Option<&Bearer>) -> Reasoning {
        let authorization = bearer.and_then(|bearer| self.authorization(bearer));
        let request = Request {
            method,
            target,
            authorization: authorization.as_deref(),
            content: self.usual_content(method, target, body),
            sender: PREFLIGHT,
            body: if body.len() > MAXIMUM_DECIDING_BODY_BYTES {
                Body::TooLong
            } else {
                Body::Whole(body)
            },
        };
        let mut reasoning = Reasoning {
            steps: Vec::new(),
            verdict: "forward",
            code: None,
            observed: None,
            forwarded: Vec::new(),
            answers: Vec::new(),
        };
        self.walk(&request, bearer, &mut reasoning.steps);
        self.conclude(&request, &mut reasoning);
        reasoning
    }

    fn authorization(&self, bearer: &Bearer) -> Option<String> {
        let claims = Claims {
            role: bearer.role,
            subject: bearer.subject,
            id: TOKEN,
            issued_at: Self::NOW,
            expires_at: None,
        };
        let token = mint(&claims, self.state.tokens.prefix(), self.state.tokens.keys()).ok()?;
        Some(format!("Bearer {}", token.as_str()))
    }

    /// The steps up to the first that does not hold.
    fn walk(&self, request: &Request<'_>, bearer: Option<&Bearer>, steps: &mut Vec<Step>) -> Option<()> {
        let Ok(method) = request.method.parse::<Method>() else {
            steps.push(Step::fails("method", MethodError.to_string()));
            return None;
        };
        let target = match Target::parse(request.target) {
            Ok(target) => target,
            Err(error) => {
                steps.push(Step::fails("target", error.to_string()));
                return None;
            }
        };
        steps.push(Step::holds("target", target.canonical().to_owned()));
        let route = match self.state.routes.classify(method, &target) {
            Ok(route) => route,
            Err(error) => {
                steps.push(Step::fails("rule", error.to_string()));
                return None;
            }
        };
        steps.push(Step::holds(
            "rule",
            match route.rule {
                Rule::Line { number, text } => format!("line {number}: {text}"),
                Rule::Unlisted => {
                    "no line: GET and HEAD read, OPTIONS is public, everything else writes".to_owned()
                }
                Rule::NoPreflight => "OPTIONS without a preflight's fields: a write".to_owned(),
                Rule::MethodParameter => "the query asks for another method: a write".to_owned(),
            },
        ));
        let known = route.class.without_body(&target, request.content);
        let access = match (known, request.body) {
            (Known::Access(access), _) => access,
            (Known::NeedsBody, Body::Whole(body)) => route.class.with_body(&target, request.content, body),
            (Known::NeedsBody, Body::Unread | Body::TooLong) => {
                let finding = format!("the body is longer than {MAXIMUM_DECIDING_BODY_BYTES} bytes");
                steps.push(Step::fails("class", finding));
                return None;
            }
        };
        steps.push(Step::holds(
            "class",
            match route.class {
                Class::Known(access) => format!("{}: {}", access.name(), meaning(access)),
                Class::LfsBatch => format!(
                    "{}, by the operation in the body: {}",
                    access.name(),
                    meaning(access)
                ),
                Class::UnlessNamed { parameter, .. } => format!(
                    "{}, by what query and body say of {parameter}: {}",
                    access.name(),
                    meaning(access)
                ),
            },
        ));
        if route.class == Class::Known(Access::Public) {
            return Some(());
        }
        let Some(bearer) = bearer else {
            let goes_on = self.state.anonymous == Anonymous::Reads && access <= Access::Read;
            steps.push(Step::new("token", goes_on, "none was sent".to_owned()));
            return None;
        };
        steps.push(Step::holds(
            "token",
            format!(
                "a {} token of {}, supposed to be genuine, unexpired and not revoked",
                bearer.role.name(),
                bearer.subject.as_str()
            ),
        ));
        let covers = permission(bearer.role, MembershipRole::Owner, access) == Permission::Granted;
        let covering = if covers { "covers" } else { "does not cover" };
        steps.push(Step::new(
            "role",
            covers,
            format!("{} {covering} {}", bearer.role.name(), access.name()),
        ));
        if covers {
            steps.push(self.membership_step(bearer, &route, access));
        }
        Some(())
    }

    /// What the clients that send such requests say of their bodies.
    fn usual_content(&self, method: &str, target: &str, body: &[u8]) -> Content<'static> {
        let class = method.parse().ok().and_then(|method: Method| {
            let target = Target::parse(target).ok()?;
            let route = self.state.routes.classify(method, &target).ok()?;
            if method == Method::Options {
                return Some(Content::None);
            }
            Some(usual_content(route.class, body))
        });
        class.unwrap_or_default()
    }

    fn membership_step(&self, bearer: &Bearer, route: &Route<'_, '_>, access: Access) -> Step {
        let step = |holds, finding: String| Step::new("membership", holds, finding);
        let subject = bearer.subject.as_str();
        let namespace_or_none = route.namespace.unwrap_or_default();
        let memberships = &self.state.memberships;
        let held = match memberships.held(&bearer.subject, route, access, Self::NOW) {
            Held::Unasked(Unasked::Off) => return step(true, "off: the origin decides".to_owned()),
            Held::Unasked(Unasked::NoNamespace) => {
                return step(true, "the path names no namespace".to_owned());
            }
            Held::Unasked(Unasked::Read) => {
                let why = "not looked at: no membership takes reading away at the edge";
                return step(true, why.to_owned());
            }
            Held::Unknown | Held::Unavailable => {
                return step(
                    false,
                    format!("what {subject} is in {namespace_or_none} is not known"),
                );
            }
            Held::Nameless => {
                let why = "a write whose path names no namespace is nobody's to allow";
                return step(false, why.to_owned());
            }
            Held::Role(held) => held,
        };
        let covers = permission(bearer.role, held, access) == Permission::Granted;
        let covering = if covers { "covers" } else { "does not cover" };
        step(
            covers,
            format!(
                "{subject} is {held} in {namespace_or_none}, which {covering} {}",
                access.name()
            ),
        )
    }

    fn conclude(&self, request: &Request<'_>, reasoning: &mut Reasoning) {
        let prefix = self.state.tokens.prefix();
        let decision = decide(request, &self.state, Self::NOW);
        let (verdict, code, answer): (_, _, Box<dyn Fn(Client) -> Answer>) = match decision.verdict {
            Verdict::Forward(pass) => {
                reasoning.observed = pass.observed().map(|observed| observed.code());
                reasoning
                    .forwarded
                    .push(("X-Lychgate-Access", pass.access().name().to_owned()));
                if let Some(identity) = pass.identity() {
                    reasoning.forwarded.extend([
                        ("X-Lychgate-Subject", identity.subject.as_str().to_owned()),
                        ("X-Lychgate-Role", identity.role.name().to_owned()),
                    ]);
                }
                if let Some(observed) = reasoning.observed {
                    reasoning
                        .forwarded
                        .push(("X-Lychgate-Observed", observed.to_owned()));
                }
                return;
            }
            Verdict::Refuse(refusal) => (
                "refuse",
                refusal.code(),
                Box::new(move |client| Answer::to_refusal(&refusal, client, prefix)),
            ),
            Verdict::Fail(fault) => (
                "fail",
                fault.code(),
                Box::new(move |client| Answer::to_fault(&fault, client, prefix)),
            ),
            Verdict::AnswerPreflight => {
                reasoning.verdict = "answer";
                return;
            }
            // The body and the list are there: what is missing is what the subject is in the namespace.
            Verdict::Wait(_) => {
                reasoning.verdict = "wait";
                return;
            }
        };
        reasoning.verdict = verdict;
        reasoning.code = Some(code);
        reasoning.answers = Client::ALL
            .into_iter()
            .map(|client| {
                let answer = answer(client);
                Shown {
                    client: client.name(),
                    status: answer.status,
                    headers: answer.headers,
                    body: answer.body,
                }
            })
            .collect();
    }
}

/// What led to a verdict, and what comes of it.
#[derive(Debug, Serialize)]
pub struct Reasoning {
    /// In order; only the last may not hold.
    pub steps: Vec<Step>,
    /// `forward`, `refuse`, `fail`, or `wait` where the memberships given say nothing of the subject.
    pub verdict: &'static str,
    /// The refusal's or fault's code.
    pub code: Option<&'static str>,
    /// What would be refused if the gate were not only observing.
    pub observed: Option<&'static str>,
    /// What the origin is told, by header.
    pub forwarded: Vec<(&'static str, String)>,
    /// What each client is answered, where the request does not go on.
    pub answers: Vec<Shown>,
}

/// One step.
#[derive(Debug, Serialize)]
pub struct Step {
    /// What is looked at: `method`, `target`, `rule`, `class`, `token`, `role` or `membership`.
    pub name: &'static str,
    /// Whether nothing in it speaks against the request.
    pub holds: bool,
    /// What was found.
    pub finding: String,
}

impl Step {
    const fn new(name: &'static str, holds: bool, finding: String) -> Self {
        Self { name, holds, finding }
    }

    const fn holds(name: &'static str, finding: String) -> Self {
        Self::new(name, true, finding)
    }

    const fn fails(name: &'static str, finding: String) -> Self {
        Self::new(name, false, finding)
    }
}

/// What one client is answered.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The client.
    pub client: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

const fn meaning(access: Access) -> &'static str {
    match access {
        Access::Public => "goes on untouched, whoever comes",
        Access::Read => "needs any valid token",
        Access::Contribute => "needs a write token; the origin decides the rest",
        Access::Write => "needs a write token, and in an organization the role write or admin",
    }
}

#[cfg(test)]
mod tests {
    use super::{Bearer, Supposed};
    use crate::policy::{Anonymous, Mode};
    use crate::routes::RouteTable;
    use crate::state::{MembershipRecord, MembershipRecords, MembershipRole, Memberships, Roles};
    use crate::token::Role;

    const REQUESTS: &str = include_str!("../../tests/vectors/corpus_requests.json");

    fn supposed(held: MembershipRole, mode: Mode, anonymous: Anonymous) -> Supposed {
        let alice = "alice".parse().unwrap();
        let mut records = MembershipRecords::default();
        if held == MembershipRole::None {
            records.note_missing(&alice, Supposed::NOW).unwrap();
        } else {
            let mut roles = Roles::default();
            roles.insert("acme".parse().unwrap(), held).unwrap();
            let record = MembershipRecord::new(alice, 1, 0, roles);
            records.accept(record, Supposed::NOW).unwrap();
        }
        Supposed::new(RouteTable::shipped(), Memberships::On(records), mode, anonymous)
    }

    /// The steps are told beside the decision: they may never tell another story.
    #[test]
    fn ends_in_a_step_that_does_not_hold_exactly_where_the_request_does_not_go_on() {
        let requests: serde_json::Value = serde_json::from_str(REQUESTS).unwrap();
        let requests = requests["rows"].as_array().unwrap();
        let alice = |role| Bearer {
            role,
            subject: "alice".parse().unwrap(),
        };
        let bearers = [None, Some(alice(Role::Read)), Some(alice(Role::Write))];
        let mut told = 0;
        for held in MembershipRole::ALL {
            if held == MembershipRole::Owner {
                continue;
            }
            for mode in [Mode::Enforce, Mode::Observe] {
                for anonymous in [Anonymous::Deny, Anonymous::Reads] {
                    let supposed = supposed(held, mode, anonymous);
                    for request in requests {
                        let text = |name: &str| request[name].as_str().unwrap_or_default();
                        for bearer in &bearers {
                            let reasoning = supposed.reason(
                                text("method"),
                                text("target"),
                                text("body").as_bytes(),
                                bearer.as_ref(),
                            );
                            let (last, before) = reasoning.steps.split_last().unwrap();
                            assert!(before.iter().all(|step| step.holds), "{reasoning:?}");
                            let goes_on = ["forward", "answer"].contains(&reasoning.verdict)
                                && reasoning.observed.is_none();
                            assert_eq!(last.holds, goes_on, "{} {reasoning:?}", text("target"));
                            assert_eq!(
                                reasoning.answers.len(),
                                if reasoning.code.is_some() { 5 } else { 0 }
                            );
                            told += 1;
                        }
                    }
                }
            }
        }
        assert!(told > 6 * 4 * 3 * 100, "{told}");
    }
}
