//! The ledger: a Durable Object with SQLite, the single writer of one shard's tokens and of its revocation list.
//!
//! Nothing of it is kept in memory between calls but the key ring: each call opens the store, does its work in one
//! transaction and sets the alarm in the same turn, so that a change, the mark that it is unpublished and the
//! alarm that publishes it are on disk together. The platform holds the answer back until they are.

mod audit;
mod ending;
mod hand_offs;
mod idempotency;
mod issuing;
mod listing;
mod members;
mod publishing;
mod schema;
mod settings;
mod storage;
mod store;
mod tokens;
mod uses;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Headers, Request, Response, ResponseInit};

use self::settings::Settings;
use self::storage::DurableObjectState;
use self::store::{Store, StoreError};
use super::environment::ConfigError;
use super::ledgers::LEDGER_TIME;
use super::log::Line;
use super::platform::{Outcome, after, now, now_milliseconds};
use super::promised::{self, settled};
use crate::ledger::{Call, LedgerRefusal, Order, Reply};

/// How often a waiting answer looks whether its list is published.
const LOOK_MILLISECONDS: u32 = 50;

/// How long after a breakdown the alarm is tried again.
const BREAKDOWN_MILLISECONDS: u64 = 5_000;

/// Answers an order from the edge.
///
/// # Errors
/// What the platform throws; `entry.mjs` answers then.
#[wasm_bindgen(js_name = ledgerFetch)]
pub fn ledger_fetch(state: DurableObjectState, env: JsValue, request: Request) -> Outcome {
    promised::run(async move {
        let body = settled(request.text()?).await?.as_string().unwrap_or_default();
        let answered = async {
            let call: Call = serde_json::from_str(&body).map_err(|error| LedgerError::Order {
                column: error.column(),
            })?;
            Ledger::open(&state, &env)?.answer(call).await
        };
        let reply = match answered.await {
            Ok(reply) => reply,
            Err(LedgerError::Refused(refusal)) => Reply::Refused(refusal),
            Err(error) => {
                error.alarm();
                return respond(503, None);
            }
        };
        respond(200, serde_json::to_string(&reply).ok())
    })
}

/// Does what is due: ends graces, prunes, publishes, and sets the next alarm.
///
/// # Errors
/// What the platform throws; `entry.mjs` sets the alarm again then.
#[wasm_bindgen(js_name = ledgerAlarm)]
pub fn ledger_alarm(state: DurableObjectState, env: JsValue) -> Outcome {
    promised::run(async move {
        let tended = async {
            let ledger = Ledger::open(&state, &env)?;
            if ledger.store.has_begun()? {
                ledger.tend().await?;
                ledger.arm().await?;
            }
            Ok::<(), LedgerError>(())
        };
        if let Err(error) = tended.await {
            error.alarm();
            // Thrown errors would be retried a few times only, and then never again.
            Store::of(&state)
                .set_alarm(now_milliseconds() + BREAKDOWN_MILLISECONDS)
                .await?;
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Sets the alarm anew when the object comes to life: something may be unpublished.
///
/// # Errors
/// What the platform throws; the first order finds out again then.
#[wasm_bindgen(js_name = ledgerBegin)]
pub fn ledger_begin(state: DurableObjectState, env: JsValue) -> Outcome {
    promised::run(async move {
        let begun = async {
            let ledger = Ledger::open(&state, &env)?;
            if ledger.store.has_begun()? {
                ledger.arm().await?;
            }
            Ok::<(), LedgerError>(())
        };
        if let Err(error) = begun.await {
            error.alarm();
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// One shard's ledger, for one call.
struct Ledger {
    store: Store,
    settings: Settings,
}

impl Ledger {
    fn open(state: &DurableObjectState, env: &JsValue) -> Result<Self, LedgerError> {
        let store = Store::of(state);
        store.migrate()?;
        Ok(Self {
            store,
            settings: Settings::read(env)?,
        })
    }

    async fn answer(&self, call: Call) -> Result<Reply, LedgerError> {
        self.begin(call.shard).await?;
        let now = now();
        match call.order {
            Order::Wake => self.mend(call.shard).await?,
            Order::List {
                subject,
                all,
                after,
                limit,
            } => {
                #[cfg(feature = "trap")]
                super::trap::spring_for(&subject);
                return self.list(&subject, all, after, limit, now);
            }
            Order::Survey {
                subject,
                name,
                idempotency_key,
            } => return self.survey(&subject, &name, idempotency_key.as_deref(), now),
            Order::Introspect(token) => return self.introspect(&token, now),
            Order::Audit {
                subject,
                before,
                limit,
            } => return self.entries(subject.as_deref(), before, limit),
            Order::Await { version, seconds } => return self.wait_for(version, seconds).await,
            Order::Create(create) => return self.changed(|| self.create(&create, now)).await,
            Order::Refresh(refresh) => return self.changed(|| self.refresh(&refresh, now)).await,
            Order::End { subject, serial } => {
                return self.changed(|| self.end(&subject, serial, now)).await;
            }
            Order::EndPresented {
                tokens,
                actor,
                reason,
            } => {
                return self
                    .changed(|| self.end_presented(&tokens, actor, reason, now))
                    .await;
            }
            Order::Membership { subject } => return self.membership(&subject).await,
            Order::SetMembership { subject, roles } => {
                return self.set_membership(&subject, roles, now).await;
            }
            Order::AwaitMembership {
                subject,
                version,
                seconds,
            } => return self.wait_for_membership(&subject, version, seconds).await,
            Order::Admit { hand_off, expires_at } => {
                return self.changed(|| self.admit(&hand_off, expires_at)).await;
            }
            Order::Note(uses) => return self.changed(|| self.note(&uses, now)).await,
        }
        self.arm().await?;
        Ok(Reply::Done)
    }

    /// Carries a change out: in one transaction, after what was due before it, and with the alarm set in the same
    /// turn.
    async fn changed(
        &self,
        change: impl FnOnce() -> Result<Reply, LedgerError>,
    ) -> Result<Reply, LedgerError> {
        let reply = self.store.transaction(|| {
            self.end_graces(now())?;
            change()
        })?;
        self.arm().await?;
        Ok(reply)
    }

    async fn wait_for(&self, version: u64, seconds: u32) -> Result<Reply, LedgerError> {
        let until = now_milliseconds() + u64::from(seconds) * 1000;
        loop {
            let published = self.store.publication()?.has_published(version);
            if published || now_milliseconds() >= until {
                return Ok(Reply::Awaited { published });
            }
            settled(after(LOOK_MILLISECONDS)).await?;
        }
    }
}

/// Why a ledger does not do what it is asked.
#[derive(Debug)]
enum LedgerError {
    /// It must not.
    Refused(LedgerRefusal),
    /// The order does not parse.
    Order { column: usize },
    /// The configuration.
    Config(ConfigError),
    /// SQLite, or what is in it.
    Store(StoreError),
    /// The list that KV holds cannot be read or taken over.
    FoundList(String),
    /// The membership record that KV holds cannot be read or taken over.
    FoundMembership(String),
    /// The order is for another shard than this ledger's.
    Shard { own: u16, asked: u16 },
    /// No serial is left.
    SerialsExhausted,
    /// The platform threw something.
    Thrown,
}

impl LedgerError {
    fn alarm(&self) {
        let (code, detail) = match self {
            Self::Refused(_) => return,
            Self::Order { column } => ("order_malformed", format!("at column {column}")),
            Self::Config(error) => ("gate_misconfigured", error.to_string()),
            Self::Store(error) => ("store_failed", error.to_string()),
            Self::FoundList(detail) => ("list_not_taken_over", detail.clone()),
            Self::FoundMembership(detail) => ("membership_not_taken_over", detail.clone()),
            Self::Shard { own, asked } => (
                "shard_mistaken",
                format!("the ledger of shard {own} was asked for shard {asked}"),
            ),
            Self::SerialsExhausted => (
                "serials_exhausted",
                "the shard has no serial left; raise SHARDS".to_owned(),
            ),
            Self::Thrown => ("platform_failed", "the platform threw something".to_owned()),
        };
        Line {
            event: "ledger",
            code,
            detail: Some(detail),
            ..Line::default()
        }
        .alarm();
    }
}

impl From<LedgerRefusal> for LedgerError {
    fn from(refusal: LedgerRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ConfigError> for LedgerError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<JsValue> for LedgerError {
    fn from(_thrown: JsValue) -> Self {
        Self::Thrown
    }
}

fn respond(status: u16, body: Option<String>) -> Outcome {
    let headers = Headers::new()?;
    headers.set(LEDGER_TIME, &now().to_string())?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Ok(Response::new_with_opt_str_and_init(body.as_deref(), &init)?.into())
}
