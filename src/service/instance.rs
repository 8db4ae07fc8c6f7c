//! An instance of this module: its start, and its breakdown.
//!
//! A trap inside a future leaves its promise pending forever, and the instance's memory in an unknown state. The module
//! therefore reports every trap to `entry.mjs`, which answers all outstanding requests and starts a fresh instance.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/src/service/instance.js")]
extern "C" {
    fn listen(listener: &JsValue);

    #[wasm_bindgen(js_name = brokenDown)]
    fn broken_down();
}

/// Starts an instance. `entry.mjs` must call this before anything else. `listener` is called when the instance breaks down.
///
/// The crate `worker` has already set a panic hook that logs the panic's message, which may contain anything, and its own
/// handler for traps. Both are replaced: `entry.mjs` logs the failure, once.
#[wasm_bindgen]
pub fn start(listener: &JsValue) {
    listen(listener);
    std::panic::set_hook(Box::new(|_message_stays_unsaid| {}));
    wasm_bindgen::handler::set_on_abort(broken_down_now);
}

fn broken_down_now() {
    broken_down();
}
