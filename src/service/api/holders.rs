//! For whoever holds a token: its own facts, and its end.

use std::collections::BTreeMap;

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::Call;
use super::answer::{Stop, empty, json};
use super::body::{FORM, JSON};
use super::caller::genuine;
use crate::edge::gate::with_gate;
use crate::edge::log::Line;
use crate::edge::platform::now;
use crate::edge::promised::settled;
use crate::ledger::{Actor, EndReason, GenuineToken, Order, Reply};
use crate::management::{
    MAXIMUM_BODY_BYTES, MAXIMUM_REPORT_BYTES, Objection, Parameters, form_token, reported_tokens,
};
use crate::{Claims, Fault, Freshness, Identification, Target, Timestamp};

impl Call {
    pub(super) async fn whoami(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        #[derive(Serialize)]
        struct Facts<'a> {
            id: String,
            subject: &'a str,
            role: &'static str,
            issued_at: Timestamp,
            expires_at: Option<Timestamp>,
        }

        Parameters::read(target, &[])?;
        let mut identification = self.identify(target)?;
        let shard = match &identification {
            Identification::Wait(shard) => Some(*shard),
            Identification::Token(claims) => Some(claims.id.shard),
            Identification::Refuse(_) | Identification::Fail(_) => None,
        };
        if let Some(shard) = shard
            && self.load(shard).await?
        {
            identification = self.identify(target)?;
        }
        let claims = match identification {
            Identification::Token(claims) => claims,
            Identification::Refuse(refusal) => return Err(refusal.into()),
            Identification::Fail(fault) => return Err(fault.into()),
            Identification::Wait(_) => return Err(Fault::RevocationsUnavailable.into()),
        };
        let facts = Facts {
            id: claims.id.to_string(),
            subject: claims.subject.as_str(),
            role: claims.role.name(),
            issued_at: claims.issued_at,
            expires_at: claims.expires_at,
        };
        json(200, &facts, None)
    }

    /// RFC 7009 as a form, and reports of leaks as a JSON list.
    pub(super) async fn revoke(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        Parameters::read(target, &[])?;
        if self.has_type(FORM)? {
            let token = form_token(&self.body(MAXIMUM_BODY_BYTES).await?)?;
            let claims = genuine(&token)?;
            self.end_presented(claims.iter(), Actor::Holder, EndReason::Deleted)
                .await?;
            return empty(200);
        }
        if !self.has_type(JSON)? {
            return Err(Objection::MediaTypeUnsupported {
                expected: "application/x-www-form-urlencoded or application/json",
            }
            .into());
        }
        let texts = reported_tokens(&self.body(MAXIMUM_REPORT_BYTES).await?)?;
        let mut claims = Vec::new();
        for text in &texts {
            claims.extend(genuine(text)?);
        }
        self.end_presented(claims.iter(), Actor::Report, EndReason::Reported)
            .await?;
        empty(202)
    }

    /// Ends tokens that were presented, each in the ledger of its shard.
    pub(super) async fn end_presented(
        &self,
        tokens: impl Iterator<Item = &Claims>,
        actor: Actor,
        reason: EndReason,
    ) -> Result<(), Stop> {
        let ledgers = &self.management.ledgers;
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
        let orders = by_shard.into_iter().map(|(shard, tokens)| {
            let order = Order::EndPresented {
                tokens,
                actor,
                reason,
            };
            (shard, order)
        });
        for (_, reply) in ledgers.ask_all(orders).await? {
            let Reply::Done = reply else {
                return Err(Stop::mistaken(&reply));
            };
        }
        if is_beyond_reach && actor == Actor::Holder {
            return Err(Fault::LedgerUnavailable.into());
        }
        Ok(())
    }

    /// Reads a shard's list where the one in hand is not fresh; whether it did.
    pub(super) async fn load(&self, shard: u16) -> Result<bool, Stop> {
        let reading =
            with_gate(
                |gate| match gate.lists.freshness(shard, gate.config.refresh_seconds, now()) {
                    Freshness::Fresh => None,
                    Freshness::Refresh | Freshness::Wait => Some(gate.begin_list(shard)),
                },
            )?;
        let Some(reading) = reading else {
            return Ok(false);
        };
        let read = settled(reading).await;
        if let Some(woken) = with_gate(|gate| gate.finish_list(shard, &read))? {
            self.context.wait_until(&woken);
        }
        Ok(true)
    }
}

fn warn_of_shard(claims: &Claims) {
    Line {
        event: "management",
        code: "shard_without_ledger",
        token: Some(claims.id.to_string()),
        detail: Some(
            "a genuine token of a shard without a ledger was to be ended: `lychgate revocations publish --revoke` \
             does it"
                .to_owned(),
        ),
        ..Line::default()
    }
    .alarm();
}
