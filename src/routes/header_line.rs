//! A table's line about fields: `header Name,Name-*`. Knows nothing of paths.

use super::table_error::LineFault;
use crate::request::FieldPattern;

/// The word with which such a line begins.
const WORD: &str = "header";

/// What follows the word, where the line begins with it.
pub(super) fn names<'words, 'text>(words: &'words [&'text str]) -> Option<&'words [&'text str]> {
    match words {
        [WORD, names @ ..] => Some(names),
        _ => None,
    }
}

/// Reads the names.
pub(super) fn parse(names: &[&str]) -> Result<Vec<FieldPattern>, LineFault> {
    let [names] = names else {
        return Err(LineFault::HeaderWords);
    };
    names
        .split(',')
        .map(|name| name.parse().map_err(LineFault::Header))
        .collect()
}
