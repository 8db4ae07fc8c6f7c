//! Ways to break the Worker down, for the tests of what happens then. Compiled in test builds only.

use super::platform::after;
use super::promised::settled;

/// Panics for `/-/trap` and `/-/api/trap`, which in WebAssembly is a trap.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) fn spring(target: &str) {
    if target == "/-/trap" || target == "/-/api/trap" {
        panic!("a trap asked for by a test");
    }
}

/// The same, but not in the first poll, which is synchronous.
pub(super) async fn spring_later(target: &str) {
    let _later = settled(after(1)).await;
    spring(target);
}

/// Panics for the subject `trap`.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) fn spring_for(subject: &str) {
    if subject == "trap" {
        panic!("a trap asked for by a test");
    }
}
