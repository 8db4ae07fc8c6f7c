//! Ways to break the service down, for the tests of breakdowns. Compiled in test builds only.

use std::time::Duration;

use super::time::sleep;

/// Panics for `/-/api/trap`, after a timer and not in the first poll. In WebAssembly, a panic is a trap.
#[expect(clippy::panic, reason = "this is what the module is for")]
pub(super) async fn spring_later(target: &str) {
    if target == "/-/api/trap" {
        sleep(Duration::from_millis(1)).await;
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
