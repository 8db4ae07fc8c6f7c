//! The revocation lists of this isolate: which are in hand, how old they are, and how they are fetched.
//!
//! A request reads no KV: the list in hand answers, and is refreshed after the response. Only the first use of a
//! shard waits, and the first use after a pause in traffic.

use std::collections::BTreeMap;

use js_sys::Promise;

use super::log::Line;
use super::platform::{KvNamespace, Settled, bytes, within};
use crate::{ListError, Lookup, RevocationList, Revocations, State, Timestamp};

/// How long the platform may answer a KV read from its own cache: the least that it takes.
const CACHE_SECONDS: u32 = 30;

/// How long a read may take before it counts as failed.
const READ_MILLISECONDS: u32 = 5_000;

/// How many refresh times old a list may be and still be used before KV was asked again. A refresh behind the
/// response is for the next request only: after a pause in traffic it would come too late.
const REFRESHES_MISSED: u32 = 2;

/// How long after a failed read the next one may be tried, so that an outage is not made worse.
const RETRY_SECONDS: u32 = 1;

/// How long a failed read lets requests use the list in hand without waiting for the next one: longer than a read
/// takes to fail, so that they wait but once in an outage.
const OUTAGE_SECONDS: u32 = READ_MILLISECONDS / 1_000 + 2 * RETRY_SECONDS;

/// What is known of the reading of each shard's list.
#[derive(Default)]
pub(super) struct Lists {
    shards: BTreeMap<u16, Reading>,
}

#[derive(Clone, Copy, Default)]
struct Reading {
    /// When KV last gave a genuine list.
    read_at: Option<Timestamp>,
    /// When a read was last begun.
    begun_at: Option<Timestamp>,
    /// When a read last failed, where none has succeeded since then.
    failed_at: Option<Timestamp>,
    /// When its ledger was last woken.
    woken_at: Option<Timestamp>,
}

/// What to do about a shard's list beside using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Nothing.
    Fresh,
    /// Use it, and read again after the response.
    Refresh,
    /// Read again first.
    Wait,
}

impl Lists {
    /// How the list in hand stands.
    pub(super) fn freshness(&self, shard: u16, refresh_seconds: u32, now: Timestamp) -> Freshness {
        let reading = self.shards.get(&shard).copied().unwrap_or_default();
        let since = |then: Option<Timestamp>| then.map(|then| now.saturating_sub(then));
        let within = |then: Option<Timestamp>, seconds: u32| since(then).is_some_and(|since| since < seconds);
        let pause = refresh_seconds.saturating_mul(REFRESHES_MISSED);
        let is_down = within(reading.failed_at, OUTAGE_SECONDS);
        match reading.read_at {
            read_at @ Some(_) if within(read_at, refresh_seconds) => Freshness::Fresh,
            // That a read was begun is no reason to use the old list: after a pause, the second of two requests
            // would get past with a token that was revoked long ago. That one has failed is a reason.
            read_at @ Some(_) if !within(read_at, pause) && !is_down => Freshness::Wait,
            Some(_) if within(reading.begun_at, RETRY_SECONDS) => Freshness::Fresh,
            Some(_) => Freshness::Refresh,
            None if within(reading.failed_at, RETRY_SECONDS) => Freshness::Fresh,
            None => Freshness::Wait,
        }
    }

    /// A promise of a shard's sealed list. Where KV cannot even be asked, it is rejected, as when KV fails.
    pub(super) fn begin(&mut self, shard: u16, store: &KvNamespace, now: Timestamp) -> Promise {
        self.shards.entry(shard).or_default().begun_at = Some(now);
        match store.read_bytes(&format!("revocations/{shard}"), CACHE_SECONDS) {
            Ok(read) => within(&read, READ_MILLISECONDS),
            Err(error) => Promise::reject(&error),
        }
    }

    /// Takes into hand what a read gave. Whatever is wrong with it is logged, and the list in hand stays.
    pub(super) fn finish(&mut self, shard: u16, settled: &Settled, state: &mut State, now: Timestamp) {
        let taken = match settled {
            Ok(value) => match bytes(value) {
                Some(sealed) => RevocationList::open(&sealed, shard, &state.keys)
                    .and_then(|list| state.revocations.accept(list))
                    .map_err(ReadError::List),
                None => Err(ReadError::Missing),
            },
            Err(_) => Err(ReadError::Store),
        };
        let reading = self.shards.entry(shard).or_default();
        match taken {
            Ok(()) => {
                reading.read_at = Some(now);
                reading.failed_at = None;
            }
            Err(error) => {
                reading.failed_at = Some(now);
                state.revocations.note_missing(shard, now);
                error.alarm(shard);
            }
        }
    }

    /// Whether the list in hand is older than its ledger should let it become, so that the ledger is to be woken: at
    /// most once in that time.
    pub(super) fn is_overdue(
        &mut self,
        shard: u16,
        revocations: &Revocations,
        heartbeat_seconds: u32,
        now: Timestamp,
    ) -> bool {
        let reading = self.shards.entry(shard).or_default();
        let is_old = |since: Timestamp| now.saturating_sub(since) > heartbeat_seconds;
        let is_overdue = match revocations.lookup(shard, now) {
            Lookup::InForce(list) | Lookup::Stale(list) => is_old(list.published_at()),
            Lookup::Unknown | Lookup::Missing { .. } => true,
        } && reading.woken_at.is_none_or(is_old);
        if is_overdue {
            reading.woken_at = Some(now);
        }
        is_overdue
    }
}

/// Why a read gave no list.
enum ReadError {
    /// KV failed, or took too long.
    Store,
    /// KV has no value there.
    Missing,
    /// The value is no list to be taken.
    List(ListError),
}

impl ReadError {
    fn alarm(&self, shard: u16) {
        let (code, detail) = match self {
            Self::Store => ("list_unreadable", "KV failed or took too long".to_owned()),
            Self::Missing => (
                "list_missing",
                "KV holds no such key; the ledger publishes one, or, without a ledger, `lychgate revocations publish`".to_owned(),
            ),
            Self::List(error) => (error.code(), error.to_string()),
        };
        Line {
            event: "revocations",
            code,
            shard: Some(shard),
            detail: Some(detail),
            ..Line::default()
        }
        .alarm();
    }
}
