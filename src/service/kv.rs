//! Workers KV, which carries what the ledger publishes to every edge.

use std::time::Duration;

use worker::{Env, KvStore};

use super::time::within;
use crate::READ_SECONDS;
use crate::isolate::environment::ConfigError;
use crate::isolate::settings::{KV, kv_missing};

/// How long the platform may answer a read from its own cache: the least that it takes.
const CACHE_SECONDS: u64 = 30;

/// How long a read may take before it counts as failed.
#[expect(clippy::as_conversions, reason = "a constant, which widens")]
const READ_LIMIT: Duration = Duration::from_secs(READ_SECONDS as u64);

/// How many keys a page of a listing holds.
const KEYS_A_PAGE: u64 = 100;

/// How long a write may take before it counts as failed. It may still arrive.
const WRITE_LIMIT: Duration = Duration::from_secs(20);

/// KV failed, or took too long.
#[derive(Debug)]
pub(super) struct KvUnavailable;

/// The namespace that holds lists and records.
pub(super) struct Kv(KvStore);

impl Kv {
    /// The namespace of this deployment.
    pub(super) fn of(env: &Env) -> Result<Self, ConfigError> {
        env.kv(KV).map(Self).map_err(|_| kv_missing())
    }

    /// The value of a key, where there is one.
    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, KvUnavailable> {
        let pending = self.0.get(key).cache_ttl(CACHE_SECONDS).bytes();
        let read = within(READ_LIMIT, pending).await.ok_or(KvUnavailable)?;
        read.map_err(|_thrown| KvUnavailable)
    }

    /// A page of the keys that begin so, and the cursor of the next page, where there is one.
    pub(super) async fn list(
        &self,
        prefix: &str,
        cursor: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), KvUnavailable> {
        let mut listing = self.0.list().prefix(prefix.to_owned()).limit(KEYS_A_PAGE);
        if let Some(cursor) = cursor {
            listing = listing.cursor(cursor);
        }
        let listed = within(READ_LIMIT, listing.execute()).await.ok_or(KvUnavailable)?;
        let page = listed.map_err(|_thrown| KvUnavailable)?;
        let names = page.keys.into_iter().map(|key| key.name).collect();
        Ok((names, page.cursor.filter(|_| !page.list_complete)))
    }

    /// Writes a value.
    pub(super) async fn write(&self, key: &str, value: &[u8]) -> Result<(), KvUnavailable> {
        let put = self.0.put_bytes(key, value).map_err(|_thrown| KvUnavailable)?;
        let written = within(WRITE_LIMIT, put.execute()).await.ok_or(KvUnavailable)?;
        written.map_err(|_thrown| KvUnavailable)
    }
}
