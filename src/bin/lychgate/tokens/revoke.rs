//! `lychgate tokens revoke`: revokes a token.

use std::io::Write;

use clap::Args;
use lychgate::token::{Subject, TokenId};

use super::revocation::{Revocation, Wait};
use crate::Options;
use crate::failure::Failure;
use crate::gate::{Call, GateOptions};

const EXAMPLE: &str = "\
Revoking a token that is already revoked is no error. With --wait, exit code 0 means that the list that revokes the token is \
published. It takes effect at an edge within REFRESH_SECONDS plus the time that KV needs to show it there.

Example:
  lychgate tokens revoke 0-1742 --subject alice --wait 30";

/// Revokes a token.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Revoke {
    /// The token to revoke, shard-serial
    id: TokenId,
    /// The user it stands for
    #[arg(long)]
    subject: Subject,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    gate: GateOptions,
}

impl Revoke {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let gate = self.gate.gate(self.wait.duration())?;
        let call = Call::delete(format!(
            "subjects/{}/tokens/{}{}",
            self.subject.as_str(),
            self.id,
            self.wait.query()
        ))
        .of_token(self.id, &self.subject);
        let revocation: Revocation = gate.answer(&call)?;
        revocation.print(
            "nothing: the token was already revoked or had expired",
            options.json,
            out,
        )?;
        self.wait.check(&revocation)
    }
}
