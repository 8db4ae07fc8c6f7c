//! Mistakes in sending a token, recognized by the text that was sent instead. The text is examined only after it is refused, and no
//! part of it is kept.

use std::fmt;

use super::Prefix;

/// What was sent in place of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenSlip {
    /// Nothing, or only spaces.
    Empty,
    /// What appears if a variable has no value: `undefined`, `$TOKEN`, `<token>`.
    Placeholder,
    /// A token of another service.
    OtherService,
    /// A token in quotes or brackets.
    Quoted,
    /// A token with a space or a line end before or after it.
    Blank,
    /// A token with something else before it.
    Preceded,
}

/// What programs and people write if a value is missing.
const PLACEHOLDERS: [&str; 12] = [
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "true",
    "false",
    "token",
    "your_token",
    "your-token",
    "changeme",
    "dummy",
];

/// The prefixes of other services' tokens.
const OTHER_SERVICES: [&str; 18] = [
    "hf_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "npm_",
    "pypi-",
    "dckr_pat_",
    "sk-",
    "r8_",
    "nvapi-",
    "xox",
    "AKIA",
    "eyJ",
];

/// Line ends that were escaped once too often.
const ESCAPED_ENDS: [&str; 4] = ["\\n", "\\r", "%0a", "%0d"];

impl TokenSlip {
    /// The mistake behind a text that is not a token of this prefix, if it can be recognized.
    pub fn of(text: &str, prefix: &Prefix) -> Option<Self> {
        let (prefix, bytes) = (prefix.as_str().as_bytes(), text.as_bytes());
        let trimmed = bytes.trim_ascii();
        let (Some(first), Some(last)) = (trimmed.first(), trimmed.last()) else {
            return Some(Self::Empty);
        };
        let token_at = bytes
            .windows(prefix.len().saturating_add(1))
            .position(|window| window.strip_prefix(prefix) == Some(b"_"));
        let Some(token_at) = token_at else {
            let bare = match trimmed {
                [quote, inner @ .., _] if is_quote(*quote) => inner,
                _ => trimmed,
            };
            let is_placeholder = matches!(first, b'$' | b'<' | b'{' | b'%' | b'[')
                || PLACEHOLDERS
                    .iter()
                    .any(|word| bare.eq_ignore_ascii_case(word.as_bytes()));
            return if is_placeholder {
                Some(Self::Placeholder)
            } else {
                OTHER_SERVICES
                    .iter()
                    .any(|start| bare.starts_with(start.as_bytes()))
                    .then_some(Self::OtherService)
            };
        };
        if is_quote(*first) || is_quote(*last) {
            return Some(Self::Quoted);
        }
        let has_escaped_end = ESCAPED_ENDS.iter().any(|end| {
            let from = trimmed.len().saturating_sub(end.len());
            trimmed
                .get(from..)
                .is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
        });
        if trimmed.len() < bytes.len() || has_escaped_end {
            Some(Self::Blank)
        } else {
            (token_at > 0).then_some(Self::Preceded)
        }
    }

    /// What to tell the sender.
    pub(crate) fn hint(self, prefix: &Prefix) -> SlipHint<'_> {
        SlipHint { slip: self, prefix }
    }
}

/// Whether it is a quote or a bracket, or a byte of a character outside ASCII, such as a typographic quote.
fn is_quote(byte: u8) -> bool {
    !byte.is_ascii()
        || matches!(
            byte,
            b'"' | b'\'' | b'`' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'{' | b'}'
        )
}

/// A slip in words.
pub(crate) struct SlipHint<'a> {
    slip: TokenSlip,
    prefix: &'a Prefix,
}

impl fmt::Display for SlipHint<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.prefix.as_str();
        formatter.write_str(match self.slip {
            TokenSlip::Empty => "The access token is empty: is the variable set?",
            TokenSlip::Placeholder => {
                "What was sent is a placeholder, such as undefined or null, and no access token: is the variable \
                 set?"
            }
            TokenSlip::OtherService => {
                "This is a token of another service. Create one here, and if that one was sent here by mistake, revoke \
                 it there."
            }
            TokenSlip::Quoted => "There are quotes or brackets around the access token. Send it without them.",
            TokenSlip::Blank => {
                "There is a space or a line end before or after the access token. Send it without."
            }
            TokenSlip::Preceded => "There is something before the access token. Send the token alone.",
        })?;
        write!(formatter, " Tokens here begin with {prefix}_.")
    }
}

#[cfg(test)]
mod tests {
    use super::TokenSlip;
    use crate::token::Prefix;

    #[test]
    fn tells_what_was_sent_in_the_place_of_a_token() {
        let prefix: Prefix = "hub".parse().unwrap();
        for (text, expected) in [
            ("", Some(TokenSlip::Empty)),
            (" \r\n", Some(TokenSlip::Empty)),
            ("undefined", Some(TokenSlip::Placeholder)),
            ("null", Some(TokenSlip::Placeholder)),
            ("None", Some(TokenSlip::Placeholder)),
            ("'null'", Some(TokenSlip::Placeholder)),
            ("[object Object]", Some(TokenSlip::Placeholder)),
            ("$HF_TOKEN", Some(TokenSlip::Placeholder)),
            ("${HF_TOKEN}", Some(TokenSlip::Placeholder)),
            ("%HF_TOKEN%", Some(TokenSlip::Placeholder)),
            ("{{ token }}", Some(TokenSlip::Placeholder)),
            ("<token>", Some(TokenSlip::Placeholder)),
            ("hf_abc", Some(TokenSlip::OtherService)),
            ("ghp_abc", Some(TokenSlip::OtherService)),
            ("\"glpat-abc\"", Some(TokenSlip::OtherService)),
            ("\"hub_abc\"", Some(TokenSlip::Quoted)),
            ("'hub_abc'", Some(TokenSlip::Quoted)),
            ("<hub_abc>", Some(TokenSlip::Quoted)),
            ("hub_abc\"", Some(TokenSlip::Quoted)),
            ("\u{201c}hub_abc\u{201d}", Some(TokenSlip::Quoted)),
            ("hub_abc\n", Some(TokenSlip::Blank)),
            ("hub_abc\r\n", Some(TokenSlip::Blank)),
            (" hub_abc", Some(TokenSlip::Blank)),
            ("hub_abc\\n", Some(TokenSlip::Blank)),
            ("hub_abc%0A", Some(TokenSlip::Blank)),
            ("Bearer hub_abc", Some(TokenSlip::Preceded)),
            ("HF_TOKEN=hub_abc", Some(TokenSlip::Preceded)),
            ("hub_abc", None),
            ("correct horse battery staple", None),
            ("hubs_abc", None),
            ("HUB_abc", None),
            ("hub", None),
        ] {
            assert_eq!(TokenSlip::of(text, &prefix), expected, "{text:?}");
        }
    }
}
