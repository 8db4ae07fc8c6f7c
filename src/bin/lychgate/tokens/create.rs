//! `lychgate tokens create`: a token from a running gate.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lychgate::ledger::TokenName;
use lychgate::token::{Restrictions, Role, Subject};
use serde::Serialize;

use super::record::CreatedToken;
use crate::Options;
use crate::failure::Failure;
use crate::gate::{Call, GateOptions};
use crate::lifetime::Lifetime;
use crate::restriction_options::RestrictionOptions;

const EXAMPLE: &str = "\
The token is printed alone on standard output; everything else is on standard error. The gate keeps no copy: if you lose the \
token, you can only refresh or revoke it. If the response is lost, the command asks for it again, once, and gets the same \
token.

Examples:
  lychgate tokens create --subject alice --name laptop --role read > token.txt
  lychgate tokens create --subject alice --name ci --role write --repo acme/widget --area git > token.txt";

/// Creates a token and prints it. Nobody can show it again.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Create {
    /// The user it stands for: 1 to 64 of A-Z a-z 0-9 . _ -
    #[arg(long)]
    subject: Subject,
    /// The name that the user gives it: 1 to 96 characters, different from those of their other live tokens
    #[arg(long)]
    name: TokenName,
    /// What it may do at most
    #[arg(long, value_parser = PossibleValuesParser::new(["read", "write"]).try_map(|name| name.parse::<Role>()))]
    role: Role,
    /// How long it is valid, such as 90d, 12h or 1h30m; or never, for a token that does not expire
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = Lifetime::parse)]
    expires_in: Lifetime,
    #[command(flatten)]
    restrictions: RestrictionOptions,
    #[command(flatten)]
    gate: GateOptions,
}

#[derive(Serialize)]
struct NewToken<'a> {
    name: &'a str,
    role: &'static str,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Restrictions::is_empty")]
    restrictions: Restrictions,
}

impl Create {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let gate = self.gate.gate(Duration::ZERO)?;
        let subject = self.subject.as_str();
        let body = serde_json::to_string(&NewToken {
            name: self.name.as_str(),
            role: self.role.name(),
            expires_in: match self.expires_in {
                Lifetime::For(duration) => Some(duration.as_secs()),
                Lifetime::Unlimited => None,
            },
            restrictions: self.restrictions.after(Vec::new())?,
        })
        .map_err(|error| Failure::Usage(error.to_string()))?;
        let call = Call::make(
            format!("subjects/{subject}/tokens"),
            Some(body),
            format!(
                "`lychgate tokens list --subject {subject}` tells whether the token was created; if so, revoke it and \
                 create it again"
            ),
        )?;
        gate.answer::<CreatedToken>(&call)?.print(options.json, out)
    }
}
