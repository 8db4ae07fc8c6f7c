//! A token's fields, for the page.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::token::Inspection;

/// A token's fields, none of them verified:
/// `{well_formed, prefix, fields: [{name, start, end, hex, meaning}], faults: [text]}`.
#[wasm_bindgen]
pub fn inspect(token: &str) -> String {
    let inspection = Inspection::of(token);
    let fields: Vec<serde_json::Value> = inspection
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
    let faults: Vec<String> = inspection.faults.iter().map(ToString::to_string).collect();
    super::json(&serde_json::json!({
        "well_formed": inspection.is_well_formed(),
        "prefix": inspection.prefix.as_ref().map(|prefix| prefix.as_str()),
        "fields": fields,
        "faults": faults,
    }))
}
