//! How a ledger stands: what a loss left to do, and what is still sealed with which root key.

use serde_json::value::RawValue;

use super::backup::raw;
use super::store::Values;
use super::{Ledger, LedgerError};
use crate::json::Object;

/// Up to how many records of one key are counted: more are not told apart.
const MAXIMUM_COUNTED: u32 = 100_000;

const UNPUBLISHED: &str = "SELECT count(*) FROM (SELECT 1 FROM memberships WHERE due_at IS NOT NULL LIMIT ?)";

const SEALED: &str =
    "SELECT count(*) FROM (SELECT 1 FROM memberships WHERE due_at IS NULL AND sealed_with = ? LIMIT ?)";

impl Ledger {
    /// How this ledger stands, as the API gives it.
    pub(super) fn condition(&self) -> Result<Box<RawValue>, LedgerError> {
        let list = self.known("SELECT list_sealed_with FROM continuity")?;
        let ceiling = self.known("SELECT ceiling_sealed_with FROM continuity")?;
        let mut sealed = Vec::new();
        let mut next = self.next_key(0, list, ceiling)?;
        while let Some(key_id) = next {
            let lists = [list, ceiling]
                .into_iter()
                .filter(|own| *own == Some(key_id))
                .count();
            let values = Values::none().large(key_id).number(MAXIMUM_COUNTED);
            sealed.push(
                Object::new()
                    .number("key_id", key_id)
                    .number("lists", u64::try_from(lists).unwrap_or_default())
                    .number("records", self.store.number(SEALED, values)?.unwrap_or_default())
                    .end(),
            );
            next = self.next_key(key_id + 1, list, ceiling)?;
        }
        let unwritten = self
            .store
            .number(UNPUBLISHED, Values::none().number(MAXIMUM_COUNTED))?;
        let lost = self
            .known("SELECT loss_noticed_at FROM continuity")?
            .map(|at| at.to_string());
        raw(Object::new()
            .number("shard", self.shard()?)
            .json("loss_noticed_at", lost.as_deref().unwrap_or("null"))
            .flag("is_searching", self.next_search()?.is_some())
            .number("unwritten_records", unwritten.unwrap_or_default())
            .json("sealed_with", &format!("[{}]", sealed.join(",")))
            .end())
    }

    /// The lowest root key, from that one on, with which something in KV is sealed.
    fn next_key(
        &self,
        from: u64,
        list: Option<u64>,
        ceiling: Option<u64>,
    ) -> Result<Option<u64>, LedgerError> {
        let records = self.store.number(
            "SELECT sealed_with FROM memberships WHERE due_at IS NULL AND sealed_with >= ? ORDER BY sealed_with LIMIT 1",
            Values::none().large(from),
        )?;
        let found = [list, ceiling, records].into_iter().flatten();
        Ok(found.filter(|key_id| *key_id >= from).min())
    }
}
