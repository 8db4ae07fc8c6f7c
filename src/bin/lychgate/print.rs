//! The two forms of output: labelled lines for people, JSON lines for programs.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Prints one fact on a line of its own, its label in a column.
pub(crate) fn fact(out: &mut dyn Write, label: &str, value: impl Display) -> Result<(), Failure> {
    Ok(writeln!(out, "{label:<12}  {value}")?)
}

/// Prints one JSON object on a line of its own.
pub(crate) fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}
