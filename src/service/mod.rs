//! The service: the Worker's management API and the ledger that keeps the tokens. It is a module of its own, which an isolate
//! instantiates when it is first needed, and is built on the crate `worker`.
//!
//! It must not know the gate. What it needs to know from the gate, such as which list is valid at this edge, it asks through the
//! object that `entry.mjs` passes to it.

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
