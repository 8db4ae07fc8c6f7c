//! The gate's own answers: refusals and faults as status, headers and body, in the form that each client shows.
//!
//! A [`Refusal`] is the caller's fault, a [`Fault`] is ours. Each of these types defines its statuses and is the place to look up
//! why a request got one. The texts name the role that the token has, the role that is needed and what to do. Of what the caller
//! sent, they repeat only a plain repository name that a restriction of the token does not allow. Knows nothing of management, or
//! of the origin's responses.

mod answer;
mod challenge;
mod client;
mod error_body;
mod fault;
mod preflight;
mod reader;
mod refusal;
mod refusal_text;
mod unmet_restriction;

pub use answer::Answer;
pub(crate) use answer::Message;
pub(crate) use challenge::Challenge;
pub use client::{Client, ClientSigns, Initiator};
pub use fault::Fault;
pub use preflight::answer_preflight;
pub use reader::{Reader, Repetition};
pub use refusal::Refusal;
pub use unmet_restriction::UnmetRestriction;
