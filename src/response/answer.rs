//! An answer: status, headers and body, in the form that each client can show.

use super::challenge::Challenge;
use super::client::Client;
use super::error_body;
use super::fault::{Effect, Fault};
use super::reader::{Reader, Repetition};
use super::refusal::Refusal;

/// How long a client should wait until a fault of ours may be repaired.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The message by which huggingface_hub distinguishes an invalid token from a missing repository (`hf_raise_for_status`). Over
/// https, a 401 with any other message becomes `RepositoryNotFoundError`.
const HUB_INVALID_TOKEN: &str = "Invalid credentials in Authorization header";

/// The headers that a script of another origin may read. The gate's own answers contain nothing personal.
const EXPOSED_HEADERS: &str = "X-Error-Code, X-Error-Message, WWW-Authenticate, Retry-After";

/// A complete answer, except for what HTTP itself adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The reason phrase, if it is not the status's own. Only HTTP/1.1 carries it.
    pub reason: Option<String>,
    /// Header fields; a name may occur more than once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The answer to a request that the caller must correct.
    pub fn to_refusal(refusal: &Refusal, reader: &Reader<'_>) -> Self {
        Message {
            status: refusal.status(),
            code: refusal.code(),
            text: &refusal.text(reader),
            challenge: refusal.challenge(),
            retry_after: refusal.retry_after(),
            is_final: true,
        }
        .answer(reader)
    }

    /// The answer to a request that failed on our side.
    pub fn to_fault(fault: &Fault, reader: &Reader<'_>) -> Self {
        // Whoever repeats a request that may have been done does it twice.
        let may_be_repeated = match (fault.effect(), reader.repetition) {
            (Effect::None, _) | (Effect::Unknown, Repetition::Once) => true,
            (Effect::Unknown, Repetition::Twice) => false,
        };
        Message {
            status: fault.status(),
            code: fault.code(),
            text: fault.text(),
            challenge: Challenge::None,
            retry_after: may_be_repeated.then_some(RETRY_AFTER_SECONDS),
            is_final: !may_be_repeated,
        }
        .answer(reader)
    }
}

/// The content of an unsuccessful answer, independent of its form.
pub(crate) struct Message<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The code for machines.
    pub(crate) code: &'static str,
    /// What is wrong and what to do.
    pub(crate) text: &'a str,
    /// The challenge for credentials.
    pub(crate) challenge: Challenge,
    /// The value of `Retry-After` in seconds.
    pub(crate) retry_after: Option<u32>,
    /// Whether a program should not repeat the request by itself.
    pub(crate) is_final: bool,
}

impl Message<'_> {
    /// The answer in the form of this reader.
    pub(crate) fn answer(&self, reader: &Reader<'_>) -> Answer {
        let text = match reader.client {
            // They end the sentence themselves.
            Client::Hub => self.text.strip_suffix('.').unwrap_or(self.text),
            Client::Git
            | Client::GitLfs
            | Client::OpenAi
            | Client::Messages
            | Client::Registry
            | Client::Npm
            | Client::Mlflow
            | Client::Browser
            | Client::ReasonOnly
            | Client::Other => self.text,
        };
        let (content_type, body) = error_body::write(reader, self.status, self.code, text);
        let error_message = if reader.client == Client::Hub && self.status == 401 {
            HUB_INVALID_TOKEN
        } else {
            text
        };
        let mut headers = vec![
            ("Content-Type", content_type.to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("X-Error-Code", self.code.to_owned()),
            ("X-Error-Message", error_message.to_owned()),
            ("Access-Control-Allow-Origin", "*".to_owned()),
            ("Access-Control-Expose-Headers", EXPOSED_HEADERS.to_owned()),
        ];
        headers.extend(self.challenge.headers(self.status, reader));
        if let Some(seconds) = self.retry_after {
            headers.push(("Retry-After", seconds.to_string()));
        }
        let mut reason = None;
        match reader.client {
            // Logged once for each topic, and the only text that is shown where an answer has no body, or where the
            // library takes its cache instead (`_warn_on_warning_headers`).
            Client::Hub => headers.push(("X-HF-Warning", format!("{}; {text}", self.code))),
            Client::Npm => headers.push(("npm-notice", self.text.to_owned())),
            // They repeat whatever is a 429 or a 5xx, unless this says otherwise.
            Client::OpenAi | Client::Messages => {
                if self.is_final {
                    headers.push(("X-Should-Retry", "false".to_owned()));
                }
            }
            Client::Browser => headers.push((
                "Content-Security-Policy",
                "default-src 'none'; frame-ancestors 'none'".to_owned(),
            )),
            Client::ReasonOnly => reason = Some(self.text.to_owned()),
            Client::Git | Client::GitLfs | Client::Registry | Client::Mlflow | Client::Other => {}
        }
        Answer {
            status: self.status,
            reason,
            headers,
            body,
        }
    }
}
