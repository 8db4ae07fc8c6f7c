//! A way to break the gate down, for the tests of what happens then. Compiled in test builds only.

use js_sys::RangeError;
use wasm_bindgen::JsValue;

/// Panics for `/-/trap`, which in WebAssembly is a trap; for `/-/overflow`, uses the stack up.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) fn spring(target: &str) {
    if target == "/-/overflow" {
        overflow(1);
    }
    if target == "/-/trap" {
        panic!("a trap asked for by a test");
    }
}

/// Calls itself without end.
#[expect(clippy::panic, reason = "this is what the module is for")]
fn overflow(depth: u64) -> u64 {
    if std::hint::black_box(depth) == 0 {
        panic!("the stack has no end");
    }
    overflow(depth.wrapping_add(1)).wrapping_add(std::hint::black_box(depth))
}

/// Fails for `/-/range-error` as the platform does.
pub(super) fn throw(url: &str) -> Result<(), JsValue> {
    if url.ends_with("/-/range-error") {
        return Err(RangeError::new("asked for by a test").into());
    }
    Ok(())
}
