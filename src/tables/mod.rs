//! The parser of route tables as a WebAssembly module of its own, which gives the gate its tables as snapshots. The build runs it for
//! the tables that ship. At an edge it runs only for a gate whose tables are others: joined, mounted or its own.
//!
//! It must not know the gate.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::routes::{RouteTable, ShippedSnapshots};

/// The snapshots of the tables that ship, as [`ShippedSnapshots::find`] reads them.
///
/// # Errors
/// A text that says which line is wrong, and what is expected there.
#[wasm_bindgen(js_name = shippedSnapshots)]
pub fn shipped_snapshots() -> Result<Vec<u8>, String> {
    ShippedSnapshots::make().map_err(|error| error.to_string())
}

/// The snapshot of the tables that `ROUTES` names or has.
///
/// # Errors
/// A text that says which line is wrong, and what is expected there.
#[wasm_bindgen(js_name = parseTables)]
pub fn parse_tables(setting: &str) -> Result<Vec<u8>, String> {
    let table = RouteTable::configured(setting).map_err(|error| error.to_string())?;
    Ok(table.to_snapshot())
}
