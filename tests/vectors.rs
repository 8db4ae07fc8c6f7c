//! The test vectors: JSON files of named cases with the outcome each must have, read at compile time and run
//! natively and in wasm alike.
//!
//! `token.json`, `revocation.json`, `serials.json`, `membership.json`, `assertion.json` and `sign_in.json` are made by
//! `generate.py`, a second implementation of the formats. A case that should fail and passes is a failure, and so is a field that no test reads
//! or a file that has lost cases.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that finds what it does not expect says so by panicking"
)]

#[path = "vectors/assertion.rs"]
mod assertion;
#[path = "vectors/cases.rs"]
mod cases;
#[path = "vectors/credentials.rs"]
mod credentials;
#[path = "vectors/decision.rs"]
mod decision;
#[path = "vectors/forwarding.rs"]
mod forwarding;
#[path = "vectors/hub_api.rs"]
mod hub_api;
#[path = "vectors/membership.rs"]
mod membership;
#[path = "vectors/refusal.rs"]
mod refusal;
#[path = "vectors/revocation.rs"]
mod revocation;
#[path = "vectors/routes.rs"]
mod routes;
#[path = "vectors/serials.rs"]
mod serials;
#[path = "vectors/shipped_tables.rs"]
mod shipped_tables;
#[path = "vectors/sign_in.rs"]
mod sign_in;
#[path = "vectors/target.rs"]
mod target;
#[path = "vectors/token.rs"]
mod token;
