//! The core for a page: values in, JSON text out, nothing kept. What the page does with it is the page's own.

mod demo;
mod explain;
mod inspect;

pub use demo::{mint_demo, try_demo};
pub use explain::{explain, reason};
pub use inspect::inspect;

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
