//! The state of this isolate's lists, for callers of the service.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::gate::{self, Gate, with_gate};
use super::platform::{Context, Outcome, when_settled};
use crate::isolate::clock::now;
use crate::state::Freshness;

/// A promise of what is known of a shard's list and of one serial, as [`ListReport`](crate::state::ListReport) in JSON. If the list is
/// not fresh, it is read first.
///
/// # Errors
/// What the platform throws.
#[wasm_bindgen(js_name = reportList)]
pub fn report_list(
    env: &JsValue,
    context: Context,
    shard: u16,
    serial: Option<u32>,
) -> Result<JsValue, JsValue> {
    gate::open(env);
    let pending = with_gate(|gate| {
        let refresh_seconds = gate.config.refresh_seconds;
        match gate.lists.freshness(shard, refresh_seconds, now()) {
            Freshness::Fresh => None,
            Freshness::Refresh | Freshness::Wait => Some(gate.begin_list(shard)),
        }
    })?;
    let Some(pending) = pending else {
        return with_gate(|gate| report(gate, shard, serial))?;
    };
    Ok(when_settled(&pending, move |settled| {
        if let Some(woken) = with_gate(|gate| gate.finish_list(shard, &settled))? {
            context.wait_until(&woken);
        }
        with_gate(|gate| report(gate, shard, serial))?
    })
    .into())
}

fn report(gate: &Gate, shard: u16, serial: Option<u32>) -> Outcome {
    let state = &gate.config.state;
    let report = state.revocations.report(shard, serial, state.on_stale, now());
    Ok(report.to_json().into())
}
