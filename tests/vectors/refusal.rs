//! Refusals and faults in the form that each client shows.

use lychgate::{
    Access, Anonymous, Answer, Body, Claims, Client, Content, CredentialsError, Fault, KeyRing,
    MembershipRecords, MembershipRole, Memberships, Mode, OnStale, Prefix, Refusal, Request, RevocationList,
    Revocations, Role, RouteTable, Sender, State, TargetError, TokenError, TokenId, UnmetRestriction,
    Verdict, Verifier, decide, mint,
};
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
    user_agent: Option<String>,
    accept: Option<String>,
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

const CLIENTS: [(&str, Client); 5] = [
    ("git", Client::Git),
    ("git-lfs", Client::GitLfs),
    ("hub", Client::Hub),
    ("browser", Client::Browser),
    ("other", Client::Other),
];

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn clients_are_told_in_the_form_that_they_show() {
    let vectors: Vectors = read("refusal.json", include_str!("refusal.json"));
    let prefix = Prefix::default();
    let mut cases = Cases::of("answers");
    for case in vectors.answers {
        let client = client_named(&case.client);
        let (answer, code) = match case.what.strip_prefix("fault ") {
            Some(fault) => {
                let fault = fault_named(fault);
                (Answer::to_fault(&fault, client, &prefix), fault.code())
            }
            None => {
                let refusal = refusal_named(&case.what);
                (Answer::to_refusal(&refusal, client, &prefix), refusal.code())
            }
        };
        let outcome = case.compare(&answer, client, code);
        cases.note(&case.name, outcome);
    }
    cases.finish(140);
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn clients_are_told_apart_by_what_they_say_of_themselves() {
    let vectors: Vectors = read("refusal.json", include_str!("refusal.json"));
    let mut cases = Cases::of("clients");
    for case in vectors.recognise {
        let found = Client::recognise(case.user_agent.as_deref(), case.accept.as_deref());
        cases.equal(&case.name, found, client_named(&case.client));
    }
    cases.finish(19);
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
    cases.finish(28);
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
        let mut expected: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .map(|(name, value)| (name, if value == "(text)" { text.as_str() } else { value }))
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        equal("headers", &found, &expected)?;
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
        let json = || serde_json::from_str::<Value>(body).map_err(|error| format!("{body}: {error}"));
        let field = |body: &Value, name: &str| {
            let text = body.get(name).and_then(Value::as_str);
            text.map(str::to_owned)
                .ok_or_else(|| format!("no {name} in {body}"))
        };
        match client {
            Client::Git => body
                .strip_suffix('\n')
                .filter(|text| !text.contains('\n'))
                .map(str::to_owned)
                .ok_or_else(|| format!("not one line: {body:?}")),
            Client::GitLfs => {
                let text = field(&json()?, "message")?;
                equal("body", json()?, json!({ "message": text }))?;
                Ok(text)
            }
            Client::Hub => {
                let text = field(&json()?, "error")?;
                equal("body", json()?, json!({ "error": text, "code": self.code }))?;
                Ok(text)
            }
            Client::Browser => {
                let (status, phrase, code) = (self.status, &self.phrase, &self.code);
                for part in [
                    "<!doctype html>\n<html lang=\"en\">".to_owned(),
                    format!("<title>{status} {phrase}</title>"),
                    format!("<h1>{phrase}</h1>"),
                    format!("<code>{code}</code>"),
                ] {
                    equal(&part, body.contains(&part), true)?;
                }
                equal("a script", body.contains("<script"), false)?;
                let text = body
                    .split("<p>")
                    .nth(1)
                    .and_then(|rest| rest.split("</p>").next());
                let text = text.ok_or("no paragraph")?;
                equal("markup in the text", text.contains('<'), false)?;
                Ok(text.replace("&lt;", "<").replace("&gt;", ">"))
            }
            Client::Other => {
                let text = field(&json()?, "detail")?;
                let expected = json!({
                    "status": self.status, "title": self.phrase, "detail": text, "code": self.code,
                });
                equal("body", json()?, expected)?;
                Ok(text)
            }
        }
    }
}

fn says_nothing(refusal: &Refusal, (name, client): (&str, Client)) -> Result<(), String> {
    let answer = Answer::to_refusal(refusal, client, &Prefix::default());
    let headers = answer.headers.iter().map(|(_, value)| value);
    for text in headers.chain([&answer.body]) {
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
        ["BodyTooLarge"] => Refusal::BodyTooLarge,
        ["LengthTooLarge"] => Refusal::LengthTooLarge,
        ["TooManyRefusals"] => Refusal::TooManyRefusals,
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
