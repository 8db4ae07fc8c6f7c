//! What the query says: the one parameter that decides, and the words in it that make any request stricter.

use std::borrow::Cow;

use crate::request::lenient_name::{case_folded, reads_as, words};
use crate::request::{Target, TargetError, decode_form};

/// How many parameters may stand beside one that decides. Servers stop interpretation at some number (1000 in Express,
/// Node and PHP), and what comes after it decides nothing there; clients send two or three.
const MAXIMUM_PARAMETERS: usize = 100;

/// How often a query is decoded in search of words that make a request stricter: some servers decode what they have
/// decoded, and each time costs a pass over the text.
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

/// What the name of a parameter holds by which some deployment lets a request ask for another method.
const METHOD_WORDS: [&str; 2] = ["method", "verb"];

/// The methods that change something where a server knows them: HTTP, WebDAV and caches (the IANA method registry).
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

/// The one value of the parameter that decides; `None` where it is absent.
///
/// # Errors
/// Where the query is not beyond doubt: all of it must be percent-encoded UTF-8, parted by `&` alone, in names of
/// letters, digits and `-._~`, of which none but the one reads as that parameter anywhere.
pub(super) fn deciding_value(target: &Target<'_>, name: &str) -> Result<Option<String>, TargetError> {
    if target.query().unwrap_or_default().split('&').count() > MAXIMUM_PARAMETERS {
        return Err(TargetError::ManyParameters);
    }
    // Some servers split at `;` too: with one in the query there are two interpretations.
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

/// A name that every server reads alike.
fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !name.is_empty() && name.bytes().all(plain)
}

/// Whether the query asks for another method, as some frameworks let it: by a name that says so (`_method`, and its
/// relatives), or by one that speaks of methods and a value that is one.
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

/// Whether a query holds both words, in whichever spelling and place: a server may then read the one as the other's
/// value.
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
