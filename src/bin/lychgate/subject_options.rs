//! The options of commands about one user at a gate.

use clap::Args;
use lychgate::token::Subject;

use crate::gate::GateOptions;

#[derive(Args)]
pub(crate) struct SubjectOptions {
    /// The user
    #[arg(long)]
    pub(crate) subject: Subject,
    #[command(flatten)]
    pub(crate) gate: GateOptions,
}
