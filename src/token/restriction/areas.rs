//! The areas of the route table to which a token is limited.

use super::is_list;
use crate::routes::is_word;

/// Words with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Areas(Box<str>);

impl Areas {
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_list(text, ',', is_word).then(|| Self(text.into()))
    }

    /// The words as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether one of these areas is among them.
    pub(crate) fn hold_one_of<'a>(&self, mut areas: impl Iterator<Item = &'a str>) -> bool {
        areas.any(|area| self.0.split(',').any(|word| word == area))
    }
}
