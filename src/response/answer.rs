//! An answer: status, headers and body, in the form that the client can show.

use super::challenge::Challenge;
use super::client::Client;
use super::error_body;
use super::fault::Fault;
use super::refusal::Refusal;
use crate::token::Prefix;

/// How long a client is asked to wait for a fault of ours to be repaired.
const RETRY_AFTER_SECONDS: u32 = 5;

/// An answer in full, but for what HTTP itself adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header fields; a name may stand more than once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The answer to a request that the caller must correct. `prefix` names the realm.
    pub fn to_refusal(refusal: &Refusal, client: Client, prefix: &Prefix) -> Self {
        let text = refusal.text();
        Message {
            status: refusal.status(),
            code: refusal.code(),
            hub_message: refusal.hub_message().unwrap_or(&text),
            text: &text,
            challenge: refusal.challenge(),
            retry_after: refusal.retry_after(),
        }
        .answer(client, prefix)
    }

    /// The answer to a request that failed on our side.
    pub fn to_fault(fault: &Fault, client: Client, prefix: &Prefix) -> Self {
        Message {
            status: fault.status(),
            code: fault.code(),
            hub_message: fault.text(),
            text: fault.text(),
            challenge: Challenge::None,
            retry_after: Some(RETRY_AFTER_SECONDS),
        }
        .answer(client, prefix)
    }
}

/// What an answer that is no success says, in whichever form.
pub(crate) struct Message<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The one word for machines.
    pub(crate) code: &'static str,
    /// What is wrong and what to do.
    pub(crate) text: &'a str,
    /// What the Hub's clients are told in `X-Error-Message`.
    pub(crate) hub_message: &'a str,
    /// How to come back with credentials.
    pub(crate) challenge: Challenge,
    /// After how many seconds to come back.
    pub(crate) retry_after: Option<u32>,
}

impl Message<'_> {
    /// The answer that says so to this client. `prefix` names the realm.
    pub(crate) fn answer(&self, client: Client, prefix: &Prefix) -> Answer {
        let (content_type, body) = error_body::write(client, self.status, self.code, self.text);
        let mut headers = vec![
            ("Content-Type", content_type.to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("X-Error-Code", self.code.to_owned()),
            ("X-Error-Message", self.hub_message.to_owned()),
        ];
        headers.extend(self.challenge.headers(self.status, client, prefix.as_str()));
        if client == Client::Browser {
            headers.push((
                "Content-Security-Policy",
                "default-src 'none'; frame-ancestors 'none'".to_owned(),
            ));
        }
        if let Some(seconds) = self.retry_after {
            headers.push(("Retry-After", seconds.to_string()));
        }
        Answer {
            status: self.status,
            headers,
            body,
        }
    }
}
