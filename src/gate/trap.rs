//! A way to break the gate down, for the tests of what happens then. Compiled in test builds only.

/// Panics for `/-/trap`, which in WebAssembly is a trap.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) fn spring(target: &str) {
    if target == "/-/trap" {
        panic!("a trap asked for by a test");
    }
}
