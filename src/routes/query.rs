//! The effect of a query: the one parameter that determines a class, and words that make any request stricter.

use crate::request::lenient_name::{case_folded, reads_as, words};
use crate::request::skeleton::{may_mean, may_mean_slot, resembles};
use crate::request::{Target, TargetError, decode_form, decodings};
use crate::text_search;

/// The most parameters in a query with a parameter that determines the class. Servers stop reading at some number (1000 in
/// Express, Node and PHP), and ignore the rest; clients send two or three.
const MAXIMUM_PARAMETERS: usize = 100;

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

/// What servers call a repository or its namespace.
const REPOSITORY_NAMES: [&str; 12] = [
    "namespace",
    "ns",
    "owner",
    "org",
    "organization",
    "user",
    "username",
    "repo",
    "repository",
    "repo_id",
    "repo_name",
    "full_name",
];

/// The parameters by which some servers let a request say in which charset its parameters are, and charsets with which ASCII stays
/// what it is.
const CHARSET_NAMES: [&str; 2] = ["charset", "ie"];

/// The most segments of a path that are searched for the path of another line. Clients send fewer; to compare each with every line
/// takes time.
pub(super) const MAXIMUM_SEGMENTS: usize = 64;

/// The words without one of which no query or path of plain text asks for another method ([`asks_for_another_method`]).
pub(super) fn words_that_ask_for_another_method() -> impl Iterator<Item = &'static str> {
    METHOD_OVERRIDES
        .into_iter()
        .chain(CHANGING_METHODS)
        .chain(CHARSET_NAMES)
}

/// The names without one of which no parameter in plain text names a repository ([`may_name_a_repository`]).
pub(super) fn repository_names() -> impl Iterator<Item = &'static str> {
    REPOSITORY_NAMES.into_iter()
}

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
        } else if may_mean(&spelled, name) {
            return Err(TargetError::AlikeParameter);
        } else if !is_plain_name(&spelled) {
            return Err(TargetError::OddParameter);
        }
    }
    if target
        .queries()
        .skip(usize::from(target.query().is_some()))
        .any(|query| has_name(&query, |said| may_mean(said, name)))
    {
        return Err(TargetError::AlikeParameter);
    }
    Ok(found)
}

/// Whether some server may take a parameter for a slot of the path.
pub(super) fn may_say(target: &Target<'_>, slot: &str) -> bool {
    target
        .queries()
        .any(|query| has_name(&query, |name| may_mean_slot(name, slot)))
}

/// Whether a parameter may say in whose repository the request writes, whatever the path says: some servers merge the parameters of
/// both. A name with a colon may be a command that says where to (Sling's `:applyTo`).
pub(super) fn may_name_a_repository(target: &Target<'_>) -> bool {
    let is_one = |name: &str| name.contains(':') || is_a_repository_s(name);
    target.queries().any(|query| has_name(&query, is_one))
}

/// Whether some server may take this for the name of a parameter that names a repository or its namespace.
pub(super) fn is_a_repository_s(name: &str) -> bool {
    REPOSITORY_NAMES.into_iter().any(|wanted| may_mean(name, wanted))
}

/// Whether the name of some parameter is one of those.
fn has_name(query: &str, is_one: impl Fn(&str) -> bool) -> bool {
    query
        .split(['&', ';'])
        .map(|parameter| parameter.split('=').next().unwrap_or_default())
        .any(|name| is_one(&decode_form(name)))
}

/// Whether every server reads the name alike.
fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !name.is_empty() && name.bytes().all(plain)
}

/// Whether the query asks for another method or a command, as some frameworks allow: with a name that means this (`_method` and
/// similar), with a name that contains a word for method and a value that is one, or with a colon in a name (Zope, Struts, Sling).
/// So does one that says in which charset it is to be read. Some routers take segments of the path for names and values (Zend).
pub(super) fn asks_for_another_method(target: &Target<'_>) -> bool {
    let mut pairs = target.segments().zip(target.segments().skip(1));
    let by_path = pairs.any(|(name, value)| {
        is_a_change(value) && METHOD_OVERRIDES.into_iter().any(|wanted| reads_as(name, wanted))
    });
    by_path || asks_by_query(target)
}

fn asks_by_query(target: &Target<'_>) -> bool {
    target.queries().any(|query| {
        query
            .split(['&', ';'])
            .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
            .any(|(name, value)| {
                let (name, value) = (decode_form(name), decode_form(value));
                name.contains(':')
                    // Each of those names contains a word for method.
                    || (speaks_of_methods(&name)
                        && (METHOD_OVERRIDES.into_iter().any(|wanted| reads_as(&name, wanted))
                            || names_a_change(&value)))
                    || (CHARSET_NAMES.into_iter().any(|wanted| resembles(&name, wanted))
                        && !resembles(&value, "utf8"))
            })
    })
}

/// Whether a name contains a word for method and its value is a method that changes something.
pub(crate) fn asks_for_method(name: &str, value: &str) -> bool {
    speaks_of_methods(name) && names_a_change(value)
}

fn speaks_of_methods(name: &str) -> bool {
    let mut letters = case_folded(name).into_owned();
    letters.retain(|character| character.is_ascii_alphanumeric());
    letters.make_ascii_lowercase();
    METHOD_WORDS
        .into_iter()
        .any(|word| text_search::holds(&letters, word) || resembles(name, word))
}

fn names_a_change(value: &str) -> bool {
    words(value).any(is_a_change)
}

fn is_a_change(word: &str) -> bool {
    CHANGING_METHODS
        .into_iter()
        .any(|method| method.eq_ignore_ascii_case(word))
}

/// Whether a query contains both words, in any spelling and place. A server may then read one as the value of the other.
pub(super) fn holds_words(query: &str, name: &str, value: &str) -> bool {
    decodings(query).any(|text| {
        let text = &case_folded(&text);
        let has = |wanted: &str| words(text).any(|word| may_mean(word, wanted));
        has(value) && has(name)
    })
}

/// Looks for paths in the queries. `is_found` receives the segments of each text that may be one. `None` if there are more
/// segments than are compared.
pub(super) fn find_path(target: &Target<'_>, is_found: &mut dyn FnMut(&[&str])) -> Option<()> {
    for query in target.queries() {
        let separates = |character: char| matches!(character, '/' | '\\');
        for text in decodings(&query) {
            if text.matches(separates).count() > MAXIMUM_SEGMENTS {
                return None;
            }
            for piece in text.split(['&', ';', '=', '?', '#']) {
                let piece = case_folded(piece);
                let segments: Vec<&str> = piece
                    .split(separates)
                    .filter(|segment| !segment.is_empty())
                    .collect();
                if segments.len() > 1 {
                    is_found(&segments);
                }
            }
        }
    }
    Some(())
}

/// Whether the query contains a text that begins like a path, listed or not.
pub(super) fn may_hold_a_path(target: &Target<'_>) -> bool {
    let begins_like_one = |text: &str| {
        let mut pieces = text.split(['&', ';', '=', '?', '#']);
        pieces.any(|piece| piece.trim_start().starts_with(['/', '\\']))
    };
    let mut queries = target.queries();
    queries.any(|query| decodings(&query).any(|text| begins_like_one(&text)))
}
