//! The ledgers as the edge reaches them: one Durable Object a shard.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Request, RequestInit, Response};

use super::platform::{DurableObjectNamespace, thrown_message, within};
use super::promised::settled;
use crate::ledger::{Call, Order, Reply, Shards};

/// How long a ledger may take: longer than the longest wait for a publication.
const ANSWER_MILLISECONDS: u32 = 40_000;

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
    shard: u16,
    response: Promise,
}

impl Ledgers {
    /// Sends an order. It is carried out whether or not the answer is waited for.
    pub(super) fn send(&self, shard: u16, order: Order) -> Result<Sent, LedgerSilent> {
        let body =
            serde_json::to_string(&Call { shard, order }).map_err(|error| LedgerSilent(error.to_string()))?;
        let send = || {
            let init = RequestInit::new();
            init.set_method("POST");
            init.set_body(&body.into());
            let request = Request::new_with_str_and_init("https://ledger/", &init)?;
            let id = self.namespace.id_from_name(&format!("shard-{shard}"))?;
            self.namespace.get(&id)?.fetch(&request)
        };
        let response = send().map_err(LedgerSilent::from)?;
        Ok(Sent {
            shard,
            response: within(&response, ANSWER_MILLISECONDS),
        })
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
        let body = settled(response.text()?).await?.as_string().unwrap_or_default();
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
