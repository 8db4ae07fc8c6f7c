//! An answer: status, headers and body, in the form that each client can show.

use super::challenge::Challenge;
use super::client::Client;
use super::error_body;
use super::fault::Fault;
use super::refusal::Refusal;
use crate::token::Prefix;

/// How long a client should wait until a fault of ours may be repaired.
const RETRY_AFTER_SECONDS: u32 = 5;

/// A complete answer, except for what HTTP itself adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header fields; a name may occur more than once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The answer to a request that the caller must correct. `prefix` is the realm.
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

/// The content of an unsuccessful answer, independent of its form.
pub(crate) struct Message<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The code for machines.
    pub(crate) code: &'static str,
    /// What is wrong and what to do.
    pub(crate) text: &'a str,
    /// The content of `X-Error-Message` for the Hub's clients.
    pub(crate) hub_message: &'a str,
    /// The challenge for credentials.
    pub(crate) challenge: Challenge,
    /// The value of `Retry-After` in seconds.
    pub(crate) retry_after: Option<u32>,
}

impl Message<'_> {
    /// The answer in the form of this client. `prefix` is the realm.
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
