//! `lychgate tokens revoke-all`: revokes all tokens of a user.

use std::io::Write;

use clap::Args;
use lychgate::token::Subject;

use super::list::{Wanted, print_tokens};
use super::revocation::{Revocation, Wait};
use crate::Options;
use crate::failure::Failure;
use crate::gate::{Call, GateOptions};

const EXAMPLE: &str = "\
Without --yes it lists the tokens that it would revoke, revokes none, and exits with 2.

Example:
  lychgate tokens revoke-all --subject alice --yes --wait 30";

/// Revokes all tokens of a user.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct RevokeAll {
    /// The user they stand for
    #[arg(long)]
    subject: Subject,
    /// Revoke them, instead of only listing them
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    gate: GateOptions,
}

impl RevokeAll {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let gate = self.gate.gate(self.wait.duration())?;
        let subject = self.subject.as_str();
        if !self.yes {
            let count = print_tokens(&gate, self.subject, Wanted::Live, options, out)?;
            return Err(Failure::Usage(match count {
                0 => format!("{subject} has no live tokens, so there is nothing to revoke"),
                1 => format!("this would revoke the 1 live token of {subject}; to do it, add --yes"),
                more => format!("this would revoke the {more} live tokens of {subject}; to do it, add --yes"),
            }));
        }
        let call = Call::delete(format!("subjects/{subject}/tokens{}", self.wait.query()));
        let revocation: Revocation = gate.answer(&call)?;
        revocation.print("nothing: there was no live token", options.json, out)?;
        self.wait.check(&revocation)
    }
}
