//! A `Cookie` header, pair by pair. Knows nothing of what a cookie is for.

use crate::text_search;

/// The pairs of a `Cookie` header, as any server may read them: for what is to be taken out, not for what is to be believed. A
/// request may have several of these headers: HTTP/2 splits them (RFC 9113 section 8.2.3), and
/// the platform joins them with `, `. No cookie in the grammar of RFC 6265 contains a comma or a space.
pub(crate) fn cookie_pairs(header: &str) -> impl Iterator<Item = &str> {
    header
        .split(';')
        .flat_map(|piece| text_search::split(piece, ", "))
        .map(|pair| pair.trim_matches([' ', '\t']))
}
