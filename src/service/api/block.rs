//! Whether a subject is blocked: shown, blocked, unblocked.

use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::rejection::Rejection;
use crate::ledger::{Author, BlockSubject, Shards, SubjectBlock};
use crate::management::Parameters;
use crate::request::Target;
use crate::token::Subject;

impl ApiCall {
    pub(super) async fn block(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        blocked: Option<bool>,
    ) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        let mut shards: Vec<u16> = match blocked {
            None => vec![Shards::SIGN_INS],
            Some(_) => self.settings.ledgers.shards.all().collect(),
        };
        // The shard that is asked about people comes first, and last when a subject is unblocked: half done, it is blocked.
        if blocked == Some(false) {
            shards.reverse();
        }
        let mut answer = None;
        for shard in shards {
            let block = self.ask_block(shard, subject, blocked).await?;
            if shard == Shards::SIGN_INS {
                answer = Some(block);
            }
        }
        json(200, &answer, None)
    }

    /// Has the ledger that knows of people refuse what is asked for a subject that is blocked, or with a session that was
    /// revoked.
    pub(super) async fn check_author(&self, subject: &Subject, by: Author) -> Result<(), Rejection> {
        Ok(self.ask_block(Shards::SIGN_INS, subject, None).await?.admit(by)?)
    }

    async fn ask_block(
        &self,
        shard: u16,
        subject: &Subject,
        blocked: Option<bool>,
    ) -> Result<SubjectBlock, Rejection> {
        let ask = BlockSubject {
            subject: subject.as_str().to_owned(),
            blocked,
        };
        Ok(self.settings.ledgers.ask(shard, ask).await?)
    }
}
