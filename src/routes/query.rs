//! What the query has to say: the one parameter that decides, and the ones that ask for another method.

use crate::target::{Target, TargetError, decode_form};

/// How many parameters may stand beside one that decides. Servers stop reading at some number (1000 in Express,
/// Node and PHP), and what comes after it decides nothing there; clients send two or three.
const MAXIMUM_PARAMETERS: usize = 100;

/// The parameters by which some frameworks let a request ask for another method.
pub(super) const METHOD_OVERRIDES: [&str; 6] = [
    "_method",
    "__method_override__",
    "x_http_method_override",
    "x_http_method",
    "x_method_override",
    "_httpmethod",
];

/// The one value of the parameter that decides; `None` where it is absent.
pub(super) fn deciding_value(target: &Target<'_>, name: &str) -> Result<Option<String>, TargetError> {
    if target.query().unwrap_or_default().split('&').count() > MAXIMUM_PARAMETERS {
        return Err(TargetError::ManyParameters);
    }
    // Some servers split at `;` too: with one in the query there are two readings.
    if target.query().is_some_and(|query| query.contains(';')) {
        return Err(TargetError::AlikeParameter);
    }
    let mut found = None;
    for parameter in target.parameters() {
        let spelled = parameter.name();
        if spelled == name {
            if found.is_some() {
                return Err(TargetError::RepeatedParameter);
            }
            found = Some(parameter.value().into_owned());
        } else if is_read_as_any(&spelled, &[name]) {
            return Err(TargetError::AlikeParameter);
        }
    }
    Ok(found)
}

/// Whether the query asks for another method, as some frameworks let it (`_method`, and its relatives).
pub(super) fn asks_for_another_method(target: &Target<'_>) -> bool {
    target.query().is_some_and(|query| {
        query
            .split(['&', ';'])
            .map(|parameter| parameter.split('=').next().unwrap_or_default())
            .any(|name| is_read_as_any(&decode_form(name), &METHOD_OVERRIDES))
    })
}

/// Whether some server reads the name as one of those, which are of letters, digits and `-._`: with brackets around it
/// gone (`[a]` in qs, `a]` in older Rack), or with the first of them folded (PHP).
pub(crate) fn is_read_as_any(name: &str, wanted: &[&str]) -> bool {
    let bare = name.trim_start_matches(|character: char| {
        character.is_whitespace() || character.is_control() || matches!(character, '[' | ']')
    });
    let is_one = |name: &str| {
        let plain = without_edges(name);
        wanted.iter().any(|wanted| folded(plain).eq(folded(wanted)))
    };
    is_one(name) || (bare.len() != name.len() && is_one(bare))
}

/// A parameter's name without what the loosest server cuts off: surrounding space, and an index in brackets.
fn without_edges(name: &str) -> &str {
    let name = name.trim_matches(|character: char| character.is_whitespace() || character.is_control());
    match name
        .char_indices()
        .skip(1)
        .find(|(_, character)| matches!(character, '[' | ']' | '\0'))
    {
        Some((at, _)) => name.get(..at).unwrap_or(name),
        None => name,
    }
}

/// A name as the loosest server reads it: in one case, punctuation folded to `_` (PHP).
fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars().map(|character| match character {
        '.' | ' ' | '[' | '-' => '_',
        character => character.to_ascii_lowercase(),
    })
}
