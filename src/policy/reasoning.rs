//! A decision as steps that a person can follow: the findings of [`evaluate`](super::evaluate::evaluate) in words, and the
//! response that each client receives. Decides nothing. Knows nothing of where the request and the token came from.

use serde::Serialize;

use super::trace::{Finding, Trace};
use super::verdict::{AuthorizedRequest, BodyError, Halt, Verdict};
use crate::request::deciding_body::MAXIMUM_DECIDING_BODY_BYTES;
use crate::response::{Answer, Client, Reader};
use crate::routes::{Access, Class, Rule};
use crate::state::{Exemption, Held};
use crate::token::{Prefix, Subject};

/// The steps that led to a verdict, and its consequences.
#[derive(Debug, Serialize)]
pub struct Reasoning {
    /// In order. If the request is not forwarded, the last step does not hold; all others hold.
    pub steps: Vec<Step>,
    /// `forward`, `refuse`, `fail`, or `wait` if the given memberships say nothing of the subject.
    pub verdict: &'static str,
    /// The refusal's or fault's code.
    pub code: Option<&'static str>,
    /// The code of the refusal that `MODE = "observe"` suppressed.
    pub observed: Option<&'static str>,
    /// The headers that the gate sets for the origin.
    pub forwarded: Vec<(&'static str, String)>,
    /// The response for each client, if the request is not forwarded.
    pub answers: Vec<Shown>,
}

/// One step.
#[derive(Debug, Serialize)]
pub struct Step {
    /// The step's subject: `method`, `target`, `rule`, `class`, `token`, `revocation`, `role`, `restrictions`, `body`,
    /// `sender` or `membership`.
    pub name: &'static str,
    /// Whether the step allows the request.
    pub holds: bool,
    /// What was found.
    pub finding: String,
}

/// The response for one client.
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

impl Reasoning {
    /// The steps of the trace, and the consequences of the verdict for tokens with this prefix.
    pub(super) fn new(trace: StepTrace<'_>, verdict: Verdict<'_>, prefix: &Prefix) -> Self {
        let mut reasoning = Self {
            steps: trace.steps,
            verdict: "forward",
            code: None,
            observed: None,
            forwarded: Vec::new(),
            answers: Vec::new(),
        };
        match verdict {
            Verdict::Forward(authorized) => reasoning.forward(&authorized),
            Verdict::Refuse(refusal) => {
                reasoning.answer("refuse", refusal.code(), |client| {
                    Answer::to_refusal(&refusal, &Reader::new(client, prefix))
                });
            }
            Verdict::Fail(fault) => {
                reasoning.answer("fail", fault.code(), |client| {
                    Answer::to_fault(&fault, &Reader::new(client, prefix))
                });
            }
            Verdict::Wait(_) => reasoning.verdict = "wait",
            Verdict::AnswerPreflight => reasoning.verdict = "answer",
        }
        reasoning
    }

    fn forward(&mut self, authorized: &AuthorizedRequest<'_>) {
        let mut tell = |header, value: &str| self.forwarded.push((header, value.to_owned()));
        tell("X-Lychgate-Access", authorized.access().name());
        if let Some(identity) = authorized.identity() {
            tell("X-Lychgate-Subject", identity.subject.as_str());
            tell("X-Lychgate-Role", identity.effective_role().name());
        }
        self.observed = authorized.observed().map(|observed| observed.code());
        if let Some(observed) = self.observed {
            self.forwarded.push(("X-Lychgate-Observed", observed.to_owned()));
        }
    }

    fn answer(&mut self, verdict: &'static str, code: &'static str, answer: impl Fn(Client) -> Answer) {
        self.verdict = verdict;
        self.code = Some(code);
        self.answers = Client::ALL
            .into_iter()
            .map(|client| Shown::new(client, answer(client)))
            .collect();
    }
}

impl Shown {
    fn new(client: Client, answer: Answer) -> Self {
        Self {
            client: client.name(),
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
        }
    }
}

/// A trace that keeps every step in words, up to the first that does not hold.
#[derive(Default)]
pub(super) struct StepTrace<'a> {
    steps: Vec<Step>,
    /// The class in the `class` step.
    class: Option<Class<'a>>,
}

impl<'a> Trace<'a> for StepTrace<'a> {
    fn record(&mut self, finding: Finding<'_, 'a>) {
        match finding {
            Finding::Method(error) => self.put("method", false, error.to_string()),
            Finding::Target(Ok(target)) => self.put("target", true, target.canonical().to_owned()),
            Finding::Target(Err(error)) => self.put("target", false, error.to_string()),
            Finding::Route(Ok(route)) => self.put_rule(route.rule, route.class),
            Finding::Route(Err(error)) => self.put("rule", false, error.to_string()),
            Finding::NoPreflight => self.put_rule(Rule::NoPreflight, Class::Known(Access::Write)),
            Finding::Credentials(error) => self.put("token", false, error.to_string()),
            Finding::NoToken { granted } => self.put("token", granted, "none was sent".to_owned()),
            Finding::Token(Ok(claims)) => {
                let (role, subject) = (claims.role.name(), claims.subject.as_str());
                let supposed = "assumed to be genuine, unexpired and not revoked";
                self.put("token", true, format!("a {role} token of {subject}, {supposed}"));
            }
            Finding::Token(Err(refusal)) => self.put("token", false, refusal.code().to_owned()),
            Finding::Revocation(halt) => self.put("revocation", false, revocation(halt).to_owned()),
            Finding::Restrictions { claims, unmet } => match unmet {
                Some(unmet) => self.put("restrictions", false, unmet.text()),
                None => {
                    let all: Vec<String> = claims.restrictions.iter().map(ToString::to_string).collect();
                    self.put("restrictions", true, format!("all hold: {}", all.join(" ")));
                }
            },
            Finding::Role {
                claims,
                access,
                granted,
            } => {
                let finding = format!("{} {} {}", claims.role.name(), covers(granted), access.name());
                self.put("role", granted, finding);
            }
            Finding::Access {
                access: Ok(access), ..
            } => self.put_class(Some(access)),
            Finding::Access {
                access: Err(error), ..
            } => self.put("body", false, body(error)),
            Finding::StrayBody => self.put("body", false, "a GET or HEAD request has a body".to_owned()),
            Finding::CrossSite => {
                let finding = "a page of another site may have sent it with stored credentials";
                self.put("sender", false, finding.to_owned());
            }
            Finding::Membership {
                subject,
                namespace,
                access,
                held,
                granted,
            } => {
                let finding = membership(subject, namespace.unwrap_or_default(), access, held, granted);
                self.put("membership", granted, finding);
            }
        }
    }
}

impl<'a> StepTrace<'a> {
    /// Adds a step. It replaces an earlier step of the same name, which knew less. Steps behind one that does not hold are
    /// dropped, because they do not explain why the request stopped there, or would have stopped.
    fn put(&mut self, name: &'static str, holds: bool, finding: String) {
        if self.steps.last().is_some_and(|last| !last.holds) {
            return;
        }
        let step = Step { name, holds, finding };
        match self.steps.iter_mut().find(|earlier| earlier.name == name) {
            Some(earlier) => *earlier = step,
            None => self.steps.push(step),
        }
    }

    fn put_rule(&mut self, rule: Rule<'a>, class: Class<'a>) {
        let finding = match rule {
            Rule::Line { table, number, text } => match table {
                Some(table) => format!("line {number} of {table}: {text}"),
                None => format!("line {number}: {text}"),
            },
            Rule::Unlisted => {
                "no line: GET and HEAD read, OPTIONS is public, everything else writes".to_owned()
            }
            Rule::NoPreflight => "OPTIONS without the headers of a preflight: a write".to_owned(),
            Rule::MethodParameter => "the query asks for another method: a write".to_owned(),
        };
        self.put("rule", true, finding);
        self.class = Some(class);
        self.put_class(None);
    }

    /// Adds the `class` step, with the access if it is known.
    fn put_class(&mut self, access: Option<Access>) {
        let Some(class) = self.class else { return };
        let known = access.unwrap_or(class.at_least());
        let by = match (class, access) {
            (Class::Known(_), _) => String::new(),
            (Class::LfsBatch, Some(_)) => ", by the operation in the body".to_owned(),
            (Class::LfsBatch, None) => ", unless the operation in the body needs more".to_owned(),
            (Class::UnlessNamed { parameter, .. }, Some(_)) => {
                format!(", by what query and body say about {parameter}")
            }
            (Class::UnlessNamed { parameter, .. }, None) => format!(", unless the body names {parameter}"),
        };
        let finding = format!("{}{by}: {}", known.name(), meaning(known));
        self.put("class", true, finding);
    }
}

const fn covers(granted: bool) -> &'static str {
    if granted { "covers" } else { "does not cover" }
}

const fn revocation(halt: &Halt) -> &'static str {
    match halt {
        Halt::Refuse(refusal) => refusal.code(),
        Halt::Fail(fault) => fault.code(),
        Halt::Wait(_) | Halt::Preflight => "the revocation list was not fetched yet",
    }
}

fn body(error: BodyError) -> String {
    match error {
        BodyError::Unread => "the body determines the class, and has not been read yet".to_owned(),
        BodyError::TooLong => format!("the body is longer than {MAXIMUM_DECIDING_BODY_BYTES} bytes"),
    }
}

fn membership(subject: &Subject, namespace: &str, access: Access, held: Held, granted: bool) -> String {
    match held {
        Held::Exempt(Exemption::Off) => "off: the origin decides".to_owned(),
        Held::Exempt(Exemption::NoNamespace) => "the path names no namespace".to_owned(),
        Held::Exempt(Exemption::Read) => {
            "not checked: the gate does not look up memberships for reads".to_owned()
        }
        Held::Unknown | Held::Unavailable => {
            format!("the role of {} in {namespace} is not known", subject.as_str())
        }
        Held::NamespaceMissing => "a write needs a path that names a namespace".to_owned(),
        Held::Role(role) => format!(
            "{} is {role} in {namespace}, which {} {}",
            subject.as_str(),
            covers(granted),
            access.name()
        ),
    }
}

const fn meaning(access: Access) -> &'static str {
    match access {
        Access::Public => "is forwarded unchanged, with any token or none",
        Access::Read => "needs any valid token",
        Access::Contribute => "needs a write token; the origin decides the rest",
        Access::Write => "needs a write token, and in an organization the role write or admin",
    }
}
