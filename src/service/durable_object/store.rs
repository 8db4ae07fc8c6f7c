//! The ledger's storage: SQLite and the alarm of one Durable Object.

use std::error::Error;
use std::fmt;
use std::mem;

use serde::de::value::{MapDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use worker::js_sys::Date;
use worker::wasm_bindgen::JsValue;
use worker::{ScheduledTime, SqlCursor, SqlStorage, SqlStorageValue, State, Storage};

use super::LedgerError;
use crate::json::Unread;
use crate::ledger::Publication;
use crate::service::raw;

/// The largest whole number that JavaScript holds: 2^53 - 1.
const LARGEST: u64 = 9_007_199_254_740_991;

/// The storage of one ledger. Statements are literals, so that a test can read the plan of each.
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

impl Error for StoreError {}

impl From<worker::Error> for StoreError {
    fn from(error: worker::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a row has in one column.
struct Cell(SqlStorageValue);

impl<'de> Deserializer<'de> for Cell {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            SqlStorageValue::Null => visitor.visit_unit(),
            SqlStorageValue::Integer(number) => visitor.visit_i64(number),
            SqlStorageValue::String(text) => visitor.visit_string(text),
            // No table has them.
            SqlStorageValue::Boolean(_) | SqlStorageValue::Float(_) | SqlStorageValue::Blob(_) => Err(Unread),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.0 {
            SqlStorageValue::Null => visitor.visit_none(),
            SqlStorageValue::Integer(_)
            | SqlStorageValue::String(_)
            | SqlStorageValue::Boolean(_)
            | SqlStorageValue::Float(_)
            | SqlStorageValue::Blob(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        match self.0 {
            SqlStorageValue::String(text) => visitor.visit_enum(StringDeserializer::new(text)),
            SqlStorageValue::Null
            | SqlStorageValue::Integer(_)
            | SqlStorageValue::Boolean(_)
            | SqlStorageValue::Float(_)
            | SqlStorageValue::Blob(_) => Err(Unread),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, Unread> for Cell {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The values of a statement, in the order of its question marks.
pub(super) struct Values(Vec<SqlStorageValue>);

impl Values {
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.and(text)
    }

    pub(super) fn number(self, number: u32) -> Self {
        self.and(i64::from(number))
    }

    pub(super) fn optional(self, number: Option<u32>) -> Self {
        self.and(number.map(i64::from))
    }

    pub(super) fn optional_text(self, text: Option<&str>) -> Self {
        self.and(text)
    }

    /// A number that grows for ever; JavaScript holds whole ones below 2^53, which no ledger reaches.
    pub(super) fn large(self, number: u64) -> Self {
        self.and(i64::try_from(number.min(LARGEST)).unwrap_or(i64::MAX))
    }

    fn and(mut self, value: impl Into<SqlStorageValue>) -> Self {
        self.0.push(value.into());
        self
    }
}

/// Numbers as a JSON list, for SQLite's `json_each`.
pub(super) fn json_list(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut list = "[".to_owned();
    for number in numbers {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&number.to_string());
    }
    list.push(']');
    list
}

/// A whole number as JavaScript holds it.
#[expect(
    clippy::as_conversions,
    reason = "no larger than the largest whole number that a float holds"
)]
fn whole(number: u64) -> f64 {
    number.min(LARGEST) as f64
}

impl Store {
    pub(super) fn of(state: &State) -> Self {
        let storage = state.storage();
        let sql = storage.sql();
        Self { storage, sql }
    }

    /// Runs a statement.
    pub(super) fn run(&self, statement: &'static str, values: Values) -> Result<(), StoreError> {
        self.execute(statement, values).map(drop)
    }

    /// The rows of a query.
    pub(super) fn rows<T: DeserializeOwned>(
        &self,
        query: &'static str,
        values: Values,
    ) -> Result<Vec<T>, StoreError> {
        let cursor = self.execute(query, values)?;
        let columns = cursor.column_names();
        let rows = cursor.raw().map(|row| {
            let row = columns.iter().map(String::as_str).zip(row?.into_iter().map(Cell));
            // What a parser says may repeat the text.
            T::deserialize(MapDeserializer::new(row))
                .map_err(|Unread| StoreError("a row does not parse".to_owned()))
        });
        rows.collect()
    }

    fn execute(&self, statement: &'static str, values: Values) -> Result<SqlCursor, StoreError> {
        Ok(self.sql.exec(statement, values.0)?)
    }

    /// The first row of a query.
    pub(super) fn row<T: DeserializeOwned>(
        &self,
        query: &'static str,
        values: Values,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(query, values)?.into_iter().next())
    }

    /// Whether a query has a row.
    pub(super) fn has(&self, query: &'static str, values: Values) -> Result<bool, StoreError> {
        Ok(self.first(query, values)?.is_some())
    }

    /// How many rows a statement gives.
    pub(super) fn count(&self, statement: &'static str, values: Values) -> Result<u32, StoreError> {
        let mut count = 0_u32;
        for row in self.execute(statement, values)?.raw() {
            row?;
            count = count.saturating_add(1);
        }
        Ok(count)
    }

    /// The text that a query's first row begins with; `None` where there is no row, or null.
    pub(super) fn text(&self, query: &'static str, values: Values) -> Result<Option<String>, StoreError> {
        match self.first(query, values)? {
            None | Some(SqlStorageValue::Null) => Ok(None),
            Some(SqlStorageValue::String(text)) => Ok(Some(text)),
            Some(_) => Err(StoreError("a row is no text".to_owned())),
        }
    }

    /// The whole number that a query's first row begins with; `None` where there is no row, or null.
    pub(super) fn number(&self, query: &'static str, values: Values) -> Result<Option<u64>, StoreError> {
        match self.first(query, values)? {
            None | Some(SqlStorageValue::Null) => Ok(None),
            Some(SqlStorageValue::Integer(number)) => Ok(u64::try_from(number).ok()),
            Some(_) => Err(StoreError("a row is no whole number".to_owned())),
        }
    }

    /// The rows of a query, each a whole number and a text.
    pub(super) fn numbered(
        &self,
        query: &'static str,
        values: Values,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let rows = self
            .execute(query, values)?
            .raw()
            .map(|row| match row?.as_mut_slice() {
                [SqlStorageValue::Integer(number), SqlStorageValue::String(text)] => {
                    Ok((u64::try_from(*number).unwrap_or_default(), mem::take(text)))
                }
                _ => Err(StoreError("a row is no number and text".to_owned())),
            });
        rows.collect()
    }

    /// What a query's first row begins with.
    fn first(&self, query: &'static str, values: Values) -> Result<Option<SqlStorageValue>, StoreError> {
        let first = self.execute(query, values)?.raw().next().transpose()?;
        Ok(first.and_then(|row| row.into_iter().next()))
    }

    /// Does work whole or not at all.
    pub(super) fn transaction<T>(
        &self,
        work: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let (mut work, mut done) = (Some(work), None);
        self.transact(&mut || {
            if let Some(work) = work.take() {
                done = Some(work()?);
            }
            Ok(())
        })?;
        done.ok_or_else(|| LedgerError::Platform("a transaction was not begun".to_owned()))
    }

    fn transact(&self, work: &mut dyn FnMut() -> Result<(), LedgerError>) -> Result<(), LedgerError> {
        let mut outcome = Ok(());
        let committed = raw::transaction(&self.storage, &mut || {
            outcome = work();
            outcome.as_ref().copied().map_err(drop)
        });
        outcome?;
        Ok(committed.map_err(worker::Error::from)?)
    }

    /// How many bytes the tables take.
    pub(super) fn size(&self) -> usize {
        self.sql.database_size()
    }

    /// Sets the alarm, in this turn.
    pub(super) async fn set_alarm(&self, milliseconds: u64) -> worker::Result<()> {
        let moment = Date::new(&JsValue::from_f64(whole(milliseconds)));
        self.storage.set_alarm(ScheduledTime::new(moment)).await
    }

    /// Waits until all that was written is on disk.
    pub(super) async fn sync(&self) -> worker::Result<()> {
        self.storage.sync().await
    }

    /// Whether this ledger has begun its work.
    pub(super) fn has_begun(&self) -> Result<bool, StoreError> {
        self.has("SELECT shard FROM ledger LIMIT 1", Values::none())
    }

    /// The shard that this ledger writes, once it has begun.
    pub(super) fn shard(&self) -> Result<Option<u16>, StoreError> {
        let shard = self.number("SELECT shard FROM ledger LIMIT 1", Values::none())?;
        Ok(shard.and_then(|shard| u16::try_from(shard).ok()))
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
            "SELECT attempted, wanted, published, attempted_at, published_at, failures FROM ledger LIMIT 1",
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
