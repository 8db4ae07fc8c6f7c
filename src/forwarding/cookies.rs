//! Which pairs of a `Cookie` header are forwarded. Knows nothing of what a cookie is for.

use crate::request::cookie_pairs;
use crate::request::lenient_name::reads_as;

/// The pairs to forward; `None` if there are none. A pair is forwarded if it fits the grammar and is not read as one of `dropped`.
pub(super) fn forwarded(header: &str, dropped: &[&str]) -> Option<String> {
    let mut kept = String::with_capacity(header.len());
    for pair in cookie_pairs(header) {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        if is_name(name) && is_value(value) && !dropped.iter().any(|dropped| reads_as(name, dropped)) {
            if !kept.is_empty() {
                kept.push_str("; ");
            }
            kept.push_str(pair);
        }
    }
    (!kept.is_empty()).then_some(kept)
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
