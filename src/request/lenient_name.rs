//! Parameter names, as the most lenient server reads them.
//!
//! Servers differ in what they read as the name of a parameter: PHP folds `.`, a space and `[` to `_`, qs and Rack read
//! `service[]` and `[service]` as `service`, parsers in C stop at a NUL, others cut off a leading `?`. If some server may read a
//! name as a parameter that determines the class, the gate never ignores it. Knows nothing of queries or bodies.

use std::borrow::Cow;

/// Whether some server may read `name` as `wanted`, which consists of ASCII letters, digits and `-._`.
pub(crate) fn reads_as(name: &str, wanted: &str) -> bool {
    let is_edge = |character: char| character.is_whitespace() || character.is_control();
    let is_mark = |character: char| {
        character != '_' && !ascii_case(character).is_some_and(|c| c.is_ascii_alphanumeric())
    };
    // With the marks at its edges, which some servers fold and others drop.
    [name.trim_matches(is_edge), name.trim_matches(is_mark)]
        .into_iter()
        .chain(words(name))
        .any(|spelling| folded(spelling).eq(folded(wanted)))
}

/// The ASCII character into which some server's change of case, or Unicode's simple case folding (CaseFolding.txt), turns this
/// character.
const fn ascii_case(character: char) -> Option<char> {
    match character {
        '\u{17f}' => Some('s'),
        '\u{131}' => Some('i'),
        '\u{212a}' => Some('k'),
        character if character.is_ascii() => Some(character.to_ascii_lowercase()),
        _ => None,
    }
}

/// A text with all characters replaced that a server may treat as ASCII letters because it ignores case (Unicode's full case
/// folding) or width: `ß` becomes `ss`, the Kelvin sign `k`, a fullwidth letter that letter. Other characters stay as they are:
/// the words that a table looks for are ASCII, and the case tables of the standard library would take 13 KB of the gate.
pub(crate) fn case_folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{df}' | '\u{1e9e}' => folded.push_str("ss"),
            '\u{149}' => folded.push_str("\u{2bc}n"),
            '\u{1f0}' => folded.push_str("j\u{30c}"),
            '\u{1e96}' => folded.push_str("h\u{331}"),
            '\u{1e97}' => folded.push_str("t\u{308}"),
            '\u{1e98}' => folded.push_str("w\u{30a}"),
            '\u{1e99}' => folded.push_str("y\u{30a}"),
            '\u{1e9a}' => folded.push_str("a\u{2be}"),
            '\u{fb00}' => folded.push_str("ff"),
            '\u{fb01}' => folded.push_str("fi"),
            '\u{fb02}' => folded.push_str("fl"),
            '\u{fb03}' => folded.push_str("ffi"),
            '\u{fb04}' => folded.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => folded.push_str("st"),
            '\u{130}' => folded.push('i'),
            // The combining dot that remains of a Turkish capital I in lower case.
            '\u{307}' => {}
            wide @ '\u{ff01}'..='\u{ff5e}' => {
                folded.extend(
                    char::from_u32(u32::from(wide) - 0xfee0).map(|narrow| narrow.to_ascii_lowercase()),
                );
            }
            character => folded.push(ascii_case(character).unwrap_or(character)),
        }
    }
    Cow::Owned(folded)
}

/// The words of a text: its longest runs of letters, digits, `-` and `_`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_'))
        .filter(|word| !word.is_empty())
}

/// A name in one case, with its punctuation folded to `_` as in PHP.
fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|character| match character {
        '.' | ' ' | '[' | '-' => '_',
        character => ascii_case(character).unwrap_or(character),
    })
}

#[cfg(test)]
mod tests {
    use super::{case_folded, reads_as};

    #[test]
    fn letters_that_fold_to_ascii_are_ascii() {
        for (text, folded) in [
            ("to\u{212a}en", "token"),
            ("re\u{17f}et", "reset"),
            ("li\u{fb06}", "list"),
            ("acce\u{df}", "access"),
            ("acce\u{1e9e}", "access"),
            ("F\u{130}le", "file"),
            ("f\u{131}le", "file"),
            ("\u{fb01}le", "file"),
            ("\u{ff34}oken", "token"),
            ("\u{e9}", "\u{e9}"),
        ] {
            assert_eq!(case_folded(text), folded);
        }
    }

    #[test]
    fn every_character_is_folded_as_the_standard_library_folds_it() {
        for character in ('\u{80}'..=char::MAX).filter(|character| *character != '\u{307}') {
            let narrow = match u32::from(character) {
                wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap(),
                _ => character,
            };
            let full: String = narrow
                .to_lowercase()
                .flat_map(char::to_uppercase)
                .flat_map(char::to_lowercase)
                .filter(|folded| *folded != '\u{307}')
                .collect();
            let expected = if full.contains(|folded: char| folded.is_ascii()) {
                full
            } else {
                character.to_string()
            };
            assert_eq!(case_folded(&character.to_string()), expected, "{character:?}");
        }
    }

    #[test]
    fn no_case_makes_ascii_of_another_character() {
        for character in ('\u{80}'..=char::MAX)
            .filter(|character| !matches!(character, '\u{17f}' | '\u{131}' | '\u{212a}'))
        {
            // The lower case of the dotted capital I has two characters and occurs in no name.
            assert!(
                !character.to_lowercase().all(|lower| lower.is_ascii()),
                "{character:?}"
            );
        }
    }

    #[test]
    fn a_name_is_read_as_lenient_servers_do() {
        for name in [
            "service",
            "SERVICE",
            "?service",
            "??service",
            " service ",
            "\u{a0}service",
            "\u{feff}service",
            "service[]",
            "service[0]",
            "[service]",
            "service]",
            "x[service]",
            "service\0x",
            "service.x",
            "x.service",
            "&service",
            "service;x",
            "\u{17f}ervice",
            "amp;service",
        ] {
            assert!(reads_as(name, "service"), "{name:?}");
        }
        for name in [
            "create.pr",
            "create pr",
            "create[pr",
            "Create-PR",
            "[create_pr]",
            "\u{e9}create_pr",
            "create_pr\0",
        ] {
            assert!(reads_as(name, "create_pr"), "{name:?}");
        }
        for name in [
            "",
            "x",
            "services",
            "serv",
            "service_",
            "my_service",
            "webservice",
            "s.ervice",
        ] {
            assert!(!reads_as(name, "service"), "{name:?}");
        }
    }
}
