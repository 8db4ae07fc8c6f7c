//! The ledgers as the management API reaches them: one Durable Object a shard.

use std::time::Duration;

use futures_util::future::try_join_all;
use worker::{Method, ObjectNamespace, Request, RequestInit, Response};

use super::time::within;
use crate::Timestamp;
use crate::isolate::clock::now;
use crate::isolate::settings::{ledger_name, ledger_url};
use crate::ledger::{Addressed, LedgerRefusal, LedgerRequest, Shards, Wake};

/// How long a ledger may take: longer than the longest wait for a publication.
const ANSWER_LIMIT: Duration = Duration::from_secs(40);

/// The header in which a ledger says what time it has.
pub(super) const LEDGER_TIME: &str = "X-Ledger-Time";

/// How far ahead of the edge's clock a ledger's may be. If the host's clock is set back, an object's clock stalls until
/// the host's has caught up, and with it all its timers and alarms. An edge whose own clock is that late makes the ledger
/// begin anew with every request, and is served all the same.
const AHEAD_SECONDS: u32 = 30;

/// The ledgers of all shards.
pub(super) struct Ledgers {
    pub(super) namespace: ObjectNamespace,
    pub(super) shards: Shards,
}

/// Why a ledger did not do what it was asked.
#[derive(Debug)]
pub(super) enum AskError {
    /// It must not.
    Refused(LedgerRefusal),
    /// It does not answer: what is known of that, for the log.
    Silent(String),
}

impl Ledgers {
    /// Asks a ledger, and waits for its answer.
    pub(super) async fn ask<R: LedgerRequest>(
        &self,
        shard: u16,
        request: R,
    ) -> Result<R::Response, AskError> {
        let body = serde_json::to_string(&Addressed { shard, request })
            .map_err(|error| AskError::Silent(error.to_string()))?;
        let answer = self.exchange(shard, R::NAME, &body).await?;
        let response: Result<R::Response, LedgerRefusal> =
            serde_json::from_str(&answer).map_err(|error| {
                // What a parser says may repeat the text: its place is enough.
                AskError::Silent(format!(
                    "shard {shard} gave an answer that does not parse, at column {}",
                    error.column()
                ))
            })?;
        response.map_err(AskError::Refused)
    }

    /// Asks several shards at once; gives the answers in the order of the requests.
    pub(super) async fn ask_all<R: LedgerRequest>(
        &self,
        requests: impl IntoIterator<Item = (u16, R)>,
    ) -> Result<Vec<(u16, R::Response)>, AskError> {
        let asked = requests
            .into_iter()
            .map(async |(shard, request)| Ok((shard, self.ask(shard, request).await?)));
        try_join_all(asked).await
    }

    /// Sends a request, which is carried out whether or not the answer is waited for.
    async fn exchange(&self, shard: u16, name: &str, body: &str) -> Result<String, AskError> {
        let mut response = self.fetch(shard, Method::Post, name, Some(body)).await?;
        let status = response.status_code();
        let time = response.headers().get(LEDGER_TIME)?;
        let time: Option<Timestamp> = time.and_then(|time| time.parse().ok());
        let answer = response.text().await?;
        if time.is_some_and(|time| time > now().saturating_add(AHEAD_SECONDS)) {
            // What was asked for is done all the same; the next request tries again.
            let _restarted = self.restart(shard).await;
        }
        if status == 200 {
            Ok(answer)
        } else {
            Err(AskError::Silent(format!("shard {shard} answered {status}")))
        }
    }

    async fn fetch(
        &self,
        shard: u16,
        method: Method,
        name: &str,
        body: Option<&str>,
    ) -> Result<Response, AskError> {
        let mut init = RequestInit::new();
        init.with_method(method).with_body(body.map(Into::into));
        let request = Request::new_with_init(&ledger_url(name), &init)?;
        let stub = self.namespace.get_by_name(&ledger_name(shard))?;
        let answer = within(ANSWER_LIMIT, stub.fetch_with_request(request)).await;
        Ok(answer.ok_or_else(|| AskError::Silent(format!("shard {shard} did not answer in time")))??)
    }

    /// Has a ledger begin anew with the clock as it is. What it has answered is on disk; it publishes as after a crash.
    async fn restart(&self, shard: u16) -> Result<(), AskError> {
        // It ends with the object, and so in an error.
        let _ended = self.fetch(shard, Method::Delete, "", None).await;
        let wake = serde_json::to_string(&Addressed {
            shard,
            request: Wake {},
        });
        let wake = wake.map_err(|error| AskError::Silent(error.to_string()))?;
        self.fetch(shard, Method::Post, Wake::NAME, Some(&wake)).await?;
        Ok(())
    }
}

impl From<worker::Error> for AskError {
    fn from(error: worker::Error) -> Self {
        Self::Silent(error.to_string())
    }
}
