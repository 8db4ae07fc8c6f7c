//! The client of the ledgers for the management API: one Durable Object per shard.

use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::web_sys::{self, RequestInit};
use worker::{Env, ObjectNamespace, Response};

use super::time::within;
use crate::isolate::clock::now;
use crate::isolate::environment::{ConfigError, binding, malformed};
use crate::isolate::log::Line;
use crate::isolate::settings::{LEDGER, ledger_name, shards};
use crate::json::from_slice;
use crate::ledger::{LedgerAddress, LedgerRefusal, LedgerRequest, Shards, Wake};
use crate::token::Timestamp;

/// How long a ledger may take: longer than the longest wait for a publication.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(40);

/// How long each of several shards may take, so that one that hangs does not hold up those who need another.
pub(super) const SHARD_LIMIT: Duration = Duration::from_secs(10);

/// The header in which a ledger states its clock's time.
pub(super) const LEDGER_TIME: &str = "X-Ledger-Time";

/// The HTTP status with which a ledger refuses a request.
pub(super) const REFUSED: u16 = 409;

/// How far ahead of the edge's clock a ledger's may be. If the host's clock is set back, an object's clock stalls until the
/// host's has caught up, and so do its timers and alarms. An edge whose own clock is behind by that much restarts the ledger with
/// every request, and is served nevertheless.
const AHEAD_SECONDS: u32 = 30;

/// The ledgers of all shards.
pub(super) struct Ledgers {
    pub(super) namespace: ObjectNamespace,
    pub(super) shards: Shards,
}

/// What several shards answered.
pub(super) struct Answers<T> {
    /// Those that did, and what.
    pub(super) answered: Vec<(u16, T)>,
    /// Those that did not: whether they have done what they were asked is not known.
    pub(super) unanswered: Vec<u16>,
}

/// Why a ledger did not carry out a request.
#[derive(Debug)]
pub(super) enum AskError {
    /// The ledger refuses it.
    Refused(LedgerRefusal),
    /// The ledger does not respond. The text is for the log.
    Silent(String),
}

impl Ledgers {
    /// Those of a deployment.
    ///
    /// # Errors
    /// The binding or the number of shards is not what it should be.
    pub(super) fn of(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            namespace: binding(env, LEDGER)?
                .ok_or_else(|| malformed(LEDGER, &"expected a [[durable_objects.bindings]] binding"))?,
            shards: shards(env)?,
        })
    }

    /// Sends a request to a ledger, and waits for its response.
    pub(super) async fn ask<R: LedgerRequest>(
        &self,
        shard: u16,
        request: R,
    ) -> Result<R::Response, AskError> {
        let answer = self
            .exchange(shard, R::NAME, ANSWER_LIMIT, written(&request)?)
            .await?;
        read(shard, &answer)
    }

    /// Asks several shards at once, of which some may not answer; gives what the others did, in the order of the requests.
    ///
    /// # Errors
    /// If a ledger refuses.
    pub(super) async fn ask_each<R: LedgerRequest>(
        &self,
        patience: Duration,
        requests: impl IntoIterator<Item = (u16, R)>,
    ) -> Result<Answers<R::Response>, AskError> {
        let mut answers = Answers {
            answered: Vec::new(),
            unanswered: Vec::new(),
        };
        let mut bodies = Vec::new();
        for (shard, request) in requests {
            bodies.push((shard, written(&request)?));
        }
        for (shard, answer) in self.exchange_all(R::NAME, patience, bodies).await {
            match answer {
                Ok(answer) => answers.answered.push((shard, read(shard, &answer)?)),
                Err(AskError::Silent(detail)) => {
                    warn_of_silence(shard, detail);
                    answers.unanswered.push(shard);
                }
                Err(refused @ AskError::Refused(_)) => return Err(refused),
            }
        }
        Ok(answers)
    }

    /// Sends requests of one kind to several shards at once.
    async fn exchange_all(
        &self,
        name: &'static str,
        patience: Duration,
        bodies: Vec<(u16, String)>,
    ) -> Vec<(u16, Result<String, AskError>)> {
        let exchanges = bodies
            .into_iter()
            .map(async |(shard, body)| (shard, self.exchange(shard, name, patience, body).await));
        join_all(exchanges).await
    }

    /// Sends a request. It is carried out whether or not the caller waits for the response.
    async fn exchange(
        &self,
        shard: u16,
        name: &'static str,
        patience: Duration,
        body: String,
    ) -> Result<String, AskError> {
        let mut response = self.fetch(shard, "POST", name, patience, Some(body)).await?;
        let status = response.status_code();
        let time = response.headers().get(LEDGER_TIME)?;
        let time: Option<Timestamp> = time.and_then(|time| time.parse().ok());
        let answer = response.text().await?;
        if time.is_some_and(|time| time > now().saturating_add(AHEAD_SECONDS)) {
            // The request has been carried out; the next one tries the restart again.
            let _restarted = self.restart(shard).await;
        }
        match status {
            200 => Ok(answer),
            REFUSED => Err(AskError::Refused(read(shard, &answer)?)),
            _ => Err(AskError::Silent(format!("shard {shard} answered {status}"))),
        }
    }

    async fn fetch(
        &self,
        shard: u16,
        method: &str,
        name: &str,
        patience: Duration,
        body: Option<String>,
    ) -> Result<Response, AskError> {
        let init = RequestInit::new();
        init.set_method(method);
        if let Some(body) = body {
            init.set_body(&body.into());
        }
        let url = LedgerAddress { shard, name }.url();
        let request = web_sys::Request::new_with_str_and_init(&url, &init).map_err(worker::Error::from)?;
        let stub = self.namespace.get_by_name(&ledger_name(shard))?;
        let answer = within(patience, stub.fetch_with_request(request.into())).await;
        Ok(answer.ok_or_else(|| AskError::Silent(format!("shard {shard} did not answer in time")))??)
    }

    /// Restarts a ledger with the current clock. Everything that it has confirmed is on disk; it publishes as after a crash.
    async fn restart(&self, shard: u16) -> Result<(), AskError> {
        // The call ends together with the object, and therefore with an error.
        let _aborted = self.fetch(shard, "DELETE", "", ANSWER_LIMIT, None).await;
        self.fetch(shard, "POST", Wake::NAME, ANSWER_LIMIT, Some(written(&Wake {})?))
            .await?;
        Ok(())
    }
}

fn warn_of_silence(shard: u16, detail: String) {
    Line {
        event: "management",
        code: "shard_unanswered",
        shard: Some(shard),
        detail: Some(detail),
        ..Line::default()
    }
    .log_error();
}

fn written(request: &impl Serialize) -> Result<String, AskError> {
    serde_json::to_string(request).map_err(|error| AskError::Silent(error.to_string()))
}

fn read<T: DeserializeOwned>(shard: u16, answer: &str) -> Result<T, AskError> {
    from_slice(answer.as_bytes()).map_err(|error| {
        // A parser's message may repeat the text, so only the position is logged.
        AskError::Silent(format!(
            "shard {shard} gave an answer that does not parse, at column {}",
            error.column
        ))
    })
}

impl From<worker::Error> for AskError {
    fn from(error: worker::Error) -> Self {
        Self::Silent(error.to_string())
    }
}
