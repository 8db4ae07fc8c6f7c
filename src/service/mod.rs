//! The service: the Worker's management API, with the ledger in which tokens are kept. A module of its own, which an
//! isolate begins when it is first asked for. It is built on the crate `worker`.
//!
//! It must not know the gate. What it has to ask of the gate, such as which list is in force at this edge, it asks
//! through what `entry.mjs` hands it.

mod api;
mod durable_object;
mod gate_lists;
mod github_keys;
mod instance;
mod kv;
mod ledger_client;
mod raw;
mod settings;
mod time;
#[cfg(feature = "trap")]
mod trap;

pub use api::serve;
pub use durable_object::{ledger_alarm, ledger_begin, ledger_fetch};
pub use instance::start;
