//! The result of a revocation: which lists contain it, and whether they are published.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use clap::value_parser;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::print;

/// How long to wait for the list.
#[derive(Args)]
pub(super) struct Wait {
    /// Wait up to this many seconds until the list that revokes it is published, and fail if it is not
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = value_parser!(u32).range(0..=30))]
    wait: u32,
}

/// What a call revoked, and where it takes effect.
#[derive(Deserialize, Serialize)]
pub(super) struct Revocation {
    revoked: u64,
    /// Whether there are more, revoked by the same lists and not counted yet.
    more: bool,
    lists: Vec<List>,
    /// Which shards did not answer: whether their tokens are revoked is not known.
    unanswered_shards: Vec<u16>,
}

/// A shard's revocation list, in the version in which a change takes effect.
#[derive(Deserialize, Serialize)]
pub(super) struct List {
    shard: u16,
    version: u64,
    published: bool,
}

impl Wait {
    pub(super) fn duration(&self) -> Duration {
        Duration::from_secs(self.wait.into())
    }

    /// The query that says so.
    pub(super) fn query(&self) -> String {
        match self.wait {
            0 => String::new(),
            seconds => format!("?wait={seconds}"),
        }
    }

    /// Whether every shard did what it was asked, and whether what was waited for came.
    pub(super) fn check(&self, revocation: &Revocation) -> Result<(), Failure> {
        if let [first, ..] = revocation.unanswered_shards.as_slice() {
            return Err(Failure::Unusable(format!(
                "{} shards did not answer, shard {first} among them: tokens that they hold may still be accepted. Run \
                 this again",
                revocation.unanswered_shards.len()
            )));
        }
        if self.wait == 0 || revocation.lists.iter().all(|list| list.published) {
            return Ok(());
        }
        Err(Failure::Unusable(format!(
            "the revocation is recorded and not lost, but after {} s the list that contains it is still not published. \
             Run this again to wait on; if that goes on, look into the gate's log",
            self.wait
        )))
    }
}

impl Revocation {
    /// Prints what was revoked and where; prints `nothing` if there was nothing to revoke.
    pub(super) fn print(&self, nothing: &str, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
        if json {
            return print::json(out, self);
        }
        match self.revoked {
            some if self.more => print::fact(
                out,
                "revoked",
                format!("{some} tokens and more: all of them by the lists below"),
            )?,
            0 => print::fact(out, "revoked", nothing)?,
            1 => print::fact(out, "revoked", "1 token")?,
            more => print::fact(out, "revoked", format!("{more} tokens"))?,
        }
        if self.lists.is_empty() {
            return print::fact(
                out,
                "in force",
                "yes: nothing is left that a list would have to refuse",
            );
        }
        self.lists.iter().try_for_each(|list| list.print(out))
    }
}

impl List {
    /// Prints from which version on, and whether that is out.
    pub(super) fn print(&self, out: &mut dyn Write) -> Result<(), Failure> {
        print::fact(
            out,
            "takes effect",
            format!("in version {} of the list of shard {}", self.version, self.shard),
        )?;
        print::fact(
            out,
            "in force",
            if self.published {
                "yes: it is published, and every edge has it as soon as it next reads its list"
            } else {
                "not yet: it is on record, and the list follows within seconds"
            },
        )
    }
}
