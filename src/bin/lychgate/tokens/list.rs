//! `lychgate tokens list`: a user's tokens.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use lychgate::token::Subject;

use super::record::{HEADINGS, TokenPage};
use crate::Options;
use crate::failure::{Failure, say};
use crate::gate::{Gate, GateOptions};
use crate::print;
use crate::table::Table;

const EXAMPLE: &str = "\
Times are UTC. The last use is known to the day, and may be missing: edges report uses now and then.

Examples:
  lychgate tokens list --subject alice
  lychgate tokens list --subject alice --all --json";

/// Lists a user's tokens.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct List {
    /// The user they stand for
    #[arg(long)]
    subject: Subject,
    /// Include revoked and expired tokens
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    gate: GateOptions,
}

/// Which tokens are wanted.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    /// Those that are accepted now.
    Live,
    /// Also those that were revoked or have expired.
    All,
}

impl List {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let wanted = if self.all { Wanted::All } else { Wanted::Live };
        let count = print_tokens(
            &self.gate.gate(Duration::ZERO)?,
            self.subject,
            wanted,
            options,
            out,
        )?;
        if count == 0 && !options.json {
            say(match wanted {
                Wanted::Live => "No live tokens.",
                Wanted::All => "No tokens.",
            });
        }
        Ok(())
    }
}

/// Prints a subject's tokens as they come in, and gives their number.
pub(super) fn print_tokens(
    gate: &Gate,
    subject: Subject,
    wanted: Wanted,
    options: &Options,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let target = match wanted {
        Wanted::Live => format!("subjects/{}/tokens", subject.as_str()),
        Wanted::All => format!("subjects/{}/tokens?state=all", subject.as_str()),
    };
    let mut count = 0;
    let mut table = Table::new(HEADINGS);
    gate.pages::<TokenPage>(&target, None, |tokens| {
        count += tokens.len();
        if options.json {
            tokens.iter().try_for_each(|token| print::json(out, token))?;
            return Ok(out.flush()?);
        }
        let rows: Vec<_> = tokens.iter().map(super::record::Token::row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        table.print(out, &rows)
    })?;
    Ok(count)
}
