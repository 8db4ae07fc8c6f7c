//! The ledgers as the edge reaches them: one Durable Object a shard.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestInit, Response};

use super::platform::{DurableObjectNamespace, now, thrown_message, within};
use super::promised::settled;
use crate::Timestamp;
use crate::ledger::{Call, Order, Reply, Shards};

/// How long a ledger may take: longer than the longest wait for a publication.
const ANSWER_MILLISECONDS: u32 = 40_000;

/// The header in which a ledger says what time it has.
pub(super) const LEDGER_TIME: &str = "X-Ledger-Time";

/// How far ahead of the edge's clock a ledger's may be. An object's clock never goes back: while the true one has been set
/// back it stands still, and with it all timers and alarms of the object. An edge whose own clock is that late makes the
/// ledger begin anew with every order, and is served all the same.
const AHEAD_SECONDS: u32 = 30;

/// The ledgers of all shards.
#[derive(Clone)]
pub(super) struct Ledgers {
    pub(super) namespace: DurableObjectNamespace,
    pub(super) shards: Shards,
}

/// A ledger does not answer. What was thrown, for the log.
#[derive(Debug)]
pub(super) struct LedgerSilent(pub(super) String);

/// An order on its way.
pub(super) struct Sent {
    ledgers: Ledgers,
    shard: u16,
    response: Promise,
}

impl Ledgers {
    /// Sends an order. It is carried out whether or not the answer is waited for.
    pub(super) fn send(&self, shard: u16, order: Order) -> Result<Sent, LedgerSilent> {
        let body =
            serde_json::to_string(&Call { shard, order }).map_err(|error| LedgerSilent(error.to_string()))?;
        Ok(Sent {
            ledgers: self.clone(),
            shard,
            response: self.fetch(shard, "POST", Some(&body))?,
        })
    }

    fn fetch(&self, shard: u16, method: &str, body: Option<&str>) -> Result<Promise, JsValue> {
        let init = RequestInit::new();
        init.set_method(method);
        if let Some(body) = body {
            init.set_body(&body.into());
        }
        let request = Request::new_with_str_and_init("https://ledger/", &init)?;
        let id = self.namespace.id_from_name(&format!("shard-{shard}"))?;
        let response = self.namespace.get(&id)?.fetch(&request)?;
        Ok(within(&response, ANSWER_MILLISECONDS))
    }

    /// Has a ledger begin anew with the clock as it is. What it has answered is on disk; it publishes as after a crash.
    async fn restart(&self, shard: u16) -> Result<(), LedgerSilent> {
        // It ends with the object, and so in an error.
        let _ended = settled(self.fetch(shard, "DELETE", None)?).await;
        let woken = self.send(shard, Order::Wake)?;
        settled(woken.response).await?;
        Ok(())
    }

    /// Sends an order and waits for the answer.
    pub(super) async fn ask(&self, shard: u16, order: Order) -> Result<Reply, LedgerSilent> {
        self.send(shard, order)?.reply().await
    }

    /// Sends orders to several shards at once; gives the answers in their order.
    pub(super) async fn ask_all(
        &self,
        orders: impl IntoIterator<Item = (u16, Order)>,
    ) -> Result<Vec<(u16, Reply)>, LedgerSilent> {
        let sent = orders
            .into_iter()
            .map(|(shard, order)| self.send(shard, order))
            .collect::<Result<Vec<_>, _>>()?;
        let mut replies = Vec::with_capacity(sent.len());
        for sent in sent {
            replies.push((sent.shard, sent.reply().await?));
        }
        Ok(replies)
    }
}

impl Sent {
    /// The promise of the answer, for whoever does not care what it is.
    pub(super) fn promise(&self) -> &Promise {
        &self.response
    }

    async fn reply(self) -> Result<Reply, LedgerSilent> {
        let response: Response = settled(self.response).await?.unchecked_into();
        let status = response.status();
        let time = response.headers().get(LEDGER_TIME)?;
        let time: Option<Timestamp> = time.and_then(|time| time.parse().ok());
        let body = settled(response.text()?).await?.as_string().unwrap_or_default();
        if time.is_some_and(|time| time > now().saturating_add(AHEAD_SECONDS)) {
            // What was ordered is done all the same; the next order tries again.
            let _restarted = self.ledgers.restart(self.shard).await;
        }
        if status != 200 {
            return Err(LedgerSilent(format!("shard {} answered {status}", self.shard)));
        }
        serde_json::from_str(&body).map_err(|error| {
            // What a parser says may repeat the text: its place is enough.
            LedgerSilent(format!(
                "shard {} gave an answer that does not parse, at column {}",
                self.shard,
                error.column()
            ))
        })
    }
}

impl From<JsValue> for LedgerSilent {
    fn from(thrown: JsValue) -> Self {
        Self(thrown_message(&thrown))
    }
}
