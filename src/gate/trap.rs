//! Ways to break the gate down, for the tests of breakdowns. Compiled in test builds only.

use js_sys::RangeError;
use wasm_bindgen::JsValue;

/// Panics for `/-/trap`, which is a trap in WebAssembly; for `/-/overflow`, exhausts the stack.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) fn trap_if_asked(target: &str) {
    if target == "/-/overflow" {
        overflow(1);
    }
    if target == "/-/trap" {
        panic!("a trap asked for by a test");
    }
}

/// Recurses without end.
#[expect(clippy::panic, reason = "this is what the module is for")]
fn overflow(depth: u64) -> u64 {
    if std::hint::black_box(depth) == 0 {
        panic!("the stack has no end");
    }
    overflow(depth.wrapping_add(1)).wrapping_add(std::hint::black_box(depth))
}

/// Throws an error of the platform for `/-/range-error`.
pub(super) fn throw(url: &str) -> Result<(), JsValue> {
    if url.ends_with("/-/range-error") {
        return Err(RangeError::new("asked for by a test").into());
    }
    Ok(())
}
