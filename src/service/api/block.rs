//! Whether a subject is blocked: shown, blocked, unblocked.

use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::rejection::Rejection;
use crate::ledger::{BlockSubject, Shards};
use crate::management::Parameters;
use crate::{Subject, Target};

impl ApiCall {
    pub(super) async fn block(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        blocked: Option<bool>,
    ) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        let ledgers = &self.settings.ledgers;
        let ask = || BlockSubject {
            subject: subject.as_str().to_owned(),
            blocked,
        };
        let others = || {
            let others = ledgers.shards.all().filter(|shard| *shard != Shards::SIGN_INS);
            others.map(|shard| (shard, ask()))
        };
        // Half done, a subject is blocked rather than not.
        if blocked == Some(false) {
            ledgers.ask_all(others()).await?;
        }
        let block = ledgers.ask(Shards::SIGN_INS, ask()).await?;
        if blocked == Some(true) {
            ledgers.ask_all(others()).await?;
        }
        json(200, &block, None)
    }
}
