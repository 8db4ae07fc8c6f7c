//! The parts of the bench that run in one isolate: the steps of a decision, and how they grow with lists, tables and key
//! rings. The same code runs natively and in WebAssembly.

mod fixture;
mod random;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use fixture::{Fixture, RESTRICTIONS, Size, Step, key_ring, sealed_list};
pub use random::Random;
