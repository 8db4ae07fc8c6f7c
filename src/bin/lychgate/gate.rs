//! A client of a running gate's management API, which `docs/openapi.yaml` describes. Knows nothing of the single calls.

use std::env;
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use lychgate::token::{Subject, TokenId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use ureq::http::{HeaderValue, Method, Request, StatusCode};
use ureq::{Agent, Proxy};
use zeroize::Zeroizing;

use crate::address::{Address, Way};
use crate::admin_key::AdminKeySource;
use crate::failure::{Failure, say};
use crate::print;
use crate::unanswered::{may_have_arrived, reason};

/// The environment variable that names the gate.
const URL: &str = "LYCHGATE_URL";

/// How long connecting may take. If it takes longer, the address is probably wrong.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a response may take, in addition to the wait that the call asks for: the gate's ledger may be starting.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause before a call is repeated: a restart may have broken the connection.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// The longest response that is read. A full page of 100 tokens is below 64 KiB.
const MAXIMUM_ANSWER_BYTES: u64 = 1024 * 1024;

/// The largest page, according to the API's description.
const PAGE: u64 = 100;

/// The length at which a reason is truncated. Every reason of a gate is shorter; another server must not flood the terminal.
const MAXIMUM_REASON_CHARACTERS: usize = 1000;

/// The gate's address, and the admin key.
#[derive(Args)]
pub(crate) struct GateOptions {
    /// The gate: https, or http on this machine, with its GATE_PREFIX if it has one of its own [default: the environment variable LYCHGATE_URL]
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    admin_key: AdminKeySource,
}

/// A running gate and its admin key.
pub(crate) struct Gate {
    address: Address,
    admin_key: Zeroizing<String>,
    authorization: HeaderValue,
    agent: Agent,
}

/// One call of the API.
pub(crate) struct Call {
    method: Method,
    /// Path and query, after `api/`.
    target: String,
    body: Option<String>,
    idempotency_key: Option<String>,
    /// What to do if it is unknown whether the call was carried out.
    if_lost: String,
    /// What is told where the gate finds nothing there.
    if_missing: Option<String>,
}

/// One page of a list.
pub(crate) trait Page: DeserializeOwned {
    /// The type of the list's items.
    type Item;

    /// The page's items, the cursor of the next page, and the shards whose items are missing.
    fn open(self) -> (Vec<Self::Item>, Option<String>, Vec<u16>);
}

/// A response, from a gate or from another server in its place.
struct Answer {
    status: StatusCode,
    /// `Retry-After`, in seconds.
    retry_after: Option<u32>,
    body: Zeroizing<Vec<u8>>,
}

/// The members of a problem document (RFC 9457) that the command line uses.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

impl GateOptions {
    /// The gate, for calls whose response may take up to `wait` to begin.
    pub(crate) fn gate(&self, wait: Duration) -> Result<Gate, Failure> {
        // Not by clap, whose usage would then call an option that nobody has to give required.
        let url = self.url.clone().or_else(|| env::var(URL).ok());
        let url = url.filter(|url| !url.is_empty()).ok_or_else(|| {
            Failure::Usage(
                "no gate URL: set LYCHGATE_URL or pass --url, such as https://gate.example, or \
                 http://127.0.0.1:8787 for `make dev`"
                    .to_owned(),
            )
        })?;
        let address = Address::parse(&url)
            .map_err(|why| Failure::Usage(format!("--url or LYCHGATE_URL is not a gate's URL: {why}")))?;
        let admin_key = self.admin_key.read()?;
        let bearer = Zeroizing::new(format!("Bearer {}", *admin_key));
        let mut authorization = HeaderValue::from_str(&bearer).map_err(|_| {
            Failure::Unusable("the admin key contains characters that a header cannot hold".to_owned())
        })?;
        authorization.set_sensitive(true);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // A gate never redirects, and the admin key must not reach the redirect's target.
            .max_redirects(0)
            .proxy(match address.way() {
                Way::Loopback => None,
                Way::Network => Proxy::try_from_env(),
            })
            .user_agent(concat!("lychgate/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(ANSWER_TIMEOUT.saturating_add(wait)))
            .build()
            .new_agent();
        Ok(Gate {
            address,
            admin_key,
            authorization,
            agent,
        })
    }
}

impl Call {
    /// A call that reads.
    pub(crate) fn get(target: String) -> Self {
        Self {
            method: Method::GET,
            target,
            body: None,
            idempotency_key: None,
            if_lost: "try again".to_owned(),
            if_missing: None,
        }
    }

    /// A call that revokes or removes.
    pub(crate) fn delete(target: String) -> Self {
        Self {
            method: Method::DELETE,
            target,
            body: None,
            idempotency_key: None,
            if_lost: "it may have been carried out: run this again; repeating it is harmless".to_owned(),
            if_missing: None,
        }
    }

    /// A call that replaces something.
    pub(crate) fn put(target: String, body: String) -> Self {
        Self {
            method: Method::PUT,
            target,
            body: Some(body),
            idempotency_key: None,
            if_lost: "it may have been carried out: run this again; repeating it is harmless".to_owned(),
            if_missing: None,
        }
    }

    /// A call that adds what is not there yet.
    pub(crate) fn post(target: String, body: String) -> Self {
        Self {
            method: Method::POST,
            ..Self::put(target, body)
        }
    }

    /// A call that creates a secret. Its idempotency key makes the gate create it only once, however often it is sent.
    pub(crate) fn make(target: String, body: Option<String>, if_lost: String) -> Result<Self, Failure> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Failure::Unusable(format!("the system provides no random bytes: {error}")))?;
        Ok(Self {
            method: Method::POST,
            target,
            body,
            idempotency_key: Some(URL_SAFE_NO_PAD.encode(random)),
            if_lost,
            if_missing: None,
        })
    }

    /// The same call, which is of one token.
    pub(crate) fn of_token(self, id: TokenId, subject: &Subject) -> Self {
        let subject = subject.as_str();
        Self {
            if_missing: Some(format!(
                "{subject} has no token {id}; `lychgate tokens list --all --subject {subject}` shows which there are"
            )),
            ..self
        }
    }
}

impl Gate {
    /// Makes a call. If the connection is lost before the response arrives, a repeatable call is sent once more.
    pub(crate) fn answer<A: DeserializeOwned>(&self, call: &Call) -> Result<A, Failure> {
        let answer = match self.exchange(call) {
            Err(error) if call.idempotency_key.is_some() && may_have_arrived(&error) => {
                say(&format!(
                    "The gate's response was lost ({}); repeating the call once.",
                    reason(&error)
                ));
                thread::sleep(RETRY_PAUSE);
                self.exchange(call).map_err(|error| self.lost(call, &error))?
            }
            Err(error) if may_have_arrived(&error) => return Err(self.lost(call, &error)),
            Err(error) => {
                return Err(Failure::Unusable(format!(
                    "the gate at {} could not be reached: {}; check --url, or LYCHGATE_URL, and whether the gate runs",
                    self.address,
                    reason(&error)
                )));
            }
            Ok(answer) => answer,
        };
        if !answer.status.is_success() {
            return Err(self.refused(call, &answer));
        }
        serde_json::from_slice(&answer.body).map_err(|_| self.not_as_a_gate(call, &answer))
    }

    /// Reads a list page by page, up to `limit` items, and passes each page on as it arrives.
    pub(crate) fn pages<P: Page>(
        &self,
        target: &str,
        limit: Option<u64>,
        mut each: impl FnMut(Vec<P::Item>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut left = limit.unwrap_or(u64::MAX);
        let mut cursor: Option<String> = None;
        let separator = if target.contains('?') { '&' } else { '?' };
        loop {
            let mut page = format!("{target}{separator}limit={}", left.min(PAGE));
            if let Some(cursor) = &cursor {
                page.push_str("&cursor=");
                page.push_str(cursor);
            }
            let (items, next, unanswered) = self.answer::<P>(&Call::get(page))?.open();
            left = left.saturating_sub(u64::try_from(items.len()).unwrap_or(u64::MAX));
            each(items)?;
            if let [first, ..] = unanswered.as_slice() {
                return Err(Failure::Unusable(format!(
                    "{} shards did not answer, shard {first} among them: what was printed is not all",
                    unanswered.len()
                )));
            }
            match next {
                Some(next) if left > 0 => {
                    // A cursor that repeats would be followed forever.
                    if !is_cursor(&next) || cursor.as_ref() == Some(&next) {
                        return Err(Failure::Unusable(format!(
                            "the gate at {} returned a cursor that leads nowhere; the output is incomplete",
                            self.address
                        )));
                    }
                    cursor = Some(next);
                }
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Sends a call once and reads the whole response.
    fn exchange(&self, call: &Call) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(self.address.api(&call.target))
            .header(AUTHORIZATION, &self.authorization)
            .header(ACCEPT, "application/json, application/problem+json");
        if let Some(key) = &call.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        let mut response = match &call.body {
            Some(body) => self.agent.run(
                request
                    .header(CONTENT_TYPE, "application/json")
                    .body(body.as_bytes())?,
            )?,
            None if call.method == Method::POST => self.agent.run(request.body(&b""[..])?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response
            .body_mut()
            .with_config()
            .limit(MAXIMUM_ANSWER_BYTES)
            .read_to_vec()?;
        Ok(Answer {
            status: response.status(),
            retry_after,
            body: Zeroizing::new(body),
        })
    }

    /// Why the gate did not carry out a call that it answered.
    fn refused(&self, call: &Call, answer: &Answer) -> Failure {
        let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body) else {
            return self.not_as_a_gate(call, answer);
        };
        let code = self.passed_on(&problem.code);
        let mut reason = match &call.if_missing {
            Some(missing) if answer.status == StatusCode::NOT_FOUND => missing.clone(),
            Some(_) | None => self.passed_on(&problem.detail),
        };
        if answer.status.is_server_error() {
            let when = match answer.retry_after {
                Some(seconds) => format!("try again in {seconds} s"),
                None => "try again later".to_owned(),
            };
            return Failure::Unusable(format!(
                "the gate at {} cannot do this now: {code}: {reason}; {when}",
                self.address
            ));
        }
        if code == "admin_required" {
            reason.push_str(&format!(
                " (LYCHGATE_ADMIN_KEY or --admin-key-file does not hold the admin key of the gate at {}.)",
                self.address
            ));
        }
        Failure::RefusedByGate { code, reason }
    }

    fn lost(&self, call: &Call, error: &ureq::Error) -> Failure {
        Failure::Unusable(format!(
            "the gate at {} did not answer: {}; {}",
            self.address,
            reason(error),
            call.if_lost
        ))
    }

    fn not_as_a_gate(&self, call: &Call, answer: &Answer) -> Failure {
        Failure::Unusable(format!(
            "{} answered {} in a form that a gate does not use: it is not a gate, or something in between answers for \
             it; check --url or LYCHGATE_URL. If it is the gate, {}",
            self.address, answer.status, call.if_lost
        ))
    }

    /// A text of the other side, in a form that is safe for a terminal and a log.
    fn passed_on(&self, text: &str) -> String {
        let text = text.replace(self.admin_key.as_str(), "(redacted)");
        print::visible(&text)
            .chars()
            .take(MAXIMUM_REASON_CHARACTERS)
            .collect()
    }
}

/// The form of a cursor, according to the API's description.
fn is_cursor(text: &str) -> bool {
    (1..=2048).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
