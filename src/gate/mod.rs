//! The gate: the Worker's request path, between the platform's requests and the core. It is a module of its own, because every
//! request pays for its size.
//!
//! The request path is synchronous and returns the promise of `fetch` itself. If it must wait (for a first list or a batch body),
//! it continues in a continuation of that promise. A trap there rejects the promise too, so `entry.mjs` can answer. It must not
//! know the service, to which `entry.mjs` passes the requests that belong to it.

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
