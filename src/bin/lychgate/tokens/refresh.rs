//! `lychgate tokens refresh`: a new token in a token's place.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use lychgate::ledger::MAXIMUM_GRACE_SECONDS;
use lychgate::token::{Subject, TokenId};

use super::record::CreatedToken;
use crate::Options;
use crate::clock;
use crate::failure::Failure;
use crate::gate::{Call, GateOptions};
use crate::lifetime::parse_lifetime;

const EXAMPLE: &str = "\
The new token is printed alone on standard output; everything else is on standard error. The old token is revoked \
at once. With --grace it is revoked when the grace period is over or the new token is first used, whichever comes first. \
If the response is lost, the command asks for it again, once, and gets the same token.

Example:
  lychgate tokens refresh 0-1742 --subject alice --grace 1h > token.txt";

/// Replaces a token by a new one of the same name and role, and prints that one. Nobody can show it again.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Refresh {
    /// The token to replace, shard-serial
    id: TokenId,
    /// The user it stands for
    #[arg(long)]
    subject: Subject,
    /// How long the old token may still work, at most 7d [default: not at all]
    #[arg(long, value_name = "DURATION", value_parser = parse_grace)]
    grace: Option<Duration>,
    /// How long the new token is valid [default: as long as the old one was when it was created]
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    expires_in: Option<Duration>,
    #[command(flatten)]
    gate: GateOptions,
}

impl Refresh {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let gate = self.gate.gate(Duration::ZERO)?;
        let (id, subject) = (self.id, self.subject.as_str());
        let query = self
            .grace
            .map(|grace| format!("?grace={}", grace.as_secs()))
            .unwrap_or_default();
        let body = self
            .expires_in
            .map(|lifetime| serde_json::json!({ "expires_in": lifetime.as_secs() }).to_string());
        let call = Call::make(
            format!("subjects/{subject}/tokens/{id}/refresh{query}"),
            body,
            format!(
                "`lychgate tokens list --all --subject {subject}` tells whether {id} was replaced; if so, refresh the \
                 token that replaced it"
            ),
        )?
        .of_token(self.id, &self.subject);
        gate.answer::<CreatedToken>(&call)?.print(options.json, out)
    }
}

fn parse_grace(text: &str) -> Result<Duration, String> {
    match clock::parse_duration(text)? {
        grace if grace <= Duration::from_secs(MAXIMUM_GRACE_SECONDS.into()) => Ok(grace),
        _ => Err("a grace period is at most 7d".to_owned()),
    }
}
