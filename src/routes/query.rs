//! What the query has to say: the one parameter that decides, and the ones that ask for another method.

use crate::target::{Target, TargetError, decode_form};

/// The one value of the parameter that decides; `None` where it is absent.
pub(super) fn deciding_value(target: &Target<'_>, name: &str) -> Result<Option<String>, TargetError> {
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
        } else if plain_name(&spelled) == plain_name(name) {
            return Err(TargetError::AlikeParameter);
        }
    }
    Ok(found)
}

/// Whether the query asks for another method, as some frameworks let it (`_method`, and its relatives).
pub(super) fn asks_for_another_method(target: &Target<'_>) -> bool {
    const OVERRIDES: [&str; 5] = [
        "_method",
        "x_http_method_override",
        "x_http_method",
        "x_method_override",
        "_httpmethod",
    ];
    target.query().is_some_and(|query| {
        query
            .split(['&', ';'])
            .map(|parameter| parameter.split('=').next().unwrap_or_default())
            .map(|name| plain_name(&decode_form(name)))
            .any(|name| OVERRIDES.contains(&name.as_str()))
    })
}

/// A parameter's name as the loosest server reads it: case and surrounding space ignored, punctuation folded to
/// `_` (PHP), an index in brackets cut off.
fn plain_name(name: &str) -> String {
    let name = name.trim_matches(|character: char| character.is_whitespace() || character.is_control());
    let indexed = name.get(1..).and_then(|rest| rest.find(['[', '\0']));
    let name = match indexed {
        Some(at) => name.get(..=at).unwrap_or(name),
        None => name,
    };
    name.chars()
        .map(|character| match character {
            '.' | ' ' | '[' | '-' => '_',
            character => character.to_ascii_lowercase(),
        })
        .collect()
}
