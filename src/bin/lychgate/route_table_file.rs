//! A route table from a file, or the included one.

use std::fs;
use std::path::Path;

use lychgate::routes::RouteTable;

use crate::failure::Failure;
use crate::print;

/// Reads the table from the file; without a file, returns the included table. An error shows the line that it is about.
pub(crate) fn read(file: Option<&Path>) -> Result<RouteTable, Failure> {
    let Some(file) = file else {
        return Ok(RouteTable::shipped());
    };
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::Unusable(format!(
            "the route table {} could not be read: {error}",
            file.display()
        ))
    })?;
    RouteTable::parse(&text).map_err(|error| {
        let line = text.lines().nth(error.line.saturating_sub(1)).unwrap_or_default();
        Failure::Unusable(format!(
            "{}: {error}\n  {}",
            file.display(),
            print::visible(line.trim())
        ))
    })
}
