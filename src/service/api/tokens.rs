//! A subject's tokens: create, list, refresh and revoke them.

use serde::Serialize;
use worker::Response;
use zeroize::Zeroizing;

use super::ApiCall;
use super::answer::json;
use super::body::JSON;
use super::rejection::Rejection;
use crate::keys::KeyId;
use crate::ledger::{
    Author, AwaitList, CreateToken, Cursor, Elsewhere, Idempotency, IdempotencyKey, Issued, LedgerRefusal,
    Limit, ListTokens, ListVersion, MAXIMUM_GRACE_SECONDS, MAXIMUM_WAIT_SECONDS, RefreshToken, Refreshed,
    Replaced, RevokeTokens, Shards, SurveySubject, TokenRecord,
};
use crate::management::{ApiError, CreateRequest, MAXIMUM_BODY_BYTES, Parameters, RefreshRequest};
use crate::request::Target;
use crate::response::Fault;
use crate::service::ledger_client::{ANSWER_LIMIT, SHARD_LIMIT};
use crate::token::{Claims, Restrictions, Subject, TokenId, fits, mint_with};

/// Whose idempotency keys a call uses: the signed-in subject's own, or the admin's, which no subject is called.
fn caller_of_keys(subject: &Subject, by: Author) -> &str {
    if by == Author::ADMIN { "" } else { subject.as_str() }
}

/// A token with its text, which is shown only once.
#[derive(Serialize)]
struct CreatedToken<'a> {
    token: &'a str,
    #[serde(flatten)]
    record: &'a TokenRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<&'a Replaced>,
}

impl ApiCall {
    pub(super) async fn list(&self, target: &Target<'_>, subject: &Subject) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Page {
            tokens: Vec<TokenRecord>,
            next: Option<String>,
            unanswered_shards: Vec<u16>,
        }

        let parameters = Parameters::read(target, &["limit", "cursor", "state"])?;
        let limit = parameters.value::<Limit>("limit")?.unwrap_or_default().count();
        let cursor = parameters.value::<Cursor>("cursor")?.unwrap_or_default();
        let all = parameters.is_second("state", "live", "all")?;
        let ledgers = &self.settings.ledgers;
        // Shard after shard. The shards before the cursor's were already shown.
        let first = cursor.first_shard().unwrap_or_default();
        let requests = ledgers.shards.all().filter(|shard| *shard >= first).map(|shard| {
            let after = cursor
                .position(shard)
                .and_then(|serial| u32::try_from(serial).ok());
            let list = ListTokens {
                subject: subject.as_str().to_owned(),
                all,
                after,
                limit,
            };
            (shard, list)
        });
        let answers = ledgers.ask_each(SHARD_LIMIT, requests).await?;
        if answers.unanswered.contains(&ledgers.shards.home(subject)) {
            return Err(Fault::LedgerUnavailable.into());
        }
        let mut tokens = Vec::new();
        let mut is_cut = false;
        for (_, page) in answers.answered {
            let room = usize::try_from(limit)
                .unwrap_or_default()
                .saturating_sub(tokens.len());
            is_cut |= page.more || page.tokens.len() > room;
            tokens.extend(page.tokens.into_iter().take(room));
        }
        let last = tokens
            .last()
            .and_then(|token: &TokenRecord| token.id.parse::<TokenId>().ok());
        let next = last.filter(|_| is_cut).map(|id| {
            let mut cursor = Cursor::default();
            cursor.move_to(id.shard, id.serial.into());
            cursor.to_text()
        });
        let page = Page {
            tokens,
            next,
            unanswered_shards: answers.unanswered,
        };
        json(200, &page, None)
    }

    pub(super) async fn create(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        by: Author,
    ) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        let key = self.idempotency_key()?;
        self.expect_type(JSON)?;
        let request = CreateRequest::parse(&self.body(MAXIMUM_BODY_BYTES).await?)?;
        self.expect_room(subject, &request.restrictions)?;
        let expires_in = request.expires_in.map(|seconds| seconds.to_string());
        let idempotency = key.map(|key| {
            let caller = caller_of_keys(subject, by);
            key.of_call(
                caller,
                &[
                    "create",
                    subject.as_str(),
                    request.name.as_str(),
                    request.role.name(),
                    expires_in.as_deref().unwrap_or_default(),
                    &request.restrictions.to_json(),
                ],
            )
        });
        let home = self.settings.ledgers.shards.home(subject);
        self.admit_admin(subject, by, home).await?;
        let (elsewhere, holder) = self
            .survey(home, subject, request.name.as_str(), idempotency.as_ref())
            .await?;
        let create = CreateToken {
            subject: subject.as_str().to_owned(),
            name: request.name.as_str().to_owned(),
            role: request.role.name().to_owned(),
            restrictions: request.restrictions,
            expires_in: request.expires_in,
            key_id: self.settings.tokens.keys().active(),
            idempotency,
            elsewhere,
            by,
        };
        // Where another shard has answered this call before, it answers it again.
        let shard = holder.unwrap_or(home);
        self.minted(&self.settings.ledgers.ask(shard, create).await?)
    }

    pub(super) async fn refresh(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        id: TokenId,
        by: Author,
    ) -> Result<Response, Rejection> {
        let grace = Parameters::read(target, &["grace"])?.seconds("grace", MAXIMUM_GRACE_SECONDS)?;
        let key = self.idempotency_key()?;
        let body = self.body(MAXIMUM_BODY_BYTES).await?;
        if !body.is_empty() {
            self.expect_type(JSON)?;
        }
        let request = RefreshRequest::parse(&body)?;
        let expires_in = request.expires_in.map(|seconds| seconds.to_string());
        let idempotency = key.map(|key| {
            let caller = caller_of_keys(subject, by);
            key.of_call(
                caller,
                &[
                    "refresh",
                    subject.as_str(),
                    &id.to_string(),
                    &grace.to_string(),
                    expires_in.as_deref().unwrap_or_default(),
                ],
            )
        });
        self.expect_shard(id)?;
        self.admit_admin(subject, by, id.shard).await?;
        let refresh = |elsewhere| RefreshToken {
            subject: subject.as_str().to_owned(),
            serial: id.serial,
            grace,
            expires_in: request.expires_in,
            key_id: self.settings.tokens.keys().active(),
            idempotency: idempotency.clone(),
            elsewhere,
            by,
        };
        let ledgers = &self.settings.ledgers;
        // There may be no other shard to ask.
        let is_alone = ledgers.shards.all().nth(1).is_none();
        let first = refresh(is_alone.then(Elsewhere::default));
        let mut refreshed = ledgers.ask(id.shard, first).await?;
        if let Refreshed::SurveyNeeded { name } = &refreshed {
            let (elsewhere, _) = self.survey(id.shard, subject, name, None).await?;
            refreshed = ledgers.ask(id.shard, refresh(Some(elsewhere))).await?;
        }
        match refreshed {
            Refreshed::Issued(issued) => self.minted(&issued),
            // The name was surveyed: this is a bug, or two versions are running.
            Refreshed::SurveyNeeded { .. } => Err(Fault::LedgerUnavailable.into()),
        }
    }

    pub(super) async fn revoke_tokens(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        id: Option<TokenId>,
        by: Author,
    ) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Revocation {
            revoked: u32,
            more: bool,
            lists: Vec<ListVersion>,
            unanswered_shards: Vec<u16>,
        }

        let wait = Parameters::read(target, &["wait"])?.seconds("wait", MAXIMUM_WAIT_SECONDS)?;
        let ledgers = &self.settings.ledgers;
        let revoke = |serial| RevokeTokens {
            subject: subject.as_str().to_owned(),
            serial,
            by,
        };
        let mut revocation = Revocation {
            revoked: 0,
            more: false,
            lists: Vec::new(),
            unanswered_shards: Vec::new(),
        };
        // Where a subject's tokens are. Without this shard's answer, nothing is revoked anywhere.
        let first = match id {
            Some(id) => {
                self.expect_shard(id)?;
                id.shard
            }
            None => ledgers.shards.home(subject),
        };
        let mut answers = vec![ledgers.ask(first, revoke(id.map(|id| id.serial))).await?];
        if id.is_none() {
            let others = ledgers.shards.all().filter(|shard| *shard != first);
            let others = ledgers
                .ask_each(SHARD_LIMIT, others.map(|shard| (shard, revoke(None))))
                .await?;
            answers.extend(others.answered.into_iter().map(|(_, answer)| answer));
            revocation.unanswered_shards = others.unanswered;
        }
        for answer in answers {
            revocation.revoked += answer.revoked;
            revocation.more |= answer.more;
            revocation.lists.extend(answer.list);
        }
        if wait > 0 {
            self.wait_for(&mut revocation.lists, wait).await?;
        }
        let is_in_force =
            revocation.unanswered_shards.is_empty() && revocation.lists.iter().all(|list| list.published);
        json(if is_in_force { 200 } else { 202 }, &revocation, None)
    }

    /// Refuses an admin's change for a subject that is blocked, where the shard that it goes to might not know: the number of
    /// shards may have been raised since. A session was asked about before.
    async fn admit_admin(&self, subject: &Subject, by: Author, shard: u16) -> Result<(), Rejection> {
        if by == Author::ADMIN && shard != Shards::SIGN_INS {
            return self.check_author(subject, by).await;
        }
        Ok(())
    }

    /// Waits until lists are published, all at once.
    async fn wait_for(&self, lists: &mut [ListVersion], seconds: u32) -> Result<(), Rejection> {
        let requests = lists.iter().map(|list| {
            let version = list.version;
            (list.shard, AwaitList { version, seconds })
        });
        let answers = self
            .settings
            .ledgers
            .ask_each(ANSWER_LIMIT, requests.collect::<Vec<_>>())
            .await?;
        for (shard, awaited) in answers.answered {
            for list in lists.iter_mut().filter(|list| list.shard == shard) {
                list.published = awaited.published;
            }
        }
        Ok(())
    }

    /// What all other shards hold of a subject, and which of them has answered this call before. A shard that does not
    /// answer holds up nobody whose tokens are in others.
    async fn survey(
        &self,
        home: u16,
        subject: &Subject,
        name: &str,
        idempotency: Option<&Idempotency>,
    ) -> Result<(Elsewhere, Option<u16>), Rejection> {
        let ledgers = &self.settings.ledgers;
        let others = ledgers.shards.all().filter(|shard| *shard != home);
        let requests = others.map(|shard| {
            let survey = SurveySubject {
                subject: subject.as_str().to_owned(),
                name: name.to_owned(),
                idempotency_key: idempotency.map(|call| call.key.clone()),
            };
            (shard, survey)
        });
        let mut elsewhere = Elsewhere::default();
        let mut holder = None;
        for (shard, survey) in ledgers.ask_each(SHARD_LIMIT, requests).await?.answered {
            elsewhere.accepted = elsewhere.accepted.saturating_add(survey.here.accepted);
            elsewhere.holds_name |= survey.here.holds_name;
            if survey.holds_key {
                holder = Some(shard);
            }
        }
        Ok((elsewhere, holder))
    }

    fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Rejection> {
        let key = self.header("Idempotency-Key")?;
        Ok(key
            .map(|key| key.parse())
            .transpose()
            .map_err(|expected: &str| ApiError::parameter("Idempotency-Key", expected))?)
    }

    /// A token of a shard without a ledger belongs to nobody.
    fn expect_shard(&self, id: TokenId) -> Result<(), Rejection> {
        if self.settings.ledgers.shards.holds(id.shard) {
            Ok(())
        } else {
            Err(ApiError::NotFound.into())
        }
    }

    /// A token with these restrictions must not be too long, before the ledger knows of it.
    fn expect_room(&self, subject: &Subject, restrictions: &Restrictions) -> Result<(), Rejection> {
        let tokens = &self.settings.tokens;
        if fits(tokens.prefix(), subject, restrictions) {
            Ok(())
        } else {
            Err(ApiError::TokenTooLong.into())
        }
    }

    /// Mints a token that the ledger has issued, for the first time or again.
    fn minted(&self, issued: &Issued) -> Result<Response, Rejection> {
        let record = &issued.record;
        // A key that has been removed from the ring can no longer mint; its tokens are refused anyway.
        let token = self
            .mint(record, issued.key_id)
            .ok_or(LedgerRefusal::AlreadyRevoked)?;
        let created = CreatedToken {
            token: &token,
            record,
            replaces: issued.replaces.as_ref(),
        };
        let replayed = issued.replayed.then_some(("Idempotency-Replayed", "true"));
        json(201, &created, replayed)
    }

    fn mint(&self, record: &TokenRecord, key_id: KeyId) -> Option<Zeroizing<String>> {
        let claims = Claims {
            role: record.role.parse().ok()?,
            subject: record.subject.parse().ok()?,
            id: record.id.parse().ok()?,
            issued_at: record.issued_at,
            expires_at: record.expires_at,
            bearer: record.bearer,
            restrictions: record.restrictions.clone(),
        };
        let tokens = &self.settings.tokens;
        mint_with(&claims, tokens.prefix(), tokens.keys(), key_id).ok()
    }
}
