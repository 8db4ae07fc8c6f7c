//! `lychgate ledger`: a running gate's ledgers, copied out and in again, and what a root key still seals.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Options;
use crate::failure::{Failure, say};
use crate::gate::{Call, Gate, GateOptions, Page};
use crate::print;

const EXPORT_EXAMPLE: &str = "\
The backup has one JSON object a line: tokens without their texts, which no ledger has, revoked serials, and memberships. \
It names users and what they may do: keep it as you keep the hub's database. The audit is not in it.

Example:
  lychgate ledger export > ledger-backup.jsonl";

const IMPORT_EXAMPLE: &str = "\
A ledger takes on what it does not know. It never accepts a token again that it revokes, and never replaces a membership \
that it or Workers KV has. Running this twice changes nothing.

Example:
  lychgate ledger import ledger-backup.jsonl";

const SEALED_EXAMPLE: &str = "\
Exit code 0 means that nothing in Workers KV needs the key any more, as far as the ledgers have written it.

Example:
  lychgate ledger sealed-with 1";

/// How many records one call takes.
const RECORDS: usize = 100;

/// How many bytes of records one call takes; the gate's limit is 1 MiB.
const RECORD_BYTES: usize = 950_000;

/// Copy a running gate's ledgers, and see what is sealed with which key.
#[derive(Subcommand)]
pub(crate) enum Ledger {
    /// Print all tokens, revocations and memberships, for a backup
    Export(Export),
    /// Give the ledgers what a backup has and they do not know
    Import(Import),
    /// Tell whether lists or records are still sealed with a root key
    SealedWith(SealedWith),
}

/// Prints the records of all ledgers.
#[derive(Args)]
#[command(after_help = EXPORT_EXAMPLE)]
pub(crate) struct Export {
    #[command(flatten)]
    gate: GateOptions,
}

/// Gives the ledgers the records of a backup.
#[derive(Args)]
#[command(after_help = IMPORT_EXAMPLE)]
pub(crate) struct Import {
    /// The backup, or - for standard input
    file: PathBuf,
    #[command(flatten)]
    gate: GateOptions,
}

/// Tells what is still sealed with a root key.
#[derive(Args)]
#[command(after_help = SEALED_EXAMPLE)]
pub(crate) struct SealedWith {
    /// The id of the root key
    key_id: u8,
    #[command(flatten)]
    gate: GateOptions,
}

#[derive(Deserialize)]
struct Health {
    ledgers: Vec<Condition>,
    unanswered_shards: Vec<u16>,
}

/// How one ledger stands.
#[derive(Deserialize)]
struct Condition {
    shard: u16,
    is_searching: bool,
    unwritten_records: u32,
    sealed_with: Vec<Sealed>,
}

/// How much of one ledger a root key seals.
#[derive(Default, Deserialize)]
struct Sealed {
    key_id: u8,
    lists: u32,
    records: u32,
}

#[derive(Deserialize)]
struct RecordPage {
    records: Vec<Map<String, Value>>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Imported {
    taken: u32,
}

/// A line of a backup.
#[derive(Deserialize, Serialize)]
struct Line {
    shard: u16,
    #[serde(flatten)]
    record: Map<String, Value>,
}

/// What goes to one shard in one call.
#[derive(Default)]
struct Batch {
    shard: u16,
    records: Vec<Map<String, Value>>,
    bytes: usize,
}

impl Page for RecordPage {
    type Item = Map<String, Value>;

    fn open(self) -> (Vec<Self::Item>, Option<String>, Vec<u16>) {
        (self.records, self.next, Vec::new())
    }
}

impl Ledger {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Export(export) => export.run(out),
            Self::Import(import) => import.run(options, out),
            Self::SealedWith(sealed) => sealed.run(options, out),
        }
    }
}

fn conditions(gate: &Gate) -> Result<Vec<Condition>, Failure> {
    let health: Health = gate.answer(&Call::get("health".to_owned()))?;
    match health.unanswered_shards.first() {
        None => Ok(health.ledgers),
        Some(first) => Err(Failure::Unusable(format!(
            "{} shards did not answer, shard {first} among them",
            health.unanswered_shards.len()
        ))),
    }
}

impl Export {
    fn run(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let gate = self.gate.gate(Duration::ZERO)?;
        let mut count = 0;
        for shard in 0..=u16::MAX {
            let exported = gate.pages::<RecordPage>(&format!("ledgers/{shard}/records"), None, |records| {
                count += records.len();
                for record in records {
                    print::json(out, &Line { shard, record })?;
                }
                Ok(())
            });
            match exported {
                // There are no more ledgers.
                Err(Failure::RefusedByGate { code, .. }) if shard > 0 && code == "not_found" => break,
                exported => exported?,
            }
        }
        say(&format!("{count} records."));
        Ok(())
    }
}

impl Import {
    fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let gate = self.gate.gate(Duration::ZERO)?;
        let unreadable = |error: io::Error| {
            Failure::Unusable(format!("{} could not be read: {error}", self.file.display()))
        };
        let lines: Box<dyn BufRead> = if self.file.as_os_str() == "-" {
            Box::new(BufReader::new(io::stdin()))
        } else {
            Box::new(BufReader::new(File::open(&self.file).map_err(unreadable)?))
        };
        let (mut read, mut taken) = (0, 0);
        let mut batch = Batch::default();
        for line in lines.lines() {
            let text = line.map_err(unreadable)?;
            if text.trim().is_empty() {
                continue;
            }
            read += 1;
            let line: Line = serde_json::from_str(&text).map_err(|error| {
                Failure::Usage(format!(
                    "{}, line {read} is no record of a backup ({error}); pass a file that `lychgate ledger export` wrote",
                    self.file.display()
                ))
            })?;
            let is_full = batch.records.len() >= RECORDS || batch.bytes + text.len() > RECORD_BYTES;
            if is_full || line.shard != batch.shard {
                taken += batch.send(&gate)?;
                batch.shard = line.shard;
            }
            batch.bytes += text.len();
            batch.records.push(line.record);
        }
        taken += batch.send(&gate)?;
        if options.json {
            return print::json(out, &json!({ "read": read, "taken": taken }));
        }
        print::fact(out, "read", read)?;
        print::fact(out, "new", taken)
    }
}

impl Batch {
    /// Sends what is gathered, and begins anew; how many records were new.
    fn send(&mut self, gate: &Gate) -> Result<u32, Failure> {
        let Self { shard, records, .. } = std::mem::take(self);
        self.shard = shard;
        if records.is_empty() {
            return Ok(0);
        }
        let body = json!({ "records": records }).to_string();
        let imported: Imported = gate.answer(&Call::post(format!("ledgers/{shard}/records"), body))?;
        Ok(imported.taken)
    }
}

impl SealedWith {
    fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let gate = self.gate.gate(Duration::ZERO)?;
        let mut left = 0;
        for condition in conditions(&gate)? {
            let sealed = condition
                .sealed_with
                .iter()
                .find(|sealed| sealed.key_id == self.key_id);
            let (lists, records) = sealed.map_or((0, 0), |sealed| (sealed.lists, sealed.records));
            // What is not found or not written yet may be sealed with any key.
            let unknown = condition.unwritten_records + u32::from(condition.is_searching);
            left += lists + records + unknown;
            if options.json {
                print::json(
                    out,
                    &json!({
                        "shard": condition.shard,
                        "lists": lists,
                        "records": records,
                        "unwritten_records": condition.unwritten_records,
                        "is_searching": condition.is_searching,
                    }),
                )?;
            } else {
                print::fact(
                    out,
                    &format!("shard {}", condition.shard),
                    format!(
                        "sealed with key {}: lists {lists}, records {records}; records to be written: {}{}",
                        self.key_id,
                        condition.unwritten_records,
                        if condition.is_searching {
                            "; the search for records is not finished"
                        } else {
                            ""
                        }
                    ),
                )?;
            }
        }
        if left == 0 {
            return Ok(());
        }
        Err(Failure::RefusedByGate {
            code: "key_in_use".to_owned(),
            reason: format!("key {} is still needed; try again after a heartbeat", self.key_id),
        })
    }
}
