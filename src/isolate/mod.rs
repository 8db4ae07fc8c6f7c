//! What the two modules of the Worker's isolate share, and nothing else: how the environment is read, the settings that both go by,
//! the clock, and the lines of the log. It is built into each of them. `isolate/entry.mjs` holds the two together.
//!
//! It must not know either module, nor link the crate `worker`, which the gate does without.

pub(crate) mod asked_url;
pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod log;
pub(crate) mod settings;
