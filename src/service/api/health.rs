//! The lists by which this isolate decides.

use serde::Serialize;
use serde_json::value::RawValue;
use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::rejection::Rejection;
use crate::isolate::clock::now;
use crate::ledger::InspectLedger;
use crate::management::Parameters;
use crate::request::Target;
use crate::service::ledger_client::SHARD_LIMIT;
use crate::state::{ListFacts, ListState};

#[derive(Serialize)]
struct Health {
    status: &'static str,
    lists: Vec<ListHealth>,
    /// For the admin alone.
    #[serde(flatten)]
    ledgers: Option<LedgersHealth>,
}

#[derive(Serialize)]
struct LedgersHealth {
    ledgers: Vec<Box<RawValue>>,
    unanswered_shards: Vec<u16>,
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
            ledgers: self.conditions().await?,
        };
        json(if is_well { 200 } else { 503 }, &health, None)
    }

    /// How the ledgers stand, where the admin asks: each is asked, which is not for everybody to cause.
    async fn conditions(&self) -> Result<Option<LedgersHealth>, Rejection> {
        if self.authorization.is_none() || self.authorise().is_err() {
            return Ok(None);
        }
        let ledgers = &self.settings.ledgers;
        let requests = ledgers.shards.all().map(|shard| (shard, InspectLedger {}));
        let answers = ledgers.ask_each(SHARD_LIMIT, requests).await?;
        let conditions = answers.answered.into_iter().map(|(_, condition)| condition);
        Ok(Some(LedgersHealth {
            ledgers: conditions.collect(),
            unanswered_shards: answers.unanswered,
        }))
    }
}
