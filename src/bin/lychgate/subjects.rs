//! `lychgate subjects`: who may sign in at a running gate, and have tokens.

use std::io::Write;
use std::time::Duration;

use clap::Subcommand;
use lychgate::token::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Options;
use crate::clock;
use crate::failure::Failure;
use crate::gate::Call;
use crate::print;
use crate::subject_options::SubjectOptions;

const BLOCK_EXAMPLE: &str = "\
A blocked user cannot sign in at the gate's page, all their sessions end, and nobody can create or refresh tokens for them. \
The tokens that they have stay valid: revoke them too.

Example:
  lychgate subjects block --subject mallory && lychgate tokens revoke-all --subject mallory";

const UNBLOCK_EXAMPLE: &str = "\
Sessions from before the block stay revoked.

Example:
  lychgate subjects unblock --subject mallory";

const SHOW_EXAMPLE: &str = "\
Example:
  lychgate subjects show --subject mallory --json";

/// Manage who may sign in and have tokens.
#[derive(Subcommand)]
pub(crate) enum Subjects {
    /// Keep a user from signing in and from having new tokens
    #[command(after_help = BLOCK_EXAMPLE)]
    Block(SubjectOptions),
    /// Let a blocked user sign in again
    #[command(after_help = UNBLOCK_EXAMPLE)]
    Unblock(SubjectOptions),
    /// Show whether a user is blocked, and when their sessions were revoked
    #[command(after_help = SHOW_EXAMPLE)]
    Show(SubjectOptions),
}

/// Whether a subject is blocked, as the gate reports it.
#[derive(Deserialize, Serialize)]
struct Block {
    subject: String,
    blocked_at: Option<Timestamp>,
    sessions_revoked_at: Option<Timestamp>,
    /// Which shards did not answer, or say otherwise.
    unanswered_shards: Vec<u16>,
}

impl Subjects {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let (user, call): (_, fn(String) -> Call) = match self {
            Self::Block(user) => (user, |target| Call::put(target, String::new())),
            Self::Unblock(user) => (user, Call::delete),
            Self::Show(user) => (user, Call::get),
        };
        let gate = user.gate.gate(Duration::ZERO)?;
        let target = format!("subjects/{}/block", user.subject.as_str());
        let block: Block = gate.answer(&call(target))?;
        block.print(options.json, out)?;
        block.check()
    }
}

impl Block {
    /// Whether all shards know it so.
    fn check(&self) -> Result<(), Failure> {
        let [first, ..] = self.unanswered_shards.as_slice() else {
            return Ok(());
        };
        let (subject, command) = match self.blocked_at {
            Some(_) => (&self.subject, "block"),
            None => (&self.subject, "unblock"),
        };
        Err(Failure::Unusable(format!(
            "{} shards did not answer or say otherwise, shard {first} among them. Run `lychgate subjects {command} --subject \
             {subject}` until all have",
            self.unanswered_shards.len()
        )))
    }

    fn print(&self, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
        if json {
            return print::json(out, self);
        }
        let at = |before: &str, at: Option<Timestamp>, none: &str| {
            at.map_or_else(|| none.to_owned(), |at| format!("{before} {}", clock::stamp(at)))
        };
        print::fact(out, "subject", &self.subject)?;
        print::fact(out, "blocked", at("since", self.blocked_at, "no"))?;
        print::fact(
            out,
            "sessions",
            at(
                "revoked at",
                self.sessions_revoked_at,
                "never revoked by an operator",
            ),
        )
    }
}
