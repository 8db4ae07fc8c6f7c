//! `lychgate tokens`: manages a running gate's tokens.

mod create;
mod list;
mod record;
mod refresh;
mod revocation;
mod revoke;
mod revoke_all;

use std::io::Write;

use clap::Subcommand;

use crate::Options;
use crate::failure::Failure;

/// Manage the tokens of a running gate.
#[derive(Subcommand)]
pub(crate) enum Tokens {
    /// Create a token and print it; it is never shown again
    Create(create::Create),
    /// List a user's tokens
    List(list::List),
    /// Replace a token by a new one with the same name and role, and print the new one
    Refresh(refresh::Refresh),
    /// Revoke a token
    #[command(visible_alias = "delete")]
    Revoke(revoke::Revoke),
    /// Revoke all tokens of a user
    RevokeAll(revoke_all::RevokeAll),
}

impl Tokens {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(options, out),
            Self::List(list) => list.run(options, out),
            Self::Refresh(refresh) => refresh.run(options, out),
            Self::Revoke(revoke) => revoke.run(options, out),
            Self::RevokeAll(revoke_all) => revoke_all.run(options, out),
        }
    }
}
