//! Parameter names as the most lenient server reads them.
//!
//! Servers differ in what they take for the name of a parameter: PHP folds `.`, a space and `[` to `_`, qs and Rack
//! read `service[]` and `[service]` as `service`, parsers in C stop at a NUL, others cut off a leading `?`. A name
//! that some server may read as one that decides is never ignored. Knows nothing of queries or bodies.

use std::borrow::Cow;

/// Whether some server may read `name` as `wanted`, which is of letters, digits and `-._`.
pub(crate) fn reads_as(name: &str, wanted: &str) -> bool {
    let is_edge = |character: char| character.is_whitespace() || character.is_control();
    let is_mark = |character: char| !character.is_alphanumeric() && character != '_';
    // With the marks at its edges, which some fold and others drop.
    [name.trim_matches(is_edge), name.trim_matches(is_mark)]
        .into_iter()
        .chain(words(name))
        .any(|spelling| folded(spelling).eq(folded(wanted)))
}

/// A text as it is when case is ignored (Unicode's full case folding) and width too: `ß` is `ss`, the Kelvin sign `k`, a
/// fullwidth letter that letter.
pub(crate) fn case_folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let narrow = |character: char| match u32::from(character) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(character),
        _ => character,
    };
    let folded = text
        .chars()
        .map(narrow)
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        // What is left of the dot of a Turkish capital I.
        .filter(|character| *character != '\u{307}');
    Cow::Owned(folded.collect())
}

/// The words of a text: its longest pieces of letters, digits, `-` and `_`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_'))
        .filter(|word| !word.is_empty())
}

/// A name in one case, its punctuation folded to `_` as PHP folds it.
fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|character| match character {
        '.' | ' ' | '[' | '-' => '_',
        // What is none of ASCII, and some server's lower or upper case, or Unicode's case folding (CaseFolding.txt), makes
        // ASCII of.
        '\u{17f}' => 's',
        '\u{131}' => 'i',
        '\u{212a}' => 'k',
        character => character.to_ascii_lowercase(),
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
    fn no_case_makes_ascii_of_another_character() {
        for character in ('\u{80}'..=char::MAX)
            .filter(|character| !matches!(character, '\u{17f}' | '\u{131}' | '\u{212a}'))
        {
            // The dotted capital I has a lower case of two, which is no name's.
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
