//! Ways to break the Worker down, for the tests of what happens then. Compiled in test builds only.

/// Panics for `/-/trap` and `/-/api/trap`, which in WebAssembly is a trap.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) fn spring(target: &str) {
    if target == "/-/trap" || target == "/-/api/trap" {
        panic!("a trap asked for by a test");
    }
}

/// Panics for the subject `trap`.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) fn spring_for(subject: &str) {
    if subject == "trap" {
        panic!("a trap asked for by a test");
    }
}
