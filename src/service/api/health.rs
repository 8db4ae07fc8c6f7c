//! The lists that this isolate judges by.

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::Call;
use super::answer::{Stop, json};
use crate::edge::gate::with_gate;
use crate::edge::platform::now;
use crate::management::Parameters;
use crate::{Lookup, RevocationList, Target, Timestamp};

#[derive(Serialize)]
struct Health {
    status: &'static str,
    lists: Vec<ListHealth>,
}

#[derive(Serialize)]
struct ListHealth {
    shard: u16,
    state: &'static str,
    #[serde(flatten)]
    facts: Option<ListFacts>,
}

#[derive(Serialize)]
struct ListFacts {
    version: u64,
    revoked: u64,
    published_at: Timestamp,
    valid_until: Timestamp,
    age_seconds: u32,
}

impl ListFacts {
    fn new(list: &RevocationList, now: Timestamp) -> Self {
        Self {
            version: list.version(),
            revoked: list.len(),
            published_at: list.published_at(),
            valid_until: list.valid_until(),
            age_seconds: now.saturating_sub(list.published_at()),
        }
    }
}

impl Call {
    pub(super) async fn health(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        Parameters::read(target, &[])?;
        let mut lists = Vec::new();
        for shard in self.management.ledgers.shards.all() {
            self.load(shard).await?;
            lists.push(with_gate(|gate| {
                let now = now();
                let (state, facts) = match gate.config.state.revocations.lookup(shard, now) {
                    Lookup::InForce(list) => ("in_force", Some(ListFacts::new(list, now))),
                    Lookup::Stale(list) => ("stale", Some(ListFacts::new(list, now))),
                    Lookup::Unknown | Lookup::Missing { .. } => ("missing", None),
                };
                ListHealth { shard, state, facts }
            })?);
        }
        let is_well = lists.iter().all(|list| list.state == "in_force");
        let health = Health {
            status: if is_well { "ok" } else { "unavailable" },
            lists,
        };
        json(if is_well { 200 } else { 503 }, &health, None)
    }
}
