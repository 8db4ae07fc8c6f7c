//! Whether a request may go on: one evaluator, [`decide`], and what it did in steps that a person can follow. Knows nothing of
//! how a refusal looks.

mod decision;
mod explanation;
mod permission;
mod reasoning;

pub use decision::{
    Anonymous, Body, Decision, Identification, Mode, Need, Observed, Pass, Request, State, Verdict,
    check_token, decide, identify,
};
pub use explanation::Explanation;
pub use permission::{Permission, permission};
pub use reasoning::{Bearer, Reasoning, Shown, Step, Supposed};
