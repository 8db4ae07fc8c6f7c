//! Calls by the holder of a token: its claims, and its revocation.

use std::collections::BTreeMap;

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::{empty, json};
use super::body::{FORM, JSON};
use super::rejection::Rejection;
use crate::isolate::log::Line;
use crate::ledger::{Actor, GenuineToken, RevocationReason, RevokePresented};
use crate::management::{
    ApiError, MAXIMUM_BODY_BYTES, MAXIMUM_REPORT_BYTES, Parameters, form_token, reported_tokens,
};
use crate::{Claims, Fault, Refusal, Restrictions, Target, Timestamp};

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
            let claims = self.genuine(&token);
            self.revoke_presented(claims.iter(), Actor::Holder, RevocationReason::Requested)
                .await?;
            return empty(200);
        }
        if !self.has_type(JSON)? {
            return Err(ApiError::MediaTypeUnsupported {
                expected: "application/x-www-form-urlencoded or application/json",
            }
            .into());
        }
        let texts = reported_tokens(&self.body(MAXIMUM_REPORT_BYTES).await?)?;
        let claims: Vec<_> = texts.iter().filter_map(|text| self.genuine(text)).collect();
        self.revoke_presented(claims.iter(), Actor::Report, RevocationReason::Reported)
            .await?;
        empty(202)
    }

    /// Revokes tokens that were presented, each in the ledger of its shard.
    pub(super) async fn revoke_presented(
        &self,
        tokens: impl Iterator<Item = &Claims>,
        actor: Actor,
        reason: RevocationReason,
    ) -> Result<(), Rejection> {
        let ledgers = &self.settings.ledgers;
        let mut by_shard: BTreeMap<u16, Vec<GenuineToken>> = BTreeMap::new();
        let mut is_beyond_reach = false;
        for claims in tokens {
            if ledgers.shards.holds(claims.id.shard) {
                by_shard.entry(claims.id.shard).or_default().push(claims.into());
            } else {
                is_beyond_reach = true;
                warn_of_shard(claims);
            }
        }
        let requests = by_shard.into_iter().map(|(shard, tokens)| {
            let revoke = RevokePresented {
                tokens,
                actor,
                reason,
            };
            (shard, revoke)
        });
        ledgers.ask_all(requests).await?;
        if is_beyond_reach && actor == Actor::Holder {
            return Err(Fault::LedgerUnavailable.into());
        }
        Ok(())
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
