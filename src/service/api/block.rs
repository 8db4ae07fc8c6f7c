//! Whether a subject is blocked: shown, blocked, unblocked.

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::rejection::Rejection;
use crate::ledger::{Author, BlockSubject, Shards, SubjectBlock};
use crate::management::Parameters;
use crate::request::Target;
use crate::response::Fault;
use crate::service::ledger_client::SHARD_LIMIT;
use crate::token::Subject;

/// Whether a subject is blocked, and which ledgers do not know that.
#[derive(Serialize)]
struct Block {
    #[serde(flatten)]
    block: SubjectBlock,
    unanswered_shards: Vec<u16>,
}

impl ApiCall {
    pub(super) async fn block(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        blocked: Option<bool>,
    ) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        let ledgers = &self.settings.ledgers;
        let requests = ledgers.shards.all().map(|shard| (shard, ask(subject, blocked)));
        let answers = ledgers.ask_each(SHARD_LIMIT, requests).await?.answered;
        // In the order of the shards: what the ledger that is asked about people says, unless it is silent. Then the others can be
        // told, but nobody can say how it is.
        let said = answers
            .first()
            .filter(|(shard, _)| blocked.is_some() || *shard == Shards::SIGN_INS);
        let Some((_, block)) = said else {
            return Err(Fault::LedgerUnavailable.into());
        };
        let agrees = |shard: &u16| {
            let is_blocked = |block: &SubjectBlock| block.blocked_at.is_some();
            let mut others = answers.iter().filter(|(other, _)| other == shard);
            others.any(|(_, other)| is_blocked(other) == is_blocked(block))
        };
        let answer = Block {
            block: block.clone(),
            unanswered_shards: ledgers.shards.all().filter(|shard| !agrees(shard)).collect(),
        };
        let is_done = blocked.is_none() || answer.unanswered_shards.is_empty();
        json(if is_done { 200 } else { 202 }, &answer, None)
    }

    /// Asks the ledger that knows people, and refuses a subject that is blocked or a session that was revoked.
    pub(super) async fn check_author(&self, subject: &Subject, by: Author) -> Result<(), Rejection> {
        let block = self
            .settings
            .ledgers
            .ask(Shards::SIGN_INS, ask(subject, None))
            .await?;
        Ok(block.admit(by)?)
    }
}

fn ask(subject: &Subject, blocked: Option<bool>) -> BlockSubject {
    BlockSubject {
        subject: subject.as_str().to_owned(),
        blocked,
    }
}
