//! The storage of a Durable Object, as the platform offers it.

use js_sys::{Array, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// What the platform hands to a Durable Object.
    #[derive(Clone)]
    pub type DurableObjectState;

    #[wasm_bindgen(method, getter)]
    pub(super) fn storage(this: &DurableObjectState) -> Storage;

    pub(super) type Storage;

    #[wasm_bindgen(method, getter)]
    pub(super) fn sql(this: &Storage) -> Sql;

    /// Runs work in one transaction; rolls back where it throws.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub(super) fn transaction_sync(
        this: &Storage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setAlarm)]
    pub(super) fn set_alarm(this: &Storage, milliseconds: f64) -> Result<Promise, JsValue>;

    /// A promise that is kept once all writes so far are on disk.
    #[wasm_bindgen(method, catch)]
    pub(super) fn sync(this: &Storage) -> Result<Promise, JsValue>;

    pub(super) type Sql;

    #[wasm_bindgen(method, catch, variadic)]
    pub(super) fn exec(this: &Sql, statement: &str, values: &Array) -> Result<Cursor, JsValue>;

    pub(super) type Cursor;

    /// The rows, one object each.
    #[wasm_bindgen(method, catch, js_name = toArray)]
    pub(super) fn to_array(this: &Cursor) -> Result<Array, JsValue>;
}
