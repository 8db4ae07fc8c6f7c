//! Refusals and faults in the form that each client shows.

use lychgate::keys::KeyRing;
use lychgate::policy::{Anonymous, Body, Mode, Request, State, Verdict, decide};
use lychgate::request::{Content, CredentialsError, Sender, TargetError};
use lychgate::response::{
    Answer, Client, ClientSigns, Fault, Initiator, Reader, Refusal, Repetition, UnmetRestriction,
};
use lychgate::routes::{Access, RouteTable};
use lychgate::state::{MembershipRecords, MembershipRole, Memberships, OnStale, RevocationList, Revocations};
use lychgate::token::{Claims, Prefix, Role, TokenError, TokenId, TokenSlip, Verifier, mint};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cases::{Cases, equal, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    answers: Vec<AnswerCase>,
    recognise: Vec<ClientCase>,
    echo: Vec<EchoCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerCase {
    name: String,
    /// The refusal and its facts, or `fault` and the fault.
    what: String,
    client: String,
    method: String,
    /// `program`, `navigation` or `page`.
    initiator: String,
    /// Whether the deployment has the page.
    page: bool,
    status: u16,
    phrase: String,
    code: String,
    /// All of them; `(text)` stands for the text of the body.
    headers: Vec<(String, String)>,
    /// What the text must hold.
    says: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientCase {
    name: String,
    target: String,
    user_agent: Option<String>,
    accept: Option<String>,
    mode: Option<String>,
    dest: Option<String>,
    anthropic: bool,
    client: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EchoCase {
    name: String,
    method: String,
    target: String,
    authorization: Option<String>,
    code: String,
}

/// What the caller sends everywhere, to see whether it comes back.
const MARKER: &str = "marker";

const CLIENTS: [(&str, Client); 11] = [
    ("git", Client::Git),
    ("git-lfs", Client::GitLfs),
    ("hub", Client::Hub),
    ("openai", Client::OpenAi),
    ("messages", Client::Messages),
    ("registry", Client::Registry),
    ("npm", Client::Npm),
    ("mlflow", Client::Mlflow),
    ("browser", Client::Browser),
    ("reason", Client::ReasonOnly),
    ("other", Client::Other),
];

const TOKEN_PAGE: &str = "https://hub.example/-/";

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn clients_are_told_in_the_form_that_they_show() {
    let vectors: Vectors = read("refusal.json", include_str!("refusal.json"));
    let prefix = Prefix::default();
    let mut cases = Cases::of("answers");
    for case in vectors.answers {
        let client = client_named(&case.client);
        let reader = Reader {
            initiator: initiator_named(&case.initiator),
            repetition: Repetition::of(&case.method),
            token_page: case.page.then_some(TOKEN_PAGE),
            ..Reader::new(client, &prefix)
        };
        let (answer, code) = match case.what.strip_prefix("fault ") {
            Some(fault) => {
                let fault = fault_named(fault);
                (Answer::to_fault(&fault, &reader), fault.code())
            }
            None => {
                let refusal = refusal_named(&case.what);
                (Answer::to_refusal(&refusal, &reader), refusal.code())
            }
        };
        let outcome = case.compare(&answer, client, code);
        cases.note(&case.name, outcome);
    }
    cases.finish(400);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn clients_are_told_apart_by_what_they_say_of_themselves() {
    let vectors: Vectors = read("refusal.json", include_str!("refusal.json"));
    let mut cases = Cases::of("clients");
    for case in vectors.recognise {
        let found = Client::recognise(&ClientSigns {
            target: &case.target,
            user_agent: case.user_agent.as_deref(),
            accept: case.accept.as_deref(),
            sec_fetch_mode: case.mode.as_deref(),
            sec_fetch_dest: case.dest.as_deref(),
            has_anthropic_version: case.anthropic,
        });
        cases.equal(&case.name, found, client_named(&case.client));
    }
    cases.finish(70);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn nothing_that_the_caller_sent_comes_back() {
    let vectors: Vectors = read("refusal.json", include_str!("refusal.json"));
    let state = state();
    let mut cases = Cases::of("echoes");
    for case in vectors.echo {
        let authorization = match case.authorization.as_deref() {
            Some("(read token)") => Some(format!("Bearer {}", token(Role::Read, state.tokens.keys()))),
            Some("(write token)") => Some(format!("Bearer {}", token(Role::Write, state.tokens.keys()))),
            authorization => authorization.map(str::to_owned),
        };
        let request = Request {
            method: &case.method,
            target: &case.target,
            authorization: authorization.as_deref(),
            api_key: None,
            content: Content::None,
            sender: Sender::default(),
            body: Body::Unread,
        };
        let outcome = match decide(&request, &state, 2).verdict {
            Verdict::Refuse(refusal) => equal("code", refusal.code(), case.code.as_str()).and_then(|()| {
                CLIENTS
                    .into_iter()
                    .try_for_each(|client| says_nothing(&refusal, client))
            }),
            verdict @ (Verdict::Forward(_)
            | Verdict::Fail(_)
            | Verdict::Wait(_)
            | Verdict::AnswerPreflight) => Err(format!("expected a refusal, found {verdict:?}")),
        };
        cases.note(&case.name, outcome);
    }
    cases.finish(34);
}

impl AnswerCase {
    fn compare(&self, answer: &Answer, client: Client, code: &str) -> Result<(), String> {
        equal("code", code, self.code.as_str())?;
        equal("status", answer.status, self.status)?;
        let text = self.text(&answer.body, client)?;
        let mut found: Vec<(&str, &str)> = answer
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let wanted: Vec<(&str, String)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.replace("(text)", &text)))
            .collect();
        let mut expected: Vec<(&str, &str)> = wanted
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        equal("headers", &found, &expected)?;
        let reason = (client == Client::ReasonOnly).then_some(&text);
        equal("reason", answer.reason.as_ref(), reason)?;
        let fit_for_headers = |value: &str| value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        equal(
            "headers of printable ASCII",
            found.iter().all(|(_, value)| fit_for_headers(value)),
            true,
        )?;
        self.says.iter().try_for_each(|said| {
            if text.contains(said.as_str()) {
                Ok(())
            } else {
                Err(format!("the text does not say {said:?}: {text}"))
            }
        })
    }

    /// The text out of a body of the client's form; all else in the body is checked here.
    fn text(&self, body: &str, client: Client) -> Result<String, String> {
        let place = match client {
            Client::Git => return one_line(body),
            Client::Browser => return self.text_of_a_page(body),
            Client::GitLfs | Client::Mlflow => "/message",
            Client::Hub | Client::Npm => "/error",
            Client::OpenAi | Client::Messages => "/error/message",
            Client::Registry => "/errors/0/message",
            Client::ReasonOnly | Client::Other => "/detail",
        };
        let body: Value = serde_json::from_str(body).map_err(|error| format!("{body}: {error}"))?;
        let text = body.pointer(place).and_then(Value::as_str);
        let text = text.ok_or_else(|| format!("no {place} in {body}"))?;
        equal("body", &body, &self.json(text, client))?;
        Ok(text.to_owned())
    }

    /// The whole body with this text, for a client that reads JSON.
    fn json(&self, text: &str, client: Client) -> Value {
        let error = || json!({ "message": text, "type": self.type_for_openai(), "code": self.code });
        match client {
            Client::GitLfs => json!({ "message": text }),
            Client::Hub | Client::Npm => json!({ "error": text, "code": self.code }),
            Client::OpenAi => json!({ "error": error() }),
            Client::Messages => json!({ "type": "error", "error": error() }),
            Client::Registry => {
                json!({ "errors": [{ "code": self.code_for_registries(), "message": text }] })
            }
            Client::Mlflow => json!({ "error_code": self.code_for_mlflow(), "message": text }),
            Client::ReasonOnly | Client::Other => json!({
                "status": self.status, "title": self.phrase, "detail": text, "code": self.code,
            }),
            Client::Git | Client::Browser => panic!("{client:?} reads no JSON"),
        }
    }

    fn type_for_openai(&self) -> &'static str {
        match self.status {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            501.. => "api_error",
            _ => "invalid_request_error",
        }
    }

    fn code_for_registries(&self) -> &'static str {
        match self.status {
            400 | 414 => "NAME_INVALID",
            401 => "UNAUTHORIZED",
            403 => "DENIED",
            404 => "NAME_UNKNOWN",
            413 => "SIZE_INVALID",
            429 => "TOOMANYREQUESTS",
            501 => "UNSUPPORTED",
            502.. => "UNAVAILABLE",
            _ => "UNKNOWN",
        }
    }

    fn code_for_mlflow(&self) -> &'static str {
        match self.status {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            404 => "NOT_FOUND",
            429 => "REQUEST_LIMIT_EXCEEDED",
            501 => "NOT_IMPLEMENTED",
            502.. => "TEMPORARILY_UNAVAILABLE",
            _ => "BAD_REQUEST",
        }
    }

    /// The text out of a page; the rest of the page is checked here.
    fn text_of_a_page(&self, body: &str) -> Result<String, String> {
        let (status, phrase, code) = (self.status, &self.phrase, &self.code);
        for part in [
            "<!doctype html>\n<html lang=\"en\">".to_owned(),
            format!("<title>{status} {phrase}</title>"),
            format!("<h1>{phrase}</h1>"),
            format!("<p><small>{status} {code}</small></p>"),
        ] {
            equal(&part, body.contains(&part), true)?;
        }
        equal("a script", body.contains("<script"), false)?;
        let text = body
            .split("<p>")
            .nth(1)
            .and_then(|rest| rest.split("</p>").next());
        let text = text.ok_or("no paragraph")?;
        // What is to be typed is marked as such, and nothing else is markup.
        let text = text.replace("<code>", "`").replace("</code>", "`");
        equal("markup in the text", text.contains('<'), false)?;
        let link = format!("<a href=\"{TOKEN_PAGE}\">Your access tokens</a>");
        let leads_on = self.page && (400..=403).contains(&self.status);
        equal("a link to the tokens", body.contains(&link), leads_on)?;
        equal("links", body.matches("<a ").count(), usize::from(leads_on))?;
        Ok(text.replace("&lt;", "<").replace("&gt;", ">"))
    }
}

/// A text in one line, without the end of the line.
fn one_line(body: &str) -> Result<String, String> {
    body.strip_suffix('\n')
        .filter(|text| !text.contains('\n'))
        .map(str::to_owned)
        .ok_or_else(|| format!("not one line: {body:?}"))
}

fn says_nothing(refusal: &Refusal, (name, client): (&str, Client)) -> Result<(), String> {
    let answer = Answer::to_refusal(refusal, &Reader::new(client, &Prefix::default()));
    let headers = answer.headers.iter().map(|(_, value)| value);
    for text in headers.chain(&answer.reason).chain([&answer.body]) {
        if text.to_ascii_lowercase().contains(MARKER) {
            return Err(format!("{name} is told {text}"));
        }
    }
    Ok(())
}

fn state() -> State {
    let mut revocations = Revocations::default();
    revocations.accept(RevocationList::empty(0, 1, u32::MAX)).unwrap();
    let mut memberships = MembershipRecords::default();
    memberships.note_missing(&"alice".parse().unwrap(), 2).unwrap();
    State {
        tokens: Verifier::new(Prefix::default(), KeyRing::generate([1; 32])),
        routes: RouteTable::shipped(),
        revocations,
        memberships: Memberships::On(memberships),
        anonymous: Anonymous::Deny,
        on_stale: OnStale::Deny,
        mode: Mode::Enforce,
    }
}

fn token(role: Role, keys: &KeyRing) -> String {
    let claims = Claims {
        role,
        subject: "alice".parse().unwrap(),
        id: TokenId { shard: 0, serial: 7 },
        issued_at: 1,
        expires_at: None,
        bearer: lychgate::token::BearerKind::User,
        restrictions: lychgate::token::Restrictions::default(),
    };
    mint(&claims, &Prefix::default(), keys).unwrap().to_string()
}

fn client_named(name: &str) -> Client {
    let found = CLIENTS.into_iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("{name} is no client")).1
}

fn initiator_named(name: &str) -> Initiator {
    match name {
        "program" => Initiator::Program,
        "navigation" => Initiator::Navigation,
        "page" => Initiator::Page,
        _ => panic!("{name} is no initiator"),
    }
}

fn fault_named(name: &str) -> Fault {
    [
        Fault::RevocationsUnavailable,
        Fault::MembershipsUnavailable,
        Fault::OriginUnreachable,
        Fault::OriginTimeout,
        Fault::Misconfigured,
        Fault::Trapped,
    ]
    .into_iter()
    .find(|fault| format!("{fault:?}") == name)
    .unwrap_or_else(|| panic!("{name} is no fault"))
}

fn refusal_named(what: &str) -> Refusal {
    let id = TokenId { shard: 0, serial: 7 };
    let words: Vec<&str> = what.split(' ').collect();
    match words.as_slice() {
        ["TokenRequired"] => Refusal::TokenRequired,
        ["CredentialsMalformed", error] => Refusal::CredentialsMalformed(named(
            error,
            &[
                CredentialsError::Form,
                CredentialsError::NoToken,
                CredentialsError::NoValue,
                CredentialsError::NoScheme,
                CredentialsError::SchemeTwice,
                CredentialsError::Scheme,
                CredentialsError::Long,
                CredentialsError::Base64,
                CredentialsError::NoColon,
                CredentialsError::InTarget,
            ],
        )),
        ["TokenInvalid", error] => Refusal::TokenInvalid(named(
            error,
            &[
                TokenError::Length,
                TokenError::Prefix,
                TokenError::Alphabet,
                TokenError::Checksum,
                TokenError::Version,
                TokenError::Structure,
                TokenError::UnknownKey,
                TokenError::Signature,
                TokenError::Claims,
                TokenError::Restriction,
            ],
        )),
        ["TokenMistaken", slip] => Refusal::TokenMistaken(named(
            slip,
            &[
                TokenSlip::Empty,
                TokenSlip::Placeholder,
                TokenSlip::OtherService,
                TokenSlip::Quoted,
                TokenSlip::Blank,
                TokenSlip::Preceded,
            ],
        )),
        ["TokenExpired"] => Refusal::TokenExpired {
            id,
            expired_at: 1_750_000_000,
        },
        ["TokenRevoked"] => Refusal::TokenRevoked { id },
        ["OrganizationTokenDeprecated"] => Refusal::OrganizationTokenDeprecated,
        ["RoleInsufficient", held, needed] => Refusal::RoleInsufficient {
            held: held.parse().unwrap(),
            needed: access_named(needed),
        },
        ["RestrictionInsufficient", restriction, asked @ ..] => {
            Refusal::RestrictionInsufficient(Box::new(UnmetRestriction {
                restriction: restriction.replace('_', " ").parse().unwrap(),
                asked: asked.first().map(|asked| (*asked).to_owned()),
            }))
        }
        ["MembershipInsufficient", held, needed] => Refusal::MembershipInsufficient {
            held: [
                MembershipRole::NoAccess,
                MembershipRole::None,
                MembershipRole::Read,
                MembershipRole::Contributor,
            ]
            .into_iter()
            .find(|role| role.name() == *held)
            .unwrap(),
            needed: access_named(needed),
        },
        ["TargetAmbiguous", error] => Refusal::TargetAmbiguous(named(
            error,
            &[
                TargetError::Host,
                TargetError::NotAPath,
                TargetError::EmptySegment,
                TargetError::DotSegment,
                TargetError::Backslash,
                TargetError::Control,
                TargetError::Fragment,
                TargetError::PercentEncoding,
                TargetError::Utf8,
                TargetError::OutOfPlace,
                TargetError::DoubleEncoding,
                TargetError::RepeatedParameter,
                TargetError::AlikeParameter,
                TargetError::ManyParameters,
            ],
        )),
        ["TargetTooLong"] => Refusal::TargetTooLong { bytes: 9000 },
        ["MethodUnsupported"] => Refusal::MethodUnsupported,
        ["RouteRefused"] => Refusal::RouteRefused,
        ["NamespaceUnknown"] => Refusal::NamespaceUnknown,
        ["CrossSite"] => Refusal::CrossSite,
        ["PathReserved"] => Refusal::PathReserved,
        ["BodyUnexpected"] => Refusal::BodyUnexpected,
        ["BodyTooLarge"] => Refusal::BodyTooLarge,
        ["LengthTooLarge"] => Refusal::LengthTooLarge,
        ["TooManyRefusals"] => Refusal::TooManyRefusals,
        ["TooManyRetries"] => Refusal::TooManyRetries,
        _ => panic!("{what} is no refusal"),
    }
}

fn named<T: Copy + std::fmt::Debug>(name: &str, all: &[T]) -> T {
    let found = all.iter().find(|one| format!("{one:?}") == name);
    *found.unwrap_or_else(|| panic!("{name} is not known"))
}

fn access_named(name: &str) -> Access {
    [Access::Contribute, Access::Write]
        .into_iter()
        .find(|access| access.name() == name)
        .unwrap()
}
