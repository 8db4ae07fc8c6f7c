//! The bench in WebAssembly, for Node.

use lychgate::keys::KeyRing;
use lychgate::routes::RouteTable;
use lychgate::state::{RevocationList, Revocations};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::fixture::{Fixture, Size, Step, key_ring, table};

/// A state, and the requests and tokens for it.
#[wasm_bindgen]
pub struct Isolate(Fixture);

#[wasm_bindgen]
impl Isolate {
    /// A state of this size; `routes` is 0 for the table that ships for hubs, and `sealed` is empty if the list is yet to be sealed.
    #[wasm_bindgen(constructor)]
    pub fn new(
        issued: u32,
        revoked: u32,
        keys: u8,
        routes: usize,
        sealed: &[u8],
    ) -> Result<Isolate, JsError> {
        Fixture::new(Size {
            issued,
            revoked,
            keys,
            routes: (routes > 0).then_some(routes),
            sealed: (!sealed.is_empty()).then_some(sealed),
        })
        .map(Self)
        .map_err(|error| JsError::new(&error.to_string()))
    }

    /// Runs a step this many times; returns how often the outcome was the expected one.
    pub fn run(&self, step: &str, times: usize) -> usize {
        let Some(step) = Step::named(step) else {
            return 0;
        };
        (0..times).filter(|turn| self.0.run(step, *turn)).count()
    }

    /// Parses a route table of this many lines.
    #[wasm_bindgen(js_name = parseTable)]
    pub fn parse_table(&self, lines: usize) -> bool {
        RouteTable::parse(&table(lines)).is_ok()
    }
}

/// Parses the route tables of a setting such as `hub+oci`, and makes a snapshot of them.
#[wasm_bindgen(js_name = parseSetting)]
pub fn parse_setting(setting: &str) -> Option<Vec<u8>> {
    Some(RouteTable::configured(setting).ok()?.to_snapshot())
}

/// Loads a snapshot of route tables.
#[wasm_bindgen(js_name = loadSnapshot)]
pub fn load_snapshot(snapshot: &[u8]) -> bool {
    RouteTable::from_snapshot(snapshot).is_ok()
}

/// Revocation lists, in an isolate with nothing else.
#[wasm_bindgen]
pub struct Lists {
    keys: KeyRing,
    revocations: Revocations,
}

#[wasm_bindgen]
impl Lists {
    /// Starts without a list.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Lists, JsError> {
        Ok(Self {
            keys: key_ring(2).map_err(|error| JsError::new(&error.to_string()))?,
            revocations: Revocations::default(),
        })
    }

    /// Opens a sealed list and keeps it in memory, as the gate does with what KV returns.
    pub fn take(&mut self, sealed: Vec<u8>) -> Result<(), JsError> {
        RevocationList::open(&sealed, 0, &self.keys)
            .and_then(|list| self.revocations.accept(list))
            .map_err(|error| JsError::new(&error.to_string()))
    }
}
