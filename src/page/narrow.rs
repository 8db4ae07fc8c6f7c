//! A narrower token out of a given one, for the page.

use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::token::{NarrowError, Unverified, prefix_of};

/// The same token with more restrictions: `{token}`, or `{error}`. `restrictions` are lines such as `areas=git,api`.
/// Nothing of the token is verified.
#[wasm_bindgen]
pub fn narrow(token: &str, restrictions: &str) -> String {
    super::json_or_error(narrowed(token, restrictions))
}

#[derive(Serialize)]
struct Narrowed {
    token: String,
}

fn narrowed(token: &str, restrictions: &str) -> Result<Narrowed, String> {
    let added = super::read_restrictions(restrictions)?;
    let prefix = prefix_of(token).ok_or("a token begins with a prefix and an underscore, such as hub_")?;
    let token = Unverified::parse(token, &prefix).map_err(NarrowError::Token);
    token
        .and_then(|token| token.narrowed(&added))
        .map(|text| Narrowed {
            token: text.as_str().to_owned(),
        })
        .map_err(|error| error.to_string())
}
