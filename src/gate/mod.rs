//! The gate: the Worker's request path, between the platform's requests and the core. A module of its own, since every
//! request pays for it.
//!
//! The request path is synchronous and returns the promise of `fetch` itself. Where it must wait (a first list, a
//! batch body) it goes on in a continuation of that promise, so that a trap there rejects the promise too and
//! `entry.mjs` can answer. It must not know the service, to which `entry.mjs` takes what is not forwarded.

mod batch_body;
mod config;
mod expiry_header;
mod fetch;
mod fields;
mod forward;
#[expect(clippy::module_inception, reason = "what an isolate judges with is the gate")]
mod gate;
mod js_bridge;
mod lists;
mod long_lived;
mod members;
mod notify;
mod page;
mod platform;
mod refusals;
mod refused;
mod report;
mod request_context;
mod respond;
#[cfg(feature = "trap")]
mod trap;
mod upload;
mod usage;

pub use fetch::{adopt, failed, fetch};
pub use report::report_list;
