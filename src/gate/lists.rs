//! The revocation lists of this isolate: which are cached, how old they are, and how they are fetched.
//!
//! A request does not read KV: the gate uses the cached list, and refreshes it after the response. Only the first use of a shard
//! waits, and the first use after a pause in traffic.

use js_sys::Promise;

use super::platform::{KvNamespace, Settled, bytes};
use crate::isolate::log::Line;
use crate::policy::State;
use crate::sorted_map::SortedMap;
use crate::state::{Freshness, LastRead, ListError, Lookup, RevocationList, Revocations};
use crate::token::Timestamp;

/// When each shard's list was last read.
#[derive(Default)]
pub(super) struct Lists {
    shards: SortedMap<u16, Shard>,
}

#[derive(Clone, Copy, Default)]
struct Shard {
    last_read: LastRead,
    /// When the list's ledger was last woken.
    woken_at: Option<Timestamp>,
}

impl Lists {
    /// The freshness of the cached list.
    pub(super) fn freshness(&self, shard: u16, refresh_seconds: u32, now: Timestamp) -> Freshness {
        let shard = self.shards.get(&shard).copied().unwrap_or_default();
        shard.last_read.freshness(refresh_seconds, now)
    }

    /// A promise of a shard's sealed list.
    pub(super) fn begin(&mut self, shard: u16, store: &KvNamespace, now: Timestamp) -> Promise {
        self.shards
            .get_or_insert_with(shard, Shard::default)
            .last_read
            .begin(now);
        store.read_bytes(&format!("revocations/{shard}"))
    }

    /// Caches what a read returned. If it is invalid, the fault is logged and the cached list stays.
    pub(super) fn finish(&mut self, shard: u16, settled: &Settled, state: &mut State, now: Timestamp) {
        let taken = match settled {
            Ok(value) => match bytes(value) {
                Some(sealed) => RevocationList::open(&sealed, shard, state.tokens.keys())
                    .and_then(|list| state.revocations.accept(list))
                    .map_err(ReadError::List),
                None => Err(ReadError::Missing),
            },
            Err(_) => Err(ReadError::Store),
        };
        let last_read = &mut self.shards.get_or_insert_with(shard, Shard::default).last_read;
        match taken {
            Ok(()) => last_read.succeed(now),
            Err(error) => {
                last_read.fail(now);
                state.revocations.note_missing(shard, now);
                error.log_error(shard);
            }
        }
    }

    /// Whether the cached list is older than its ledger should let it become, so the ledger must be woken. This is true at most
    /// once in that time.
    pub(super) fn is_overdue(
        &mut self,
        shard: u16,
        revocations: &Revocations,
        heartbeat_seconds: u32,
        now: Timestamp,
    ) -> bool {
        let shard_reads = self.shards.get_or_insert_with(shard, Shard::default);
        let is_old = |since: Timestamp| now.saturating_sub(since) > heartbeat_seconds;
        let is_overdue = match revocations.lookup(shard, now) {
            Lookup::InForce(list) | Lookup::Stale(list) => is_old(list.published_at()),
            Lookup::Unknown | Lookup::Missing { .. } => true,
        } && shard_reads.woken_at.is_none_or(is_old);
        if is_overdue {
            shard_reads.woken_at = Some(now);
        }
        is_overdue
    }
}

/// Why a read returned no list.
enum ReadError {
    /// KV failed, or took too long.
    Store,
    /// KV has no value there.
    Missing,
    /// The value is not an acceptable list.
    List(ListError),
}

impl ReadError {
    fn log_error(&self, shard: u16) {
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
        .log_error();
    }
}
