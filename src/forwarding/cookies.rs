//! Which pairs of a `Cookie` header are forwarded. Knows nothing of what a cookie is for.

use crate::request::cookie_pairs;
use crate::request::skeleton::may_mean;
use crate::routes::asks_for_method;

/// The prefixes of names that browsers treat in a way of their own (RFC 6265bis, section 4.1.3).
const PREFIXES: [&str; 2] = ["__Host-", "__Secure-"];

/// The pairs to forward; `None` if there are none. A pair is forwarded if it fits the grammar and is not read as one of `dropped`.
pub(super) fn forwarded(header: &str, dropped: &[&str]) -> Option<String> {
    let mut kept = String::with_capacity(header.len());
    for pair in cookie_pairs(header) {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        if is_name(name) && is_value(value) && !may_decide(name, value, dropped) {
            if !kept.is_empty() {
                kept.push_str("; ");
            }
            kept.push_str(pair);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// Whether a server that reads cookies like parameters may read one of `dropped`, or another method, with the prefixes that
/// browsers know or without them.
fn may_decide(name: &str, value: &str, dropped: &[&str]) -> bool {
    let without = |prefix: &str| {
        let (start, rest) = name.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then_some(rest)
    };
    let bare = PREFIXES.into_iter().find_map(without).unwrap_or(name);
    asks_for_method(bare, value)
        || dropped
            .iter()
            .any(|dropped| may_mean(name, dropped) || may_mean(bare, dropped))
}

/// Stricter than a token (RFC 6265 section 4.1.1): servers decode or fold the other characters in ways of their own.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// Cookie octets, optionally in quotes (RFC 6265 section 4.1.1).
fn is_value(value: &str) -> bool {
    let bare = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    bare.bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\'))
}
