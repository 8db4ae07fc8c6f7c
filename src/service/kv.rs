//! Workers KV, which carries what the ledger publishes to every edge.

use std::time::Duration;

use worker::{Env, KvStore};

use super::time::within;
use crate::READ_SECONDS;
use crate::isolate::environment::ConfigError;
use crate::isolate::settings::{KV, kv_missing};

/// How long the platform may answer a read from its own cache: the least that it accepts.
const CACHE_SECONDS: u64 = 30;

/// How long a read may take before it counts as failed.
#[expect(clippy::as_conversions, reason = "a constant, which widens")]
const READ_LIMIT: Duration = Duration::from_secs(READ_SECONDS as u64);

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

    /// The value of a key, if there is one.
    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, KvUnavailable> {
        let pending = self.0.get(key).cache_ttl(CACHE_SECONDS).bytes();
        let read = within(READ_LIMIT, pending).await.ok_or(KvUnavailable)?;
        read.map_err(|_thrown| KvUnavailable)
    }

    /// Writes a value.
    pub(super) async fn write(&self, key: &str, value: &[u8]) -> Result<(), KvUnavailable> {
        let put = self.0.put_bytes(key, value).map_err(|_thrown| KvUnavailable)?;
        let written = within(WRITE_LIMIT, put.execute()).await.ok_or(KvUnavailable)?;
        written.map_err(|_thrown| KvUnavailable)
    }
}
