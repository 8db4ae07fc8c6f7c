//! `lychgate narrow`: a narrower token out of a given one, without any key.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lychgate::token::{NarrowError, Restriction, Restrictions, Role, Unverified, prefix_of};
use serde::Serialize;

use crate::Options;
use crate::clock;
use crate::failure::Failure;
use crate::print;
use crate::restriction_options::RestrictionOptions;
use crate::token_input::TokenInput;

const EXAMPLE: &str = "\
Needs no key and no network. Nobody can take a restriction away again, and the new token has the id of the old one: \
revoking either revokes both.

Example:
  lychgate narrow --role read --repo acme/widget --expires-in 15m < token.txt";

/// Prints a token that may do less than the one on standard input.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Narrow {
    #[command(flatten)]
    input: TokenInput,
    /// What it may do at most
    #[arg(long, value_parser = PossibleValuesParser::new(["read", "write"]).try_map(|name| name.parse::<Role>()))]
    role: Option<Role>,
    /// How long it is valid from now on, such as 15m or 12h
    #[arg(long, value_name = "DURATION", value_parser = clock::parse_duration)]
    expires_in: Option<Duration>,
    #[command(flatten)]
    restrictions: RestrictionOptions,
}

impl Narrow {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let added = self.added()?;
        if added.is_empty() {
            return Err(Failure::Usage(
                "nothing to narrow it by: give --role, --expires-in, --repo, --area, --network or --request"
                    .to_owned(),
            ));
        }
        let text = self.input.read()?;
        let prefix =
            prefix_of(&text).ok_or_else(|| invalid("it does not begin with a prefix and an underscore"))?;
        let token = Unverified::parse(&text, &prefix).map_err(|error| invalid(&error.to_string()))?;
        let narrowed = token.narrowed(&added).map_err(|error| {
            if let NarrowError::Token(error) = error {
                invalid(&error.to_string())
            } else {
                Failure::Usage(error.to_string())
            }
        })?;
        if options.json {
            #[derive(Serialize)]
            struct Narrowed<'a> {
                token: &'a str,
                added: &'a Restrictions,
            }
            return print::json(
                out,
                &Narrowed {
                    token: &narrowed,
                    added: &added,
                },
            );
        }
        Ok(writeln!(out, "{}", *narrowed)?)
    }

    fn added(&self) -> Result<Restrictions, Failure> {
        let mut added = Vec::new();
        added.extend(self.role.map(Restriction::Role));
        if let Some(duration) = self.expires_in {
            added.push(Restriction::Expires(clock::after(clock::now()?, duration)?));
        }
        self.restrictions.after(added)
    }
}

fn invalid(reason: &str) -> Failure {
    Failure::Refused {
        code: "token_invalid",
        reason: reason.to_owned(),
    }
}
