//! Reports the usage of tokens to the ledgers, in batches behind the responses.

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Response;

use super::notify::Ledgers;
use super::platform::{after, when_settled};
use crate::ledger::{NoteUsage, Usage};

/// How long uses are collected before they are reported.
const GATHER_MILLISECONDS: u32 = 1_000;

/// Works with the isolate's usage.
pub(super) type WithUsage = fn(&mut dyn FnMut(&mut Usage));

/// Gathers for a while, then reports.
pub(super) fn gather(ledgers: Ledgers, with_usage: WithUsage) -> Promise {
    when_settled(&after(GATHER_MILLISECONDS), move |_timer| {
        let mut taken = Vec::new();
        with_usage(&mut |usage| taken = usage.take());
        let sent = Array::new();
        for (shard, usage) in taken {
            if ledgers.shards.holds(shard) {
                sent.push(&report(&ledgers, shard, NoteUsage { usage }, with_usage));
            }
        }
        Ok(JsValue::from(Promise::all_settled(&sent)))
    })
}

/// Reports to one ledger, and notes what came of it.
fn report(ledgers: &Ledgers, shard: u16, note: NoteUsage, with_usage: WithUsage) -> Promise {
    let answer = match ledgers.notify(shard, &note) {
        Ok(answer) => answer,
        Err(thrown) => Promise::reject(&thrown),
    };
    let text = when_settled(&answer, |settled| {
        let answer: Response = settled?.unchecked_into();
        match answer.ok() {
            true => answer.text().map(JsValue::from),
            false => Err(answer.into()),
        }
    });
    when_settled(&text, move |settled| {
        let began_at = settled.ok().and_then(|text| text.as_string()?.parse().ok());
        with_usage(&mut |usage| usage.settle(shard, &note.usage, began_at));
        Ok(JsValue::UNDEFINED)
    })
}
