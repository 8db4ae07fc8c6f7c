//! Workers KV, which carries what the ledger publishes to every edge.

use std::time::Duration;

use worker::{Env, KvStore};

use super::raw::KeyListing;
use super::time::within;
use crate::isolate::environment::{ConfigError, binding};
use crate::isolate::settings::{KV, kv_missing};
use crate::state::READ_SECONDS;

/// How long the platform may answer a read from its own cache: the least that it accepts.
const CACHE_SECONDS: u64 = 30;

/// How long a read may take before it counts as failed.
#[expect(clippy::as_conversions, reason = "a constant, which widens")]
const READ_LIMIT: Duration = Duration::from_secs(READ_SECONDS as u64);

/// How many keys a page of a listing holds.
const KEYS_A_PAGE: u32 = 100;

/// How long a write may take before it counts as failed. It may still arrive.
const WRITE_LIMIT: Duration = Duration::from_secs(20);

/// KV failed, or took too long.
#[derive(Debug)]
pub(super) struct KvUnavailable;

/// The namespace that holds lists and records.
pub(super) struct Kv {
    store: KvStore,
    listing: KeyListing,
}

impl Kv {
    /// The namespace of this deployment.
    pub(super) fn of(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            store: env.kv(KV).map_err(|_| kv_missing())?,
            listing: binding(env, KV)?.ok_or_else(kv_missing)?,
        })
    }

    /// The value of a key, if there is one.
    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, KvUnavailable> {
        let pending = self.store.get(key).cache_ttl(CACHE_SECONDS).bytes();
        let read = within(READ_LIMIT, pending).await.ok_or(KvUnavailable)?;
        read.map_err(|_thrown| KvUnavailable)
    }

    /// A page of the keys that begin so, and the cursor of the next page, where there is one.
    pub(super) async fn list(
        &self,
        prefix: &str,
        cursor: Option<&str>,
    ) -> Result<(Vec<String>, Option<String>), KvUnavailable> {
        let listed = self.listing.page(prefix, cursor, KEYS_A_PAGE);
        let page = within(READ_LIMIT, listed).await.ok_or(KvUnavailable)?;
        page.map_err(|_thrown| KvUnavailable)
    }

    /// Writes a value.
    pub(super) async fn write(&self, key: &str, value: &[u8]) -> Result<(), KvUnavailable> {
        let put = self
            .store
            .put_bytes(key, value)
            .map_err(|_thrown| KvUnavailable)?;
        let written = within(WRITE_LIMIT, put.execute()).await.ok_or(KvUnavailable)?;
        written.map_err(|_thrown| KvUnavailable)
    }
}
