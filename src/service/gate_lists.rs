//! The gate's revocation lists in this isolate. The service reports the lists by which the gate decides.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::wasm_bindgen_futures;

use crate::json::from_slice;
use crate::response::Fault;
use crate::state::ListReport;

#[wasm_bindgen]
extern "C" {
    /// The gate of this isolate, as `entry.mjs` passes it.
    pub type Gate;

    #[wasm_bindgen(method, catch, js_name = reportList)]
    async fn report_list(this: &Gate, shard: u16, serial: Option<u32>) -> Result<JsValue, JsValue>;
}

impl Gate {
    /// What the gate knows of a shard's list, and whether it revokes a serial. If the gate's list is not fresh, the gate reads it
    /// first.
    pub(super) async fn list(&self, shard: u16, serial: Option<u32>) -> Result<ListReport, Fault> {
        // The gate failed to answer.
        let report = self
            .report_list(shard, serial)
            .await
            .map_err(|_thrown| Fault::RevocationsUnavailable)?;
        let report = report.as_string().unwrap_or_default();
        from_slice(report.as_bytes()).map_err(|_| Fault::RevocationsUnavailable)
    }
}
