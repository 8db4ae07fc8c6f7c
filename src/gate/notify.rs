//! What the gate tells and asks the ledgers: that their list is overdue, which tokens were used, and a membership record that
//! KV has not.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::{Request, RequestInit};

use super::platform::{DurableObjectNamespace, within};
use crate::isolate::settings::ledger_name;
use crate::ledger::{LedgerAddress, LedgerMessage, Shards};
use crate::state::READ_SECONDS;

/// How long the isolate stays alive for a ledger's response.
const ANSWER_MILLISECONDS: u32 = 40_000;

/// The ledgers of all shards, as receivers of messages.
#[derive(Clone)]
pub(super) struct Ledgers {
    pub(super) namespace: DurableObjectNamespace,
    pub(super) shards: Shards,
}

impl Ledgers {
    /// Sends a request; gives the promise of its end, for whoever does not care what it is.
    pub(super) fn notify(&self, shard: u16, message: &dyn LedgerMessage) -> Result<Promise, JsValue> {
        self.send(shard, message, ANSWER_MILLISECONDS)
    }

    /// Sends a request that somebody waits for; gives the promise of its response.
    pub(super) fn ask(&self, shard: u16, message: &dyn LedgerMessage) -> Result<Promise, JsValue> {
        self.send(shard, message, READ_SECONDS * 1_000)
    }

    fn send(&self, shard: u16, message: &dyn LedgerMessage, milliseconds: u32) -> Result<Promise, JsValue> {
        let address = LedgerAddress {
            shard,
            name: message.name(),
        };
        let url = address.url();
        let init = RequestInit::new();
        init.set_method("POST");
        init.set_body(&message.to_json().into());
        let request = Request::new_with_str_and_init(&url, &init)?;
        let id = self.namespace.id_from_name(&ledger_name(shard))?;
        let response = self.namespace.get(&id)?.fetch(&request)?;
        Ok(within(&response, milliseconds))
    }
}
