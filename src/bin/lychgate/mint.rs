//! `lychgate mint`: mints a token for a user.

use std::io::Write;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lychgate::token::{BearerKind, Claims, Prefix, Role, Subject, TokenId, mint};
use serde::Serialize;

use crate::Options;
use crate::clock;
use crate::facts::Facts;
use crate::failure::Failure;
use crate::lifetime::Lifetime;
use crate::print;
use crate::restriction_options::RestrictionOptions;

const EXAMPLE: &str = "\
If the gate's ledger issues tokens too, use a shard of your own: the ledger chooses the serials of its shards.

Example:
  lychgate mint --subject alice --role write --serial 7 --expires-in 12h --keys ring.json";

/// Prints a new token, made with the active key.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Mint {
    /// The token's user: 1 to 64 of A-Z a-z 0-9 . _ -
    #[arg(long)]
    subject: Subject,
    /// The most that the token allows
    #[arg(long, value_parser = PossibleValuesParser::new(["read", "write"]).try_map(|name| name.parse::<Role>()))]
    role: Role,
    /// The token's number in the shard; every token of a shard needs its own
    #[arg(long)]
    serial: u32,
    /// The shard that issues the token
    #[arg(long, default_value_t = 0)]
    shard: u16,
    /// How long the token is valid, such as 90d, 12h or 1h30m; or never, for a token that does not expire
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = Lifetime::parse)]
    expires_in: Lifetime,
    /// The deployment's token prefix
    #[arg(long, default_value = "hub")]
    prefix: Prefix,
    /// The subject is a program of an organization, not a person
    #[arg(long)]
    service_account: bool,
    #[command(flatten)]
    restrictions: RestrictionOptions,
}

impl Mint {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let keys = options.keys.read()?;
        let issued_at = clock::now()?;
        let claims = Claims {
            role: self.role,
            subject: self.subject,
            id: TokenId {
                shard: self.shard,
                serial: self.serial,
            },
            issued_at,
            expires_at: match self.expires_in {
                Lifetime::For(duration) => Some(clock::after(issued_at, duration)?),
                Lifetime::Unlimited => None,
            },
            bearer: if self.service_account {
                BearerKind::ServiceAccount
            } else {
                BearerKind::User
            },
            restrictions: self.restrictions.after(Vec::new())?,
        };
        let token = mint(&claims, &self.prefix, &keys).map_err(|error| Failure::Usage(error.to_string()))?;
        if options.json {
            #[derive(Serialize)]
            struct Minted<'a> {
                token: &'a str,
                #[serde(flatten)]
                facts: Facts<'a>,
            }
            return print::json(
                out,
                &Minted {
                    token: &token,
                    facts: Facts::from(&claims),
                },
            );
        }
        Ok(writeln!(out, "{}", *token)?)
    }
}
