//! An instance of this module: how it begins, and what happens when it breaks down.
//!
//! A trap inside a future leaves its promise pending for ever, and the instance's memory in an unknown state. So
//! `entry.mjs` is told of every trap, answers all that is outstanding and has a fresh instance begin.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/service/instance.js")]
extern "C" {
    fn listen(listener: &JsValue);

    #[wasm_bindgen(js_name = brokenDown)]
    fn broken_down();
}

/// Begins an instance; `listener` is called when it breaks down. To be called before anything else.
///
/// The crate `worker` has set a panic hook by now that logs the panic's message, which may hold anything, and a handler
/// of its own for traps. Both are replaced: `entry.mjs` logs the failure, once.
#[wasm_bindgen]
pub fn start(listener: &JsValue) {
    listen(listener);
    std::panic::set_hook(Box::new(|_message_stays_unsaid| {}));
    wasm_bindgen::handler::set_on_abort(broken_down_now);
}

fn broken_down_now() {
    broken_down();
}
