//! Whether a server may take one spelling for another: the letters and digits count, and nothing else does.
//!
//! Frameworks drop or exchange what stands between words (`xet_write_token`, `xetWriteToken`), normalize text (Unicode Standard Annex #15,
//! NFKC), or compare it by a collation that ignores accents and invisible characters.

use super::lenient_name::{case_folded, reads_as, words};

/// How many letters a character outside ASCII may stand for: none if it is invisible or a mark, several if it is a ligature.
const MOST_LETTERS: u32 = 3;

/// Whether some server may take `text` for `word`, which consists of ASCII characters. A word without letters and digits, or
/// with more than 127 of them, has no other spelling.
pub(crate) fn resembles(text: &str, word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphanumeric);
    // Bit n of each mask tells whether the text may stand for the first n letters.
    let Some(complete) = u32::try_from(letters.clone().count())
        .ok()
        .filter(|count| *count > 0)
        .and_then(|count| 1_u128.checked_shl(count))
    else {
        return text == word;
    };
    let mut reached = 1_u128;
    for character in case_folded(text).chars() {
        if !character.is_ascii() {
            for _ in 0..MOST_LETTERS {
                reached |= reached << 1;
            }
            continue;
        }
        if !character.is_ascii_alphanumeric() {
            continue;
        }
        let mut next = 0;
        let mut position = 1_u128;
        for letter in letters.clone() {
            if reached & position != 0 && char::from(letter).eq_ignore_ascii_case(&character) {
                next |= position << 1;
            }
            position <<= 1;
        }
        reached = next;
        if reached == 0 {
            return false;
        }
    }
    reached & complete != 0
}

/// What hubs call the revision that a path names.
const REVISION_NAMES: [&str; 4] = ["rev", "revision", "ref", "branch"];

/// Whether some server may take `name` for a parameter that is called `wanted`.
pub(crate) fn may_mean(name: &str, wanted: &str) -> bool {
    // Most names are plain, and plain names are alike by their letters or not at all.
    if is_plain(name) && has_letters(wanted) {
        return letters(name).eq(letters(wanted));
    }
    reads_as(name, wanted) || resembles(name, wanted)
}

/// Whether some server may take `name` for a parameter or a slot of the path that is called `wanted`: some frameworks let query
/// and body say what the path says.
pub(crate) fn may_mean_slot(name: &str, wanted: &str) -> bool {
    let is_revision = REVISION_NAMES.contains(&wanted);
    may_mean(name, wanted) || (is_revision && REVISION_NAMES.into_iter().any(|alike| may_mean(name, alike)))
}

/// Whether some server may take a segment for this word: in another spelling, or with an extension, a marker or any other
/// characters beside it, except letters, digits, `-` and `_`.
pub(crate) fn holds_word(segment: &str, word: &str) -> bool {
    if segment.is_ascii() && has_letters(word) {
        return pieces(segment).any(|piece| letters(piece).eq(letters(word)));
    }
    pieces(segment).any(|piece| resembles(piece, word))
        || words(segment).any(|piece| word.eq_ignore_ascii_case(piece))
}

/// A segment, and what stands in it between characters other than letters, digits, `-` and `_`.
pub(crate) fn pieces(segment: &str) -> impl Iterator<Item = &str> {
    let separates = |character: char| {
        character.is_ascii() && !character.is_ascii_alphanumeric() && !matches!(character, '-' | '_')
    };
    let parts = segment
        .split(separates)
        .filter(|piece| piece.len() < segment.len());
    std::iter::once(segment).chain(parts)
}

/// Whether a text consists of ASCII letters, digits, `-` and `_`.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether [`resembles`] compares a word by its letters: there are some, but not too many for a mask.
fn has_letters(word: &str) -> bool {
    (1..u128::BITS).contains(&letters(word).map(|_| 1).sum())
}

/// The ASCII letters, in lower case, and the digits.
pub(crate) fn letters(text: &str) -> impl Iterator<Item = u8> {
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{may_mean, resembles};
    use crate::request::lenient_name::reads_as;

    #[test]
    fn spellings_of_a_word_resemble_it() {
        for text in [
            "xet-write-token",
            "xet_write_token",
            "xet.write+token",
            "xetWriteToken",
            "XETWRITETOKEN",
            "-xet--write-token-",
            "xet write\ttoken",
            "xet\u{200b}-write-tok\u{ad}en",
            "\u{feff}xet-write-token",
            "xet\u{2011}write\u{2011}token",
            "xet-write-tok\u{301}en",
            "xet-write-t\u{f6}ken",
            "\u{1d569}et-write-token",
            "\u{ff58}et-write-token",
            "xet-write-to\u{212a}en",
        ] {
            assert!(resembles(text, "xet-write-token"), "{text:?}");
        }
        assert!(resembles("\u{fb01}les", "files"));
        assert!(resembles("create\u{ff3f}pr", "create_pr"));
        assert!(resembles("createPr", "create_pr"));
    }

    #[test]
    fn other_words_do_not() {
        for text in [
            "",
            "-",
            "xet",
            "xet-write-tokens",
            "xet-read-token",
            "\u{4e2d}\u{6587}",
            "xet-write-token.json",
        ] {
            assert!(!resembles(text, "xet-write-token"), "{text:?}");
        }
        assert!(resembles("..", "..") && !resembles("a", ".."));
        let long = "a".repeat(200);
        assert!(resembles(&long, &long) && !resembles(&long.to_uppercase(), &long));
    }

    #[test]
    fn a_mask_holds_the_longest_word() {
        let word = "ab".repeat(63) + "c";
        assert!(resembles(&word.replace('c', "-C"), &word));
        assert!(!resembles(&word.replace('c', "d"), &word));
        assert!(resembles(&"\u{e9}".repeat(43), &word));
    }

    pub(crate) const WORDS: [&str; 8] = [
        "refs",
        "xet-write-token",
        "create_pr",
        "-",
        "..",
        "v2",
        ".well-known",
        "_http.method",
    ];

    pub(crate) const TEXTS: [&str; 27] = [
        "",
        "-",
        "--",
        ".",
        "..",
        "refs",
        "REFS",
        "r-efs",
        "refs.json",
        "x.refs",
        "ref.s",
        "refs;x",
        "xetWriteToken",
        "xet-write-token~",
        "xet.write.token",
        "v2",
        "v.2",
        "well-known",
        ".Well-Known",
        "cr\u{e9}ate-pr",
        "\u{ff52}efs",
        "\u{e9};refs",
        "http,method",
        "_HTTP_METHOD",
        "main",
        "refs/pr/1",
        "a b",
    ];

    #[test]
    fn a_plain_name_means_what_it_does_by_both_rules() {
        for name in TEXTS {
            for wanted in WORDS {
                assert_eq!(
                    may_mean(name, wanted),
                    reads_as(name, wanted) || resembles(name, wanted),
                    "{name:?} {wanted:?}"
                );
            }
        }
    }
}
