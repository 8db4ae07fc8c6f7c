//! The ledger: a Durable Object with SQLite, the single writer of one shard's tokens and of its revocation list.
//!
//! Nothing of it is kept in memory between calls but the key ring: each call opens the store, does its work in one
//! transaction and sets the alarm in the same turn, so that a change, the mark that it is unpublished and the
//! alarm that publishes it are on disk together. The platform holds the answer back until they are.

mod audit;
mod backup;
mod batches;
mod condition;
mod continuity;
mod error;
mod found;
mod found_members;
mod idempotency;
mod issuing;
mod listed;
mod listing;
mod members;
mod membership_row;
mod people;
mod publishing;
mod publishing_members;
mod requests;
mod retention;
mod revoking;
mod schema;
mod settings;
mod sign_ins;
mod store;
mod tokens;
mod usage;

use std::cell::Cell;
use std::time::Duration;

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::worker_sys::DurableObjectState;
use worker::{Env, Request, Response, ResponseBuilder, State, wasm_bindgen_futures, web_sys};

use self::error::LedgerError;
use self::settings::Settings;
use self::store::Store;
use super::ledger_client::{LEDGER_TIME, REFUSED};
use super::time::{now_milliseconds, sleep};
use crate::isolate::clock::now;

/// How often a waiting answer looks whether its list is published.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long after a breakdown the alarm is tried again.
const BREAKDOWN_MILLISECONDS: u64 = 5_000;

/// Answers a request of the edge.
///
/// # Errors
/// What the platform throws; `entry.mjs` answers then.
#[wasm_bindgen(js_name = ledgerFetch)]
pub async fn ledger_fetch(
    state: DurableObjectState,
    env: Env,
    request: web_sys::Request,
) -> Result<web_sys::Response, JsValue> {
    let response = match answer(&state.into(), &env, request.into()).await {
        Ok(body) => response(200)?.fixed(body),
        Err(LedgerError::Refused(refusal)) => {
            let body = serde_json::to_string(&refusal).unwrap_or_default();
            response(REFUSED)?.fixed(body.into_bytes())
        }
        Err(error) => {
            error.log();
            response(503)?.empty()
        }
    };
    Ok(response.into())
}

/// Runs due work: revokes what is revoked many at a time, prunes, publishes, and sets the next alarm.
///
/// # Errors
/// What the platform throws; `entry.mjs` sets the alarm again then.
#[wasm_bindgen(js_name = ledgerAlarm)]
pub async fn ledger_alarm(state: DurableObjectState, env: Env) -> Result<(), JsValue> {
    let state = State::from(state);
    if let Err(error) = run_due_work(&state, &env).await {
        error.log();
        // The platform would retry after a thrown error only a few times, and then never again.
        Store::of(&state)
            .set_alarm(now_milliseconds() + BREAKDOWN_MILLISECONDS)
            .await?;
    }
    Ok(())
}

/// Sets the alarm again when the object starts, because something may be unpublished. If this fails, the first request
/// finds out.
#[wasm_bindgen(js_name = ledgerBegin)]
pub async fn ledger_begin(state: DurableObjectState, env: Env) {
    if let Err(error) = begin(&state.into(), &env).await {
        error.log();
    }
}

async fn answer(state: &State, env: &Env, mut request: Request) -> Result<Vec<u8>, LedgerError> {
    let body = request.bytes().await?;
    Ledger::open(state, env)?.answer(&request.path(), &body).await
}

async fn run_due_work(state: &State, env: &Env) -> Result<(), LedgerError> {
    let ledger = Ledger::open(state, env)?;
    if ledger.store.has_begun()? {
        ledger.run_due_work().await?;
        ledger.schedule().await?;
    }
    Ok(())
}

async fn begin(state: &State, env: &Env) -> Result<(), LedgerError> {
    let ledger = Ledger::open(state, env)?;
    if ledger.store.has_begun()? {
        ledger.doubt_storage()?;
        ledger.schedule().await?;
    }
    Ok(())
}

fn response(status: u16) -> worker::Result<ResponseBuilder> {
    Response::builder()
        .with_status(status)
        .with_header(LEDGER_TIME, &now().to_string())
}

/// One shard's ledger, for one call.
struct Ledger {
    store: Store,
    settings: Settings,
    /// Whether changes get no audit entry for now.
    is_silent: Cell<bool>,
    /// Whether the batches of this alarm have left something.
    has_more: Cell<bool>,
}

impl Ledger {
    fn open(state: &State, env: &Env) -> Result<Self, LedgerError> {
        let store = Store::of(state);
        store.prepare()?;
        Ok(Self {
            store,
            settings: Settings::read(env)?,
            is_silent: Cell::new(false),
            has_more: Cell::new(false),
        })
    }

    /// Carries a change out: in one transaction, and with the alarm set in the same turn.
    async fn changed<T>(&self, change: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let response = self.store.transaction(change)?;
        self.schedule().await?;
        Ok(response)
    }

    /// As [`Ledger::changed`], of what makes the ledger larger: not beyond the space that is kept for revocations.
    async fn grown<T>(&self, change: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let size = self.store.size();
        if size >= self.settings.room {
            return Err(LedgerError::Full { size });
        }
        self.changed(change).await
    }

    /// As [`Ledger::changed`], of what must not be lost.
    async fn revoked_now<T>(&self, change: impl Fn() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let response = self.revoking(change)?;
        self.schedule().await?;
        Ok(response)
    }

    /// Waits until something is published, and tells whether it is.
    async fn wait_until_published(
        &self,
        seconds: u32,
        is_published: &dyn Fn() -> Result<bool, LedgerError>,
    ) -> Result<bool, LedgerError> {
        let until = now_milliseconds() + u64::from(seconds) * 1000;
        loop {
            let published = is_published()?;
            if published || now_milliseconds() >= until {
                return Ok(published);
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}
