//! A line of a table about fields: `header Name,Name-*`. Knows nothing of paths.

use super::table_error::LineFault;
use crate::request::FieldPattern;

/// The first word of such a line.
const WORD: &str = "header";

/// The words after the first, if it is a line about fields.
pub(super) fn names<'words, 'text>(words: &'words [&'text str]) -> Option<&'words [&'text str]> {
    match words {
        [WORD, names @ ..] => Some(names),
        _ => None,
    }
}

/// Parses the names.
pub(super) fn parse(names: &[&str]) -> Result<Vec<FieldPattern>, LineFault> {
    let [names] = names else {
        return Err(LineFault::HeaderWords);
    };
    names
        .split(',')
        .map(|name| name.parse().map_err(LineFault::Header))
        .collect()
}
