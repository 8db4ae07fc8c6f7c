//! Properties of every input: parsers never panic, each token has one spelling, nothing that was changed opens, and
//! no spelling of a request lowers its class.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that finds what it does not expect says so by panicking"
)]

use proptest::test_runner::Config;

#[path = "properties/batch.rs"]
mod batch;
#[path = "properties/joined.rs"]
mod joined;
#[path = "properties/oracle.rs"]
mod oracle;
#[path = "properties/parsers.rs"]
mod parsers;
#[path = "properties/revocation.rs"]
mod revocation;
#[path = "properties/routes.rs"]
mod routes;
#[path = "properties/token.rs"]
mod token;

/// So many cases of each property; a failure prints its smallest input, and nothing is written to the tree.
fn config(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}
