//! Code that the Worker's two modules share: reading the environment, the settings of both, the clock and the log. It is
//! compiled into each of them. `isolate/entry.mjs` runs the two modules.
//!
//! It must not know either module, and must not link the crate `worker`, which the gate does without.

pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod log;
pub(crate) mod request_url;
pub(crate) mod settings;
