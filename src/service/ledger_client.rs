//! The client of the ledgers for the management API: one Durable Object per shard.

use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;
use serde::de::DeserializeOwned;
use worker::web_sys::{self, RequestInit};
use worker::{ObjectNamespace, Response};

use super::time::within;
use crate::Timestamp;
use crate::isolate::clock::now;
use crate::isolate::settings::ledger_name;
use crate::ledger::{LedgerAddress, LedgerRefusal, LedgerRequest, Shards, Wake};

/// How long a ledger may take: longer than the longest wait for a publication.
const ANSWER_LIMIT: Duration = Duration::from_secs(40);

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

/// Why a ledger did not do what it was asked.
#[derive(Debug)]
pub(super) enum AskError {
    /// The ledger refuses it.
    Refused(LedgerRefusal),
    /// The ledger does not respond. The text is for the log.
    Silent(String),
}

impl Ledgers {
    /// Sends a request to a ledger, and waits for its response.
    pub(super) async fn ask<R: LedgerRequest>(
        &self,
        shard: u16,
        request: R,
    ) -> Result<R::Response, AskError> {
        let answer = self.exchange(shard, R::NAME, written(&request)?).await?;
        read(shard, &answer)
    }

    /// Asks several shards at once; gives the answers in the order of the requests.
    pub(super) async fn ask_all<R: LedgerRequest>(
        &self,
        requests: impl IntoIterator<Item = (u16, R)>,
    ) -> Result<Vec<(u16, R::Response)>, AskError> {
        let mut shards = Vec::new();
        let mut exchanges = Vec::new();
        for (shard, request) in requests {
            shards.push(shard);
            exchanges.push(self.exchange(shard, R::NAME, written(&request)?));
        }
        let answers = join_all(exchanges).await;
        shards
            .into_iter()
            .zip(answers)
            .map(|(shard, answer)| Ok((shard, read(shard, &answer?)?)))
            .collect()
    }

    /// Sends a request. It is carried out whether or not the caller waits for the response.
    async fn exchange(&self, shard: u16, name: &'static str, body: String) -> Result<String, AskError> {
        let mut response = self.fetch(shard, "POST", name, Some(body)).await?;
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
        let answer = within(ANSWER_LIMIT, stub.fetch_with_request(request.into())).await;
        Ok(answer.ok_or_else(|| AskError::Silent(format!("shard {shard} did not answer in time")))??)
    }

    /// Restarts a ledger with the current clock. Everything that it has confirmed is on disk; it publishes as after a crash.
    async fn restart(&self, shard: u16) -> Result<(), AskError> {
        // The call ends together with the object, and therefore with an error.
        let _aborted = self.fetch(shard, "DELETE", "", None).await;
        self.fetch(shard, "POST", Wake::NAME, Some(written(&Wake {})?))
            .await?;
        Ok(())
    }
}

fn written(request: &impl Serialize) -> Result<String, AskError> {
    serde_json::to_string(request).map_err(|error| AskError::Silent(error.to_string()))
}

fn read<T: DeserializeOwned>(shard: u16, answer: &str) -> Result<T, AskError> {
    serde_json::from_slice(answer.as_bytes()).map_err(|error| {
        // A parser's message may repeat the text, so only the position is logged.
        AskError::Silent(format!(
            "shard {shard} gave an answer that does not parse, at column {}",
            error.column()
        ))
    })
}

impl From<worker::Error> for AskError {
    fn from(error: worker::Error) -> Self {
        Self::Silent(error.to_string())
    }
}
