//! Short words in short texts. The search of Rust's library prepares tables for every word, which takes longer than such a text, and
//! adds 3 KiB of code to a module.

use std::iter;

/// Where a word begins in a text for the first time, in bytes.
pub(crate) fn position(text: &str, word: &str) -> Option<usize> {
    text.as_bytes()
        .windows(word.len().max(1))
        .position(|window| window == word.as_bytes())
}

/// Whether a text contains a word.
pub(crate) fn holds(text: &str, word: &str) -> bool {
    position(text, word).is_some()
}

/// The parts of a text between the places where it contains a word.
pub(crate) fn split<'a>(text: &'a str, word: &str) -> impl Iterator<Item = &'a str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let whole = rest?;
        let Some(at) = position(whole, word) else {
            return rest.take();
        };
        let (part, behind) = whole.split_at_checked(at)?;
        rest = behind.get(word.len()..);
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{holds, position, split};

    proptest! {
        #[test]
        fn finds_what_the_library_finds(text in "[ab,é]{0,9}", word in "[ab,é]{1,3}") {
            prop_assert_eq!(position(&text, &word), text.find(&word));
            prop_assert_eq!(holds(&text, &word), text.contains(&word));
            prop_assert!(split(&text, &word).eq(text.split(&word)));
        }
    }
}
