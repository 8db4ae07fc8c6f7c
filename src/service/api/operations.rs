//! Calls by the operator of the gate: introspection and the audit.

use serde::Serialize;
use worker::Response;

use super::ApiCall;
use super::answer::json;
use super::body::FORM;
use super::rejection::Rejection;
use crate::isolate::clock::now;
use crate::ledger::{AuditEntry, Cursor, IntrospectToken, Limit, ReadAudit};
use crate::management::{MAXIMUM_BODY_BYTES, Parameters, form_token};
use crate::request::Target;
use crate::response::Fault;
use crate::service::ledger_client::SHARD_LIMIT;
use crate::sorted_map::SortedMap;
use crate::token::{Claims, Restrictions, Role, Subject, Timestamp};

/// The description of a token with the members of RFC 7662 section 2.2.
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
    restrictions: &'a Restrictions,
}

/// The whole description of a token that is not accepted.
#[derive(Serialize)]
struct Inactive {
    active: bool,
}

impl ApiCall {
    pub(super) async fn introspect(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        Parameters::read(target, &[])?;
        self.expect_type(FORM)?;
        let token = form_token(&self.body(MAXIMUM_BODY_BYTES).await?)?;
        let claims = match self.genuine_at(&token, now()) {
            Some(claims) if self.is_active(&claims).await? => claims,
            Some(_) | None => return json(200, &Inactive { active: false }, None),
        };
        let introspection = Introspection {
            active: true,
            sub: claims.subject.as_str(),
            scope: match claims.effective_role() {
                Role::Read => "read",
                Role::Write => "read write",
            },
            token_type: "Bearer",
            iat: claims.issued_at,
            exp: claims.effective_expiry(),
            jti: claims.id.to_string(),
            restrictions: &claims.restrictions,
        };
        json(200, &introspection, None)
    }

    async fn is_active(&self, claims: &Claims) -> Result<bool, Rejection> {
        let ledgers = &self.settings.ledgers;
        if !ledgers.shards.holds(claims.id.shard) {
            // No ledger knows it: what the gate goes by is its list.
            let list = self.gate.list(claims.id.shard, Some(claims.id.serial)).await?;
            return Ok(list.lets_reads_through && !list.revokes);
        }
        let introspect = IntrospectToken { token: claims.into() };
        Ok(ledgers.ask(claims.id.shard, introspect).await?.active)
    }

    pub(super) async fn audit(&self, target: &Target<'_>) -> Result<Response, Rejection> {
        #[derive(Serialize)]
        struct Page {
            entries: Vec<AuditEntry>,
            next: Option<String>,
            unanswered_shards: Vec<u16>,
        }

        let parameters = Parameters::read(target, &["limit", "cursor", "subject"])?;
        let limit = parameters.value::<Limit>("limit")?.unwrap_or_default().count();
        let mut cursor = parameters.value::<Cursor>("cursor")?.unwrap_or_default();
        let subject = parameters
            .value::<Subject>("subject")?
            .map(|subject| subject.as_str().to_owned());
        let ledgers = &self.settings.ledgers;
        let requests = ledgers.shards.all().map(|shard| {
            let read = ReadAudit {
                subject: subject.clone(),
                before: cursor.position(shard),
                limit,
            };
            (shard, read)
        });
        let mut is_cut = false;
        // Newest first, and within one shard and second by number: the reverse order of the keys. No more are kept than are shown:
        // hundreds of shards may each have as many.
        let mut entries = SortedMap::new();
        let limit_of_all = usize::try_from(limit).unwrap_or_default();
        let answers = ledgers
            .ask_each(SHARD_LIMIT, requests.collect::<Vec<_>>())
            .await?;
        if answers.answered.is_empty() {
            return Err(Fault::LedgerUnavailable.into());
        }
        for (shard, page) in answers.answered {
            is_cut |= page.more;
            for entry in page.entries {
                entries.insert((entry.at, shard, number(&entry)), entry);
                let oldest = entries.keys().next().copied();
                if let Some(oldest) = oldest.filter(|_| entries.len() > limit_of_all) {
                    entries.remove(&oldest);
                    is_cut = true;
                }
            }
        }
        let mut shown = Vec::new();
        for ((_, shard, number), entry) in entries.into_entries().rev() {
            cursor.move_to(shard, number);
            shown.push(entry);
        }
        let page = Page {
            entries: shown,
            next: is_cut.then(|| cursor.to_text()),
            unanswered_shards: answers.unanswered,
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
