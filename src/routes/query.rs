//! The effect of a query: the one parameter that determines a class, and words that make any request stricter.

use std::borrow::Cow;

use crate::request::lenient_name::{case_folded, reads_as, reads_as_slot, words};
use crate::request::{Target, TargetError, decode_form};

/// The most parameters in a query with a parameter that determines the class. Servers stop reading at some number (1000 in
/// Express, Node and PHP), and ignore the rest; clients send two or three.
const MAXIMUM_PARAMETERS: usize = 100;

/// How often a query is decoded in search of words that make a request stricter. Some servers decode twice, and each decoding
/// costs a pass over the text.
const MAXIMUM_DECODINGS: usize = 3;

/// The parameters by which frameworks let a request ask for another method.
pub(super) const METHOD_OVERRIDES: [&str; 7] = [
    "_method",
    "__method_override__",
    "x_http_method_override",
    "x_http_method",
    "x_method_override",
    "_httpmethod",
    "x_tunneled_method",
];

/// Words in the names of parameters by which some deployment lets a request ask for another method.
const METHOD_WORDS: [&str; 2] = ["method", "verb"];

/// The methods that change something at servers that know them: HTTP, WebDAV and caches (the IANA method registry).
const CHANGING_METHODS: [&str; 16] = [
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "COPY",
    "LINK",
    "LOCK",
    "MERGE",
    "MKCOL",
    "MOVE",
    "PROPPATCH",
    "PURGE",
    "REBIND",
    "UNBIND",
    "UNLINK",
    "UNLOCK",
];

/// The only value of the parameter that determines the class; `None` if it is absent.
///
/// # Errors
/// If servers may read the query differently. It must be percent-encoded UTF-8, split by `&` only, with names of letters,
/// digits and `-._~`, of which only one can be read as that parameter.
pub(super) fn deciding_value(target: &Target<'_>, name: &str) -> Result<Option<String>, TargetError> {
    if target.query().unwrap_or_default().split('&').count() > MAXIMUM_PARAMETERS {
        return Err(TargetError::ManyParameters);
    }
    // Some servers also split at `;`, so a query that contains one is ambiguous.
    if target.query().is_some_and(|query| query.contains(';')) {
        return Err(TargetError::AlikeParameter);
    }
    let mut found = None;
    for parameter in target.parameters() {
        let (spelled, value) = parameter.decoded()?;
        if spelled == name {
            if found.is_some() {
                return Err(TargetError::RepeatedParameter);
            }
            found = Some(value.into_owned());
        } else if reads_as(&spelled, name) {
            return Err(TargetError::AlikeParameter);
        } else if !is_plain_name(&spelled) {
            return Err(TargetError::OddParameter);
        }
    }
    Ok(found)
}

/// Whether some server may take a parameter for a slot of the path.
pub(super) fn may_say(target: &Target<'_>, slot: &str) -> bool {
    target.query().is_some_and(|query| {
        query
            .split(['&', ';'])
            .map(|parameter| parameter.split('=').next().unwrap_or_default())
            .any(|name| reads_as_slot(&decode_form(name), slot))
    })
}

/// Whether every server reads the name alike.
fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !name.is_empty() && name.bytes().all(plain)
}

/// Whether the query asks for another method, as some frameworks allow: with a name that means this (`_method` and similar), or
/// with a name that contains a word for method and a value that is one.
pub(crate) fn asks_for_another_method(target: &Target<'_>) -> bool {
    target.query().is_some_and(|query| {
        query
            .split(['&', ';'])
            .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
            .any(|(name, value)| {
                let name = decode_form(name);
                METHOD_OVERRIDES.into_iter().any(|wanted| reads_as(&name, wanted))
                    || (speaks_of_methods(&name) && names_a_change(&decode_form(value)))
            })
    })
}

fn speaks_of_methods(name: &str) -> bool {
    let name = case_folded(name).to_ascii_lowercase();
    METHOD_WORDS.into_iter().any(|word| name.contains(word))
}

fn names_a_change(value: &str) -> bool {
    words(value).any(|word| {
        CHANGING_METHODS
            .into_iter()
            .any(|method| method.eq_ignore_ascii_case(word))
    })
}

/// Whether a query contains both words, in any spelling and place. A server may then read one as the value of the other.
pub(super) fn holds_words(query: &str, name: &str, value: &str) -> bool {
    let holds = |text: &str| {
        let text = &case_folded(text);
        let has = |wanted: &str| words(text).any(|word| reads_as(word, wanted));
        has(value) && has(name)
    };
    let mut text = Cow::Borrowed(query);
    for _ in 0..MAXIMUM_DECODINGS {
        if holds(&text) {
            return true;
        }
        let again = decode_form(&text).into_owned();
        if again == text {
            return false;
        }
        text = Cow::Owned(again);
    }
    holds(&text)
}
