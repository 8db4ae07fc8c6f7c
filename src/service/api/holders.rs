//! Calls by the holder of a token: its claims, and its revocation.

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::{empty, json};
use super::body::{FORM, JSON};
use super::rejection::Rejection;
use crate::isolate::clock::now;
use crate::isolate::log::Line;
use crate::ledger::{Actor, GenuineToken, RevocationReason, RevokePresented};
use crate::management::{
    ApiError, MAXIMUM_BODY_BYTES, MAXIMUM_REPORT_BYTES, Parameters, form_token, reported_tokens,
};
use crate::request::Target;
use crate::response::{Fault, Refusal};
use crate::service::ledger_client::ANSWER_LIMIT;
use crate::sorted_map::SortedMap;
use crate::token::{Claims, Restrictions, Timestamp};

impl ApiCall {
    pub(super) async fn whoami(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Facts<'a> {
            id: String,
            subject: &'a str,
            role: &'static str,
            issued_at: Timestamp,
            expires_at: Option<Timestamp>,
            restrictions: &'a Restrictions,
        }

        Parameters::read(target, &[])?;
        let claims = self.identify(target)?;
        let list = self.gate.list(claims.id.shard, Some(claims.id.serial)).await?;
        if list.revokes {
            return Err(Refusal::TokenRevoked { id: claims.id }.into());
        }
        if !list.lets_reads_through {
            return Err(Fault::RevocationsUnavailable.into());
        }
        let facts = Facts {
            id: claims.id.to_string(),
            subject: claims.subject.as_str(),
            role: claims.effective_role().name(),
            issued_at: claims.issued_at,
            expires_at: claims.effective_expiry(),
            restrictions: &claims.restrictions,
        };
        json(200, &facts, None)
    }

    /// Takes a form as in RFC 7009, or a report of leaks as a JSON list.
    pub(super) async fn revoke(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        if self.has_type(FORM)? {
            let token = form_token(&self.body(MAXIMUM_BODY_BYTES).await?)?;
            let claims: Vec<_> = self.genuine(&token).into_iter().collect();
            for claims in &claims {
                // Only what goes to a ledger is counted, so nobody without a token keeps others of the same address waiting.
                if !self.is_dead(claims, Actor::Holder).await {
                    self.count_presented("revocations").await?;
                }
            }
            self.revoke_presented(claims.iter(), Actor::Holder, RevocationReason::Requested)
                .await?;
            self.expect_revoked(&claims)?;
            return empty(200);
        }
        if !self.has_type(JSON)? {
            return Err(ApiError::MediaTypeUnsupported {
                expected: "application/x-www-form-urlencoded or application/json",
            }
            .into());
        }
        self.count_presented("reports").await?;
        let texts = reported_tokens(&self.body(MAXIMUM_REPORT_BYTES).await?)?;
        let claims: Vec<_> = texts.iter().filter_map(|text| self.genuine(text)).collect();
        self.revoke_presented(claims.iter(), Actor::Report, RevocationReason::Reported)
            .await?;
        self.expect_revoked(&claims)?;
        empty(202)
    }

    /// Makes sure that nobody believes a token to be revoked that is still accepted. What can be revoked of a report is,
    /// and the same report may come again.
    fn expect_revoked(&self, claims: &[Claims]) -> Result<(), Rejection> {
        if claims.iter().all(|claims| self.can_revoke(claims)) {
            Ok(())
        } else {
            Err(Fault::LedgerUnavailable.into())
        }
    }

    /// Revokes tokens that were presented, each in the ledger of its shard, where there is one.
    pub(super) async fn revoke_presented(
        &self,
        tokens: impl Iterator<Item = &Claims>,
        actor: Actor,
        reason: RevocationReason,
    ) -> Result<(), Rejection> {
        let ledgers = &self.settings.ledgers;
        let mut by_shard: SortedMap<u16, Vec<GenuineToken>> = SortedMap::new();
        let mut seen: Vec<&Claims> = Vec::new();
        let is_same = |one: &Claims, other: &Claims| {
            one.id == other.id && one.subject == other.subject && one.issued_at == other.issued_at
        };
        for claims in tokens {
            // A report may name a token many times, narrowed in other ways. It has at most a thousand.
            if seen.iter().any(|other| is_same(other, claims)) {
                continue;
            }
            seen.push(claims);
            if self.is_dead(claims, actor).await {
                continue;
            }
            if self.can_revoke(claims) {
                by_shard
                    .get_or_insert_with(claims.id.shard, Vec::new)
                    .push(claims.into());
            } else {
                warn_of_shard(claims);
            }
        }
        let requests = by_shard.into_entries().map(|(shard, tokens)| {
            let revoke = RevokePresented {
                tokens,
                actor,
                reason,
            };
            (shard, revoke)
        });
        if !ledgers
            .ask_each(ANSWER_LIMIT, requests)
            .await?
            .unanswered
            .is_empty()
        {
            return Err(Fault::LedgerUnavailable.into());
        }
        Ok(())
    }

    /// Whether a ledger can revoke the token. Without one, its shard's list is published by hand.
    pub(super) fn can_revoke(&self, claims: &Claims) -> bool {
        self.settings.ledgers.shards.holds(claims.id.shard)
    }
}

impl ApiCall {
    /// Whether nothing is left to revoke of a token, as far as this edge knows: it is on the list, or has expired. The ledger,
    /// which has other work, is not asked about such a token. That its holder revokes an expired one goes on record; but whoever
    /// holds one that was narrowed to a time which has passed has no say any more about what it was made of.
    async fn is_dead(&self, claims: &Claims, actor: Actor) -> bool {
        let is_past = |end: Option<Timestamp>| end.is_some_and(|end| end <= now());
        if is_past(claims.effective_expiry()) && (actor != Actor::Holder || !is_past(claims.expires_at)) {
            return true;
        }
        let list = self.gate.list(claims.id.shard, Some(claims.id.serial)).await;
        list.is_ok_and(|list| list.revokes)
    }
}

fn warn_of_shard(claims: &Claims) {
    Line {
        event: "management",
        code: "shard_without_ledger",
        token: Some(claims.id.to_string()),
        detail: Some(
            "a genuine token of a shard without a ledger was to be revoked: `lychgate revocations publish --revoke` \
             does it"
                .to_owned(),
        ),
        ..Line::default()
    }
    .log_error();
}
