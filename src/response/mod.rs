//! What is answered: refusals and faults as status, headers and body, in the form that each client shows.

mod preflight;
mod refusal;

pub use preflight::answer_preflight;
pub(crate) use refusal::date;
pub use refusal::{Answer, Client, Fault, Refusal};
