//! The decision whether to forward a request: one evaluator, [`decide`], and its trace in steps that a person can follow. Knows
//! nothing of how a refusal looks.

mod evaluate;
mod explanation;
mod input;
mod permission;
mod reasoning;
mod restrictions;
mod revocation_status;
mod steps;
mod supposed;
mod supposed_request;
mod trace;
mod verdict;

pub use evaluate::{check_token, decide, identify};
pub use explanation::Explanation;
pub use input::{Anonymous, Body, Mode, Request, State};
pub use permission::{Permission, permission};
pub use reasoning::{Reasoning, Shown, Step};
pub use supposed::{Bearer, Supposed};
pub use verdict::{AuthorizedRequest, Decision, Identification, Need, Observed, Verdict};
