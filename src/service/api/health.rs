//! The lists by which this isolate decides.

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::rejection::Rejection;
use crate::isolate::clock::now;
use crate::management::Parameters;
use crate::{ListFacts, ListState, Target};

#[derive(Serialize)]
struct Health {
    status: &'static str,
    lists: Vec<ListHealth>,
}

#[derive(Serialize)]
struct ListHealth {
    shard: u16,
    state: ListState,
    #[serde(flatten)]
    facts: Option<ListFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_seconds: Option<u32>,
}

impl ApiCall {
    pub(super) async fn health(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        let mut lists = Vec::new();
        for shard in self.settings.ledgers.shards.all() {
            let report = self.gate.list(shard, None).await?;
            lists.push(ListHealth {
                shard,
                state: report.state,
                facts: report.facts,
                age_seconds: report.facts.map(|facts| now().saturating_sub(facts.published_at)),
            });
        }
        let is_well = lists.iter().all(|list| list.state == ListState::InForce);
        let health = Health {
            status: if is_well { "ok" } else { "unavailable" },
            lists,
        };
        json(if is_well { 200 } else { 503 }, &health, None)
    }
}
