//! The ledger's storage: SQLite and the alarm of one Durable Object.

use std::fmt;

use js_sys::{Date, Promise};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use worker::worker_sys::{DurableObjectState, DurableObjectStorage};
use worker::{SqlStorage, SqlStorageValue, State, Storage};

use super::LedgerError;
use crate::edge::promised::settled;
use crate::ledger::Publication;

#[wasm_bindgen]
extern "C" {
    /// What `worker` has no name for.
    #[wasm_bindgen(extends = DurableObjectStorage)]
    type Transactional;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &Transactional,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;
}

/// The largest whole number that JavaScript holds: 2^53 - 1.
const LARGEST: u64 = 9_007_199_254_740_991;

/// The storage of one ledger.
pub(super) struct Store {
    storage: Storage,
    sql: SqlStorage,
}

/// SQLite refused, or holds what it should not.
#[derive(Debug)]
pub(super) struct StoreError(pub(super) String);

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<worker::Error> for StoreError {
    fn from(error: worker::Error) -> Self {
        Self(error.to_string())
    }
}

/// The values of a statement, in the order of its question marks.
pub(super) struct Values(Vec<SqlStorageValue>);

impl Values {
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.push(text.into());
        self
    }

    pub(super) fn number(mut self, number: u32) -> Self {
        self.0.push(SqlStorageValue::Integer(number.into()));
        self
    }

    pub(super) fn signed(mut self, number: i64) -> Self {
        self.0.push(SqlStorageValue::Integer(number));
        self
    }

    pub(super) fn optional(mut self, number: Option<u32>) -> Self {
        self.0.push(number.map(i64::from).into());
        self
    }

    pub(super) fn optional_text(mut self, text: Option<&str>) -> Self {
        self.0.push(text.into());
        self
    }

    /// A number that grows for ever; JavaScript holds whole ones below 2^53, which no ledger reaches.
    pub(super) fn large(mut self, number: u64) -> Self {
        let number = i64::try_from(number.min(LARGEST)).unwrap_or_default();
        self.0.push(SqlStorageValue::Integer(number));
        self
    }
}

#[derive(Deserialize)]
struct Present {}

impl Store {
    pub(super) fn of(state: DurableObjectState) -> Self {
        let storage = State::from(state).storage();
        let sql = storage.sql();
        Self { storage, sql }
    }

    /// Runs a statement.
    pub(super) fn run(&self, statement: &str, values: Values) -> Result<(), StoreError> {
        self.sql.exec(statement, values.0)?;
        Ok(())
    }

    /// The rows of a query.
    pub(super) fn rows<T: DeserializeOwned>(
        &self,
        query: &str,
        values: Values,
    ) -> Result<Vec<T>, StoreError> {
        Ok(self.sql.exec(query, values.0)?.to_array()?)
    }

    /// The first row of a query.
    pub(super) fn row<T: DeserializeOwned>(
        &self,
        query: &str,
        values: Values,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(query, values)?.into_iter().next())
    }

    /// Whether a query has a row.
    pub(super) fn has(&self, query: &str, values: Values) -> Result<bool, StoreError> {
        Ok(self.row::<Present>(query, values)?.is_some())
    }

    /// Does work whole or not at all.
    pub(super) fn transaction<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut work = Some(work);
        let mut outcome = Err(LedgerError::Thrown);
        let storage: &Transactional = self.storage.as_raw().unchecked_ref();
        // Throwing is how a transaction is told to roll back.
        let committed = storage.transaction_sync(&mut || {
            outcome = work.take().map_or(Err(LedgerError::Thrown), |work| work());
            match &outcome {
                Ok(_) => Ok(JsValue::UNDEFINED),
                Err(_) => Err(JsValue::from_str("rolled back")),
            }
        });
        match (outcome, committed) {
            (Ok(_), Err(_)) => Err(LedgerError::Thrown),
            (outcome, _) => outcome,
        }
    }

    /// Sets the alarm, in this turn.
    pub(super) async fn set_alarm(&self, milliseconds: u64) -> Result<(), JsValue> {
        settled(self.alarm_set(milliseconds)?).await.map(drop)
    }

    #[expect(
        clippy::as_conversions,
        reason = "milliseconds since 1970 are whole numbers far below 2^53"
    )]
    fn alarm_set(&self, milliseconds: u64) -> Result<Promise, JsValue> {
        let time = Date::new(&JsValue::from_f64(milliseconds as f64));
        self.storage.as_raw().set_alarm(time, js_sys::Object::new())
    }

    /// Waits until all that was written is on disk.
    pub(super) async fn sync(&self) -> Result<(), JsValue> {
        settled(self.storage.as_raw().sync()?).await.map(drop)
    }

    /// Whether this ledger has begun its work.
    pub(super) fn has_begun(&self) -> Result<bool, StoreError> {
        self.has("SELECT shard FROM ledger", Values::none())
    }

    /// The shard that this ledger writes, once it has begun.
    pub(super) fn shard(&self) -> Result<Option<u16>, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            shard: u16,
        }
        let row: Option<Row> = self.row("SELECT shard FROM ledger", Values::none())?;
        Ok(row.map(|row| row.shard))
    }

    /// Where the list stands.
    pub(super) fn publication(&self) -> Result<Publication, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            attempted: u64,
            wanted: u64,
            published: u64,
            attempted_at: u64,
            published_at: u64,
            failures: u32,
        }
        let row: Option<Row> = self.row(
            "SELECT attempted, wanted, published, attempted_at, published_at, failures FROM ledger",
            Values::none(),
        )?;
        let row = row.ok_or_else(|| StoreError("the table ledger has no row".to_owned()))?;
        Ok(Publication {
            attempted: row.attempted,
            wanted: row.wanted,
            published: row.published,
            attempted_at: row.attempted_at,
            published_at: row.published_at,
            failures: row.failures,
        })
    }

    /// Keeps where the list stands.
    pub(super) fn keep(&self, publication: &Publication) -> Result<(), StoreError> {
        self.run(
            "UPDATE ledger SET attempted = ?, wanted = ?, published = ?, attempted_at = ?, published_at = ?, \
             failures = ?",
            Values::none()
                .large(publication.attempted)
                .large(publication.wanted)
                .large(publication.published)
                .large(publication.attempted_at)
                .large(publication.published_at)
                .number(publication.failures),
        )
    }

    /// Notes a change; gives the list version in which it takes effect.
    pub(super) fn change(&self) -> Result<u64, StoreError> {
        let mut publication = self.publication()?;
        let version = publication.change();
        self.keep(&publication)?;
        Ok(version)
    }
}
