//! For whoever runs the gate: introspection and the audit.

use std::collections::BTreeMap;

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::Call;
use super::answer::{Stop, json};
use super::body::FORM;
use super::caller::genuine_at;
use crate::edge::platform::now;
use crate::ledger::{AuditEntry, Cursor, Limit, Order, Reply};
use crate::management::{MAXIMUM_BODY_BYTES, Parameters, form_token};
use crate::{Claims, Role, Subject, Target, Timestamp};

/// What a token is, in the words of RFC 7662 section 2.2.
#[derive(Serialize)]
struct Introspection<'a> {
    active: bool,
    sub: &'a str,
    scope: &'static str,
    token_type: &'static str,
    iat: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<Timestamp>,
    jti: String,
}

/// All that is said of a token that is not accepted.
#[derive(Serialize)]
struct Inactive {
    active: bool,
}

impl Call {
    pub(super) async fn introspect(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        Parameters::read(target, &[])?;
        self.expect_type(FORM)?;
        let token = form_token(&self.body(MAXIMUM_BODY_BYTES).await?)?;
        let claims = match genuine_at(&token, now())? {
            Some(claims) if self.is_active(&claims).await? => claims,
            Some(_) | None => return json(200, &Inactive { active: false }, None),
        };
        let introspection = Introspection {
            active: true,
            sub: claims.subject.as_str(),
            scope: match claims.role {
                Role::Read => "read",
                Role::Write => "read write",
            },
            token_type: "Bearer",
            iat: claims.issued_at,
            exp: claims.expires_at,
            jti: claims.id.to_string(),
        };
        json(200, &introspection, None)
    }

    async fn is_active(&self, claims: &Claims) -> Result<bool, Stop> {
        let ledgers = &self.management.ledgers;
        if !ledgers.shards.holds(claims.id.shard) {
            return Ok(false);
        }
        let order = Order::Introspect(claims.into());
        let reply = ledgers.ask(claims.id.shard, order).await?;
        let Reply::Introspected { active } = reply else {
            return Err(Stop::mistaken(&reply));
        };
        Ok(active)
    }

    pub(super) async fn audit(&self, target: &Target<'_>) -> Result<JsValue, Stop> {
        #[derive(Serialize)]
        struct Page {
            entries: Vec<AuditEntry>,
            next: Option<String>,
        }

        let parameters = Parameters::read(target, &["limit", "cursor", "subject"])?;
        let limit = parameters.value::<Limit>("limit")?.unwrap_or_default().count();
        let mut cursor = parameters.value::<Cursor>("cursor")?.unwrap_or_default();
        let subject = parameters
            .value::<Subject>("subject")?
            .map(|subject| subject.as_str().to_owned());
        let ledgers = &self.management.ledgers;
        let orders = ledgers.shards.all().map(|shard| {
            let order = Order::Audit {
                subject: subject.clone(),
                before: cursor.position(shard),
                limit,
            };
            (shard, order)
        });
        let mut is_cut = false;
        // By time, newest first, and within one shard and second by number: the order of the keys, reversed.
        let mut entries = BTreeMap::new();
        for (shard, reply) in ledgers.ask_all(orders.collect::<Vec<_>>()).await? {
            let Reply::Entries { entries: page, more } = reply else {
                return Err(Stop::mistaken(&reply));
            };
            is_cut |= more;
            entries.extend(
                page.into_iter()
                    .map(|entry| ((entry.at, shard, number(&entry)), entry)),
            );
        }
        let limit = usize::try_from(limit).unwrap_or_default();
        is_cut |= entries.len() > limit;
        let mut shown = Vec::new();
        for ((_, shard, number), entry) in entries.into_iter().rev().take(limit) {
            cursor.move_to(shard, number);
            shown.push(entry);
        }
        let page = Page {
            entries: shown,
            next: is_cut.then(|| cursor.to_text()),
        };
        json(200, &page, None)
    }
}

/// The number in an entry's id.
fn number(entry: &AuditEntry) -> u64 {
    entry
        .id
        .split_once('-')
        .and_then(|(_, number)| number.parse().ok())
        .unwrap_or_default()
}
