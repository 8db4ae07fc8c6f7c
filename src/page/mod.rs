//! The core for the page: functions that take values and return JSON text, without state. Knows nothing of how the page
//! shows them.

mod demo;
mod explain;
mod inspect;

pub use demo::{mint_demo, try_demo};
pub use explain::{explain, reason};
pub use inspect::inspect;

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
