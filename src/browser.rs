//! The core for a page: values in, JSON text out, nothing kept. What the page does with it is the page's own.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::{Anatomy, Explanation, RouteTable};

/// What the shipped route table says of a request: `{access, rule, line, namespace, target}`, or
/// `{access: "refused", code, reason}`.
#[wasm_bindgen]
pub fn explain(method: &str, target: &str, body: &[u8]) -> String {
    let table = RouteTable::shipped();
    json(&Explanation::of(
        &table,
        method.as_bytes(),
        target.as_bytes(),
        body,
    ))
}

/// A token's fields, none of them verified:
/// `{well_formed, prefix, fields: [{name, start, end, hex, meaning}], faults: [text]}`.
#[wasm_bindgen]
pub fn inspect(token: &str) -> String {
    let anatomy = Anatomy::of(token);
    let fields: Vec<serde_json::Value> = anatomy
        .fields
        .iter()
        .map(|field| {
            serde_json::json!({
                "name": field.name,
                "start": field.span.start,
                "end": field.span.end,
                "hex": field.hex.as_str(),
                "meaning": field.meaning,
            })
        })
        .collect();
    let faults: Vec<String> = anatomy.faults.iter().map(ToString::to_string).collect();
    json(&serde_json::json!({
        "well_formed": anatomy.is_well_formed(),
        "prefix": anatomy.prefix.as_ref().map(|prefix| prefix.as_str()),
        "fields": fields,
        "faults": faults,
    }))
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
