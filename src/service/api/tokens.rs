//! A subject's tokens: created, listed, refreshed, deleted.

use serde::Serialize;
use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

use super::Call;
use super::answer::{Stop, json};
use super::body::JSON;
use crate::edge::gate::with_gate;
use crate::ledger::{
    Create, Cursor, Elsewhere, Idempotency, IdempotencyKey, LedgerRefusal, Limit, ListVersion,
    MAXIMUM_GRACE_SECONDS, MAXIMUM_WAIT_SECONDS, Order, Refresh, Replaced, Reply, TokenRecord,
};
use crate::management::{CreateRequest, MAXIMUM_BODY_BYTES, Objection, Parameters, RefreshRequest};
use crate::{Claims, KeyId, Subject, Target, TokenId, mint_with};

/// A token with its text, as it is shown once.
#[derive(Serialize)]
struct CreatedToken<'a> {
    token: &'a str,
    #[serde(flatten)]
    record: &'a TokenRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<&'a Replaced>,
}

impl Call {
    pub(super) async fn list(&self, target: &Target<'_>, subject: &Subject) -> Result<JsValue, Stop> {
        #[derive(Serialize)]
        struct Page {
            tokens: Vec<TokenRecord>,
            next: Option<String>,
        }

        let parameters = Parameters::read(target, &["limit", "cursor", "state"])?;
        let limit = parameters.value::<Limit>("limit")?.unwrap_or_default().count();
        let cursor = parameters.value::<Cursor>("cursor")?.unwrap_or_default();
        let all = parameters.is_second("state", "live", "all")?;
        let ledgers = &self.management.ledgers;
        // Shard after shard: those before the one that the cursor stands in were shown.
        let first = cursor.first_shard().unwrap_or_default();
        let orders = ledgers.shards.all().filter(|shard| *shard >= first).map(|shard| {
            let after = cursor
                .position(shard)
                .and_then(|serial| u32::try_from(serial).ok());
            let order = Order::List {
                subject: subject.as_str().to_owned(),
                all,
                after,
                limit,
            };
            (shard, order)
        });
        let mut tokens = Vec::new();
        let mut is_cut = false;
        for (_, reply) in ledgers.ask_all(orders).await? {
            let Reply::Tokens { tokens: page, more } = reply else {
                return Err(Stop::mistaken(&reply));
            };
            let room = usize::try_from(limit)
                .unwrap_or_default()
                .saturating_sub(tokens.len());
            is_cut |= more || page.len() > room;
            tokens.extend(page.into_iter().take(room));
        }
        let last = tokens
            .last()
            .and_then(|token: &TokenRecord| token.id.parse::<TokenId>().ok());
        let next = last.filter(|_| is_cut).map(|id| {
            let mut cursor = Cursor::default();
            cursor.move_to(id.shard, id.serial.into());
            cursor.to_text()
        });
        json(200, &Page { tokens, next }, None)
    }

    pub(super) async fn create(&self, target: &Target<'_>, subject: &Subject) -> Result<JsValue, Stop> {
        Parameters::read(target, &[])?;
        let key = self.idempotency_key()?;
        self.expect_type(JSON)?;
        let request = CreateRequest::parse(&self.body(MAXIMUM_BODY_BYTES).await?)?;
        let expires_in = request.expires_in.map(|seconds| seconds.to_string());
        let idempotency = key.map(|key| {
            key.of_call(&[
                "create",
                subject.as_str(),
                request.name.as_str(),
                request.role.name(),
                expires_in.as_deref().unwrap_or_default(),
            ])
        });
        let home = self.management.ledgers.shards.home(subject);
        let (elsewhere, holder) = self
            .survey(home, subject, request.name.as_str(), idempotency.as_ref())
            .await?;
        let create = Create {
            subject: subject.as_str().to_owned(),
            name: request.name.as_str().to_owned(),
            role: request.role.name().to_owned(),
            expires_in: request.expires_in,
            key_id: active_key()?,
            idempotency,
            elsewhere,
        };
        // Where another shard has answered this call before, it answers it again.
        let shard = holder.unwrap_or(home);
        let reply = self.management.ledgers.ask(shard, Order::Create(create)).await?;
        self.issued(&reply)
    }

    pub(super) async fn refresh(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        id: TokenId,
    ) -> Result<JsValue, Stop> {
        let grace = Parameters::read(target, &["grace"])?.seconds("grace", MAXIMUM_GRACE_SECONDS)?;
        let key = self.idempotency_key()?;
        let body = self.body(MAXIMUM_BODY_BYTES).await?;
        if !body.is_empty() {
            self.expect_type(JSON)?;
        }
        let request = RefreshRequest::parse(&body)?;
        let expires_in = request.expires_in.map(|seconds| seconds.to_string());
        let idempotency = key.map(|key| {
            key.of_call(&[
                "refresh",
                subject.as_str(),
                &id.to_string(),
                &grace.to_string(),
                expires_in.as_deref().unwrap_or_default(),
            ])
        });
        self.expect_shard(id)?;
        let order = |elsewhere| {
            Ok::<_, Stop>(Order::Refresh(Refresh {
                subject: subject.as_str().to_owned(),
                serial: id.serial,
                grace,
                expires_in: request.expires_in,
                key_id: active_key()?,
                idempotency: idempotency.clone(),
                elsewhere,
            }))
        };
        let ledgers = &self.management.ledgers;
        let mut reply = ledgers.ask(id.shard, order(None)?).await?;
        if let Reply::SurveyNeeded { name } = &reply {
            let (elsewhere, _) = self.survey(id.shard, subject, name, None).await?;
            reply = ledgers.ask(id.shard, order(Some(elsewhere))?).await?;
        }
        self.issued(&reply)
    }

    pub(super) async fn delete(
        &self,
        target: &Target<'_>,
        subject: &Subject,
        id: Option<TokenId>,
    ) -> Result<JsValue, Stop> {
        #[derive(Serialize)]
        struct Ending {
            ended: u32,
            lists: Vec<ListVersion>,
        }

        let wait = Parameters::read(target, &["wait"])?.seconds("wait", MAXIMUM_WAIT_SECONDS)?;
        let ledgers = &self.management.ledgers;
        let end = |serial| Order::End {
            subject: subject.as_str().to_owned(),
            serial,
        };
        let replies = match id {
            Some(id) => {
                self.expect_shard(id)?;
                vec![(id.shard, ledgers.ask(id.shard, end(Some(id.serial))).await?)]
            }
            None => {
                let orders = ledgers.shards.all().map(|shard| (shard, end(None)));
                ledgers.ask_all(orders).await?
            }
        };
        let mut ending = Ending {
            ended: 0,
            lists: Vec::new(),
        };
        for (_, reply) in replies {
            let Reply::Ended(ended) = reply else {
                return Err(Stop::mistaken(&reply));
            };
            ending.ended += ended.ended;
            ending.lists.extend(ended.list);
        }
        if wait > 0 {
            self.wait_for(&mut ending.lists, wait).await?;
        }
        let is_published = ending.lists.iter().all(|list| list.published);
        json(if is_published { 200 } else { 202 }, &ending, None)
    }

    /// Waits until lists are published, all at once.
    async fn wait_for(&self, lists: &mut [ListVersion], seconds: u32) -> Result<(), Stop> {
        let orders = lists.iter().map(|list| {
            let version = list.version;
            (list.shard, Order::Await { version, seconds })
        });
        let replies = self
            .management
            .ledgers
            .ask_all(orders.collect::<Vec<_>>())
            .await?;
        for (list, (_, reply)) in lists.iter_mut().zip(replies) {
            let Reply::Awaited { published } = reply else {
                return Err(Stop::mistaken(&reply));
            };
            list.published = published;
        }
        Ok(())
    }

    /// What all other shards hold of a subject, and which of them has answered this call before.
    async fn survey(
        &self,
        home: u16,
        subject: &Subject,
        name: &str,
        idempotency: Option<&Idempotency>,
    ) -> Result<(Elsewhere, Option<u16>), Stop> {
        let ledgers = &self.management.ledgers;
        let others = ledgers.shards.all().filter(|shard| *shard != home);
        let orders = others.map(|shard| {
            let order = Order::Survey {
                subject: subject.as_str().to_owned(),
                name: name.to_owned(),
                idempotency_key: idempotency.map(|call| call.key.clone()),
            };
            (shard, order)
        });
        let mut elsewhere = Elsewhere::default();
        let mut holder = None;
        for (shard, reply) in ledgers.ask_all(orders).await? {
            let Reply::Surveyed { here, holds_key } = reply else {
                return Err(Stop::mistaken(&reply));
            };
            elsewhere.live = elsewhere.live.saturating_add(here.live);
            elsewhere.holds_name |= here.holds_name;
            if holds_key {
                holder = Some(shard);
            }
        }
        Ok((elsewhere, holder))
    }

    fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Stop> {
        let key = self.header("Idempotency-Key")?;
        Ok(key
            .map(|key| key.parse())
            .transpose()
            .map_err(|expected: &str| Objection::parameter("Idempotency-Key", expected))?)
    }

    /// A token of a shard that has no ledger is nobody's.
    fn expect_shard(&self, id: TokenId) -> Result<(), Stop> {
        if self.management.ledgers.shards.holds(id.shard) {
            Ok(())
        } else {
            Err(Objection::NotFound.into())
        }
    }

    /// Mints what the ledger has issued, now or again.
    fn issued(&self, reply: &Reply) -> Result<JsValue, Stop> {
        let Reply::Issued(issued) = reply else {
            return Err(Stop::mistaken(reply));
        };
        let record = &issued.record;
        // A key that has left the ring can mint no more: its tokens ended with it.
        let token = minted(record, issued.key_id)?.ok_or(LedgerRefusal::TokenEnded)?;
        let created = CreatedToken {
            token: &token,
            record,
            replaces: issued.replaces.as_ref(),
        };
        let replayed = issued.replayed.then_some(("Idempotency-Replayed", "true"));
        json(201, &created, replayed)
    }
}

fn active_key() -> Result<KeyId, Stop> {
    Ok(with_gate(|gate| gate.config.state.tokens.keys().active())?)
}

fn minted(record: &TokenRecord, key_id: KeyId) -> Result<Option<Zeroizing<String>>, Stop> {
    let claims = || {
        Some(Claims {
            role: record.role.parse().ok()?,
            subject: record.subject.parse().ok()?,
            id: record.id.parse().ok()?,
            issued_at: record.issued_at,
            expires_at: record.expires_at,
        })
    };
    let Some(claims) = claims() else {
        return Ok(None);
    };
    Ok(with_gate(|gate| {
        let state = &gate.config.state;
        mint_with(&claims, state.tokens.prefix(), state.tokens.keys(), key_id).ok()
    })?)
}
