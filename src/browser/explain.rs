//! What a request does.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::{Explanation, RouteTable};

/// What the shipped route table says of a request: `{access, rule, line, namespace, target}`, or
/// `{access: "refused", code, reason}`.
#[wasm_bindgen]
pub fn explain(method: &str, target: &str, body: &[u8]) -> String {
    let table = RouteTable::shipped();
    super::json(&Explanation::of(
        &table,
        method.as_bytes(),
        target.as_bytes(),
        body,
    ))
}
