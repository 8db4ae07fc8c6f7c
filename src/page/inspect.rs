//! A token's fields, for the page.

use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::token::{Field, Inspection, Restriction};

/// A token's fields, none of them verified: `{well_formed, prefix, fields: [{name, start, end, hex, meaning}], faults:
/// [text], restrictions: [text]}`. A restriction's text is such as `areas=git,api`; those that are malformed are left out.
#[wasm_bindgen]
pub fn inspect(token: &str) -> String {
    let inspection = Inspection::of(token);
    super::json(&Inspected {
        well_formed: inspection.is_well_formed(),
        prefix: inspection.prefix.as_ref().map(|prefix| prefix.as_str()),
        fields: &inspection.fields,
        faults: inspection.faults.iter().map(ToString::to_string).collect(),
        restrictions: inspection
            .restrictions
            .iter()
            .map(Restriction::to_string)
            .collect(),
    })
}

#[derive(Serialize)]
struct Inspected<'a> {
    well_formed: bool,
    prefix: Option<&'a str>,
    fields: &'a [Field],
    faults: Vec<String>,
    restrictions: Vec<String>,
}
