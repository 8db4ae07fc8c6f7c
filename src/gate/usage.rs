//! The usage of tokens in this isolate: each token is recorded once an hour and reported in batches after a response. A ledger whose
//! storage was restored thus hears of every token that is in use, and what a lost batch had comes again.

use std::collections::BTreeSet;

use js_sys::{Array, Promise};
use wasm_bindgen::JsValue;

use super::notify::Ledgers;
use super::platform::{after, when_settled};
use crate::ledger::{NoteUsage, Use};
use crate::sorted_map::SortedMap;
use crate::token::{Timestamp, TokenId, Verified};

/// How long uses are collected before they are reported.
const GATHER_MILLISECONDS: u32 = 1_000;

/// How long after one collection began another may begin, in case the first was lost.
const REPORT_TIMEOUT_SECONDS: u32 = 30;

/// For how long a recorded token is not recorded again: as long as a restored ledger may not know a token that is in use. A report
/// of what the ledger knows costs it one read.
const NOTED_SECONDS: u32 = 60 * 60;

/// The most tokens recorded per hour. The rest of the hour has no hints, but the memory of the isolate stays bounded.
const MAXIMUM_NOTED: usize = 50_000;

/// A token that came.
pub(super) enum Used {
    /// It was accepted.
    Accepted(Verified),
    /// It was refused as revoked.
    Revoked(TokenId),
}

/// What this isolate has seen within the hour.
#[derive(Default)]
pub(super) struct Usage {
    hour: u32,
    noted: BTreeSet<(TokenId, bool)>,
    waiting: Vec<(u16, Use)>,
    gathering_since: Option<Timestamp>,
}

impl Usage {
    /// Notes a use; whether a gathering is to begin.
    pub(super) fn note(&mut self, used: &Used, now: Timestamp) -> bool {
        let (id, is_accepted) = match used {
            Used::Accepted(token) => (token.claims().id, true),
            Used::Revoked(id) => (*id, false),
        };
        let hour = now / NOTED_SECONDS;
        if self.hour != hour {
            self.hour = hour;
            self.noted.clear();
        }
        if self.noted.len() >= MAXIMUM_NOTED || !self.noted.insert((id, is_accepted)) {
            return false;
        }
        let noted = match used {
            Used::Accepted(token) => Use::of(token),
            Used::Revoked(id) => Use {
                serial: id.serial,
                accepted: None,
            },
        };
        self.waiting.push((id.shard, noted));
        let is_gathering = self
            .gathering_since
            .is_some_and(|since| now.saturating_sub(since) < REPORT_TIMEOUT_SECONDS);
        if !is_gathering {
            self.gathering_since = Some(now);
        }
        !is_gathering
    }

    /// Takes the unreported usage, by shard.
    fn take(&mut self) -> SortedMap<u16, Vec<Use>> {
        self.gathering_since = None;
        let mut by_shard: SortedMap<u16, Vec<Use>> = SortedMap::new();
        for (shard, noted) in self.waiting.drain(..) {
            by_shard.get_or_insert_with(shard, Vec::new).push(noted);
        }
        by_shard
    }
}

/// Gathers for a while, then reports; `with_usage` reaches the collected usage then.
pub(super) fn gather(
    ledgers: Ledgers,
    with_usage: impl FnOnce(&mut dyn FnMut(&mut Usage)) + 'static,
) -> Promise {
    when_settled(&after(GATHER_MILLISECONDS), move |_timer| {
        let mut taken = SortedMap::new();
        with_usage(&mut |usage| taken = usage.take());
        let sent = Array::new();
        for (shard, usage) in taken.into_entries() {
            if ledgers.shards.holds(shard)
                && let Ok(told) = ledgers.notify(shard, &NoteUsage { usage })
            {
                sent.push(&told);
            }
        }
        Ok(JsValue::from(Promise::all_settled(&sent)))
    })
}
