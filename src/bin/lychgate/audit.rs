//! `lychgate audit`: the changes to a running gate's tokens, and who made them.

use std::io::Write;
use std::time::Duration;

use clap::{Args, value_parser};
use lychgate::token::{Subject, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Options;
use crate::clock;
use crate::failure::{Failure, say};
use crate::gate::{GateOptions, Page};
use crate::print;
use crate::table::Table;

const EXAMPLE: &str = "\
Times are UTC. Who: admin (by the admin key), session (the user, signed in at the page), holder (whoever held the token), report (of a leak), github, or the gate \
itself. `used_after_revocation` is a possible leak.

Examples:
  lychgate audit --limit 20
  lychgate audit --subject alice --json";

/// The columns of the table.
const HEADINGS: [&str; 6] = ["when", "who", "what", "token", "subject", "details"];

/// Shows what changed in a running gate's tokens, newest first.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Audit {
    /// Show only changes to this user's tokens
    #[arg(long)]
    subject: Option<Subject>,
    /// Show only this many changes, the newest [default: all]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    limit: Option<u64>,
    #[command(flatten)]
    gate: GateOptions,
}

/// One audit entry.
#[derive(Deserialize, Serialize)]
struct Entry {
    id: String,
    at: Timestamp,
    actor: String,
    action: String,
    subject: Option<String>,
    token: Option<String>,
    replaces: Option<String>,
    reason: Option<String>,
    restricted: Option<bool>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
struct EntryPage {
    entries: Vec<Entry>,
    next: Option<String>,
    unanswered_shards: Vec<u16>,
}

impl Page for EntryPage {
    type Item = Entry;

    fn open(self) -> (Vec<Entry>, Option<String>, Vec<u16>) {
        (self.entries, self.next, self.unanswered_shards)
    }
}

impl Audit {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let target = match &self.subject {
            Some(subject) => format!("audit?subject={}", subject.as_str()),
            None => "audit".to_owned(),
        };
        let mut table = Table::new(HEADINGS);
        let mut count = 0;
        let gate = self.gate.gate(Duration::ZERO)?;
        gate.pages::<EntryPage>(&target, self.limit, |entries| {
            count += entries.len();
            if options.json {
                entries.iter().try_for_each(|entry| print::json(out, entry))?;
                return Ok(out.flush()?);
            }
            let rows: Vec<_> = entries.iter().map(Entry::row).collect();
            if rows.is_empty() {
                return Ok(());
            }
            table.print(out, &rows)
        })?;
        if count == 0 && !options.json {
            say("Nothing has changed yet.");
        }
        Ok(())
    }
}

impl Entry {
    fn row(&self) -> [String; 6] {
        let replaces = self.replaces.as_ref().map(|id| format!("replaces {id}"));
        let restricted = (self.restricted == Some(true)).then(|| "restricted".to_owned());
        let details: Vec<String> = self
            .reason
            .iter()
            .cloned()
            .chain(replaces)
            .chain(restricted)
            .collect();
        [
            clock::stamp(self.at),
            self.actor.clone(),
            self.action.clone(),
            self.token.clone().unwrap_or_else(|| "-".to_owned()),
            self.subject.clone().unwrap_or_else(|| "-".to_owned()),
            details.join(", "),
        ]
    }
}
