//! What the gate itself answers: refusals and faults as status, headers and body, in the form that each client shows.
//!
//! Why a request has its status: a [`Refusal`] is the caller's fault, a [`Fault`] is ours, and both say there which
//! status they are. The texts name what was held, what was needed and what to do. Of what the caller sent they repeat
//! only what a restriction of its own token does not allow: a plain repository name.
//! Knows nothing of management, or of what else the origin answers.

mod answer;
mod challenge;
mod client;
mod error_body;
mod fault;
mod preflight;
mod refusal;
mod refusal_text;
mod unmet_restriction;

pub use answer::Answer;
pub(crate) use answer::Message;
pub(crate) use challenge::Challenge;
pub use client::Client;
pub use fault::Fault;
pub use preflight::answer_preflight;
pub use refusal::Refusal;
pub use unmet_restriction::UnmetRestriction;
