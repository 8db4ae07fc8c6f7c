//! `lychgate revocations`: shows and publishes revocation lists.

use std::io::Write;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use lychgate::keys::KeyRing;
use lychgate::state::RevocationList;
use lychgate::token::{Timestamp, TokenId};
use serde::Serialize;

use crate::Options;
use crate::clock;
use crate::failure::{Failure, say};
use crate::print;
use crate::store::{Store, StoreOptions};

const SHOW_EXAMPLE: &str = "\
Example:
  lychgate revocations show --remote --keys ring.json";

const PUBLISH_EXAMPLE: &str = "\
Reads the list, makes its next version and writes it back. Without --revoke and --restore, the list keeps its content and \
is valid for longer. A missing list is an error and never an empty list; --new makes the first one. KV has no lock: run \
one publish at a time, and if the gate's ledger publishes a shard, use another shard.

Examples:
  lychgate revocations publish --new --remote --keys ring.json
  lychgate revocations publish --revoke 0-7 --valid-for 30d --remote --keys ring.json";

/// Show and publish revocation lists.
#[derive(Subcommand)]
pub(crate) enum Revocations {
    /// Show a shard's list
    #[command(after_help = SHOW_EXAMPLE)]
    Show(Show),
    /// Publish a shard's next list
    #[command(after_help = PUBLISH_EXAMPLE)]
    Publish(Publish),
}

/// The list to show.
#[derive(Args)]
pub(crate) struct Show {
    /// The shard
    #[arg(long, default_value_t = 0)]
    shard: u16,
    #[command(flatten)]
    store: StoreOptions,
}

/// The content of the next list.
#[derive(Args)]
#[command(group = ArgGroup::new("place").required(true).args(["file", "local", "remote"]))]
pub(crate) struct Publish {
    /// The shard
    #[arg(long, default_value_t = 0)]
    shard: u16,
    /// Revoke this token, shard-serial; may be given more than once
    #[arg(long, value_name = "ID")]
    revoke: Vec<TokenId>,
    /// Accept this token again; may be given more than once
    #[arg(long, value_name = "ID")]
    restore: Vec<TokenId>,
    /// How long the list is valid; the gate refuses every token of the shard afterwards
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = clock::parse_duration)]
    valid_for: Duration,
    /// Make the shard's first list
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    store: StoreOptions,
}

impl Revocations {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Show(show) => show.run(options, out),
            Self::Publish(publish) => publish.run(options, out),
        }
    }
}

impl Show {
    fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let keys = options.keys.read()?;
        let store = self.store.store();
        let list = read_list(&store, self.shard, &keys)?.ok_or_else(|| missing(&store, self.shard))?;
        if !options.json {
            print::fact(out, "list", store.describe(self.shard))?;
        }
        print_list(&list, clock::now()?, options, out)
    }
}

impl Publish {
    fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let revoke = self.serials(&self.revoke)?;
        let restore = self.serials(&self.restore)?;
        if let Some(serial) = revoke.iter().find(|serial| restore.contains(serial)) {
            return Err(Failure::Usage(format!(
                "{}-{serial} is in both --revoke and --restore; give it once",
                self.shard
            )));
        }
        let keys = options.keys.read()?;
        let now = clock::now()?;
        let valid_until = clock::after(now, self.valid_for)?;
        let store = self.store.store();
        let next = match self.current(&store, &keys)? {
            Some(current) => {
                note_what_changes_nothing(&current, &revoke, &restore);
                current.next(revoke, restore, now, valid_until)
            }
            None => {
                let empty = RevocationList::empty(self.shard, now, valid_until);
                if revoke.is_empty() {
                    empty
                } else {
                    empty.next(revoke, [], now, valid_until)
                }
            }
        };
        store.write(self.shard, &next.seal(&keys))?;
        say(&format!(
            "Published version {} of {}.",
            next.version(),
            store.describe(self.shard)
        ));
        print_list(&next, now, options, out)
    }

    /// The current list; `None` for the first one, which needs --new.
    fn current(&self, store: &Store<'_>, keys: &KeyRing) -> Result<Option<RevocationList>, Failure> {
        if !self.new {
            let list = read_list(store, self.shard, keys)?;
            return list.map(Some).ok_or_else(|| missing(store, self.shard));
        }
        match store.read(self.shard)? {
            None => Ok(None),
            Some(_) => Err(Failure::Unusable(format!(
                "{} already exists, and a new list in its place would admit revoked tokens; omit --new",
                store.describe(self.shard)
            ))),
        }
    }

    fn serials(&self, ids: &[TokenId]) -> Result<Vec<u32>, Failure> {
        ids.iter()
            .map(|id| {
                if id.shard == self.shard {
                    Ok(id.serial)
                } else {
                    Err(Failure::Usage(format!(
                        "token {id} is in the list of shard {}, and this is shard {}; use --shard {}",
                        id.shard, self.shard, id.shard
                    )))
                }
            })
            .collect()
    }
}

fn read_list(store: &Store<'_>, shard: u16, keys: &KeyRing) -> Result<Option<RevocationList>, Failure> {
    let Some(sealed) = store.read(shard)? else {
        return Ok(None);
    };
    Ok(Some(RevocationList::open(&sealed, shard, keys)?))
}

fn missing(store: &Store<'_>, shard: u16) -> Failure {
    Failure::Unusable(format!(
        "{} is missing, and a missing list is never treated as an empty one. If there never was one, \
         `lychgate revocations publish --new` makes the first",
        store.describe(shard)
    ))
}

fn note_what_changes_nothing(current: &RevocationList, revoke: &[u32], restore: &[u32]) {
    let shard = current.shard();
    for serial in revoke
        .iter()
        .filter(|serial| current.serials().any(|known| known == **serial))
    {
        say(&format!("Token {shard}-{serial} was already revoked."));
    }
    for serial in restore
        .iter()
        .filter(|serial| !current.serials().any(|known| known == **serial))
    {
        say(&format!("Token {shard}-{serial} was not revoked."));
    }
}

fn print_list(
    list: &RevocationList,
    now: Timestamp,
    options: &Options,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let shard = list.shard();
    let ids = list.serials().map(|serial| TokenId { shard, serial });
    if options.json {
        #[derive(Serialize)]
        struct ShownList {
            shard: u16,
            version: u64,
            published_at: Timestamp,
            valid_until: Timestamp,
            in_force: bool,
            count: u64,
            revoked: Vec<String>,
        }
        return print::json(
            out,
            &ShownList {
                shard,
                version: list.version(),
                published_at: list.published_at(),
                valid_until: list.valid_until(),
                in_force: now < list.valid_until(),
                count: list.len(),
                revoked: ids.map(|id| id.to_string()).collect(),
            },
        );
    }
    print::fact(out, "shard", shard)?;
    print::fact(out, "version", list.version())?;
    print::fact(out, "published at", clock::date(list.published_at()))?;
    print::fact(out, "valid until", clock::date(list.valid_until()))?;
    match list.valid_until().checked_sub(now) {
        Some(left) if left > 0 => print::fact(out, "in force", format!("yes, for {}", clock::span(left)))?,
        Some(_) | None => print::fact(
            out,
            "in force",
            "no: the gate refuses this shard's tokens until a newer list is published",
        )?,
    }
    print::fact(out, "revoked", list.len())?;
    for id in ids {
        writeln!(out, "  {id}")?;
    }
    Ok(())
}
