//! The forms of output: labelled lines for people, JSON lines for programs. Tables are in a module of their own.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Prints one fact on one line, with its label in a column.
pub(crate) fn fact(out: &mut dyn Write, label: &str, value: impl Display) -> Result<(), Failure> {
    Ok(writeln!(out, "{label:<12}  {value}")?)
}

/// Prints one JSON object on one line.
pub(crate) fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from)?;
    Ok(writeln!(out)?)
}

/// The text with everything escaped that could move the cursor or reverse a line: somebody else chose it.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        let moves = character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if moves {
            visible.extend(character.escape_unicode());
        } else {
            visible.push(character);
        }
    }
    visible
}
