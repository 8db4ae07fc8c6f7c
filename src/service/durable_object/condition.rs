//! How a ledger stands: what a loss left to do, and what is still sealed with which root key.

use std::collections::BTreeMap;

use super::store::Values;
use super::{Ledger, LedgerError};
use crate::KeyId;
use crate::ledger::{LedgerCondition, SealedCount};

/// Up to how many records of one key are counted: more are not told apart.
const MAXIMUM_COUNTED: u32 = 100_000;

impl Ledger {
    /// How this ledger stands.
    pub(super) fn condition(&self) -> Result<LedgerCondition, LedgerError> {
        let continuity = self.continuity()?;
        let mut sealed_with: BTreeMap<KeyId, SealedCount> = BTreeMap::new();
        for key_id in [continuity.list_sealed_with, continuity.ceiling_sealed_with]
            .into_iter()
            .flatten()
        {
            sealed_with.entry(key_id).or_default().lists += 1;
        }
        let mut next = self.next_sealing_key(0)?;
        while let Some(key_id) = next {
            sealed_with.entry(key_id).or_default().records = self.count(
                "SELECT count(*) FROM (SELECT 1 FROM memberships WHERE sealed_with = ?1 LIMIT ?2)",
                key_id,
            )?;
            next = match key_id.checked_add(1) {
                Some(after) => self.next_sealing_key(after)?,
                None => None,
            };
        }
        Ok(LedgerCondition {
            shard: self.shard()?,
            loss_noticed_at: continuity.loss_noticed_at,
            is_searching: continuity.searched_shards != self.settings.shards.count(),
            unwritten_records: self.count(
                "SELECT count(*) FROM (SELECT ?1 FROM memberships WHERE due_at IS NOT NULL LIMIT ?2)",
                0,
            )?,
            sealed_with,
        })
    }

    /// The lowest key, from that one on, with which a record in KV is sealed.
    fn next_sealing_key(&self, from: KeyId) -> Result<Option<KeyId>, LedgerError> {
        let found = self.store.number(
            "SELECT min(sealed_with) FROM memberships WHERE sealed_with >= ?",
            Values::none().number(from.into()),
        )?;
        Ok(found.and_then(|key_id| KeyId::try_from(key_id).ok()))
    }

    fn count(&self, query: &str, key_id: KeyId) -> Result<u32, LedgerError> {
        let count = self.store.number(
            query,
            Values::none().number(key_id.into()).number(MAXIMUM_COUNTED),
        )?;
        Ok(count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(u32::MAX))
    }
}
