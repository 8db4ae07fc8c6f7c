//! A `Cookie` header, pair by pair. Knows nothing of what a cookie is for.

use crate::request::lenient_name::reads_as;

/// The pairs of a `Cookie` header, of which a request may have several: HTTP/2 splits them (RFC 9113 section 8.2.3), and the
/// platform joins what it gets with `, `. No cookie in the grammar of RFC 6265 holds a comma or a space.
pub(crate) fn pairs(header: &str) -> impl Iterator<Item = &str> {
    header
        .split(';')
        .flat_map(|piece| piece.split(", "))
        .map(|pair| pair.trim_matches([' ', '\t']))
}

/// The pairs that go on; `None` where none does. A pair does where it is in the grammar and is not read as any of `dropped`.
pub(super) fn forwarded(header: &str, dropped: &[&str]) -> Option<String> {
    let mut kept = String::with_capacity(header.len());
    for pair in pairs(header) {
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

/// Less than a token (RFC 6265 section 4.1.1): what else it allows, servers decode or fold in ways of their own.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// Cookie octets, perhaps in quotes (RFC 6265 section 4.1.1).
fn is_value(value: &str) -> bool {
    let bare = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value);
    bare.bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\'))
}
