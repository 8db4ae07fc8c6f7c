//! The Worker: what stands between the platform's requests and the core.
//!
//! The request path is synchronous and returns the promise of `fetch` itself (design section 7). Where it must
//! wait (a first list, a batch body) it goes on in a continuation of that promise, so that a trap there rejects
//! the promise too and `entry.mjs` can answer. Nothing outside this module names the platform.

mod admin;
mod asked_url;
mod batch_body;
mod config;
mod crossing;
mod environment;
mod fetch;
mod forward;
mod gate;
mod ledger;
mod ledgers;
mod lists;
mod log;
mod members;
mod notice;
mod page;
mod platform;
mod promised;
mod refusals;
mod refused;
mod respond;
mod scanner;
#[cfg(feature = "trap")]
mod trap;
mod upload;
mod uses;
mod visit;

pub use fetch::{failed, fetch};
pub use ledger::{ledger_alarm, ledger_begin, ledger_fetch};
