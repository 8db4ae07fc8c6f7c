//! The core for the page: functions that take values and return JSON text, without state. Knows nothing of how the page
//! shows them.

mod demo;
mod inspect;
mod narrow;
mod reason;

use serde::Serialize;

use crate::token::{Restriction, RestrictionError, Restrictions};

pub use demo::{mint_demo, try_demo};
pub use inspect::inspect;
pub use narrow::narrow;
pub use reason::reason;

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The value as JSON, or `{error}`.
fn json_or_error(result: Result<impl Serialize, String>) -> String {
    #[derive(Serialize)]
    struct Failure {
        error: String,
    }
    match result {
        Ok(value) => json(&value),
        Err(error) => json(&Failure { error }),
    }
}

/// Reads restrictions from lines of text such as `areas=git,api`. Empty lines do not count.
fn read_restrictions(lines: &str) -> Result<Restrictions, String> {
    lines
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::parse)
        .collect::<Result<Vec<Restriction>, RestrictionError>>()
        .and_then(Restrictions::new)
        .map_err(|error| error.to_string())
}
