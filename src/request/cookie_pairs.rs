//! A `Cookie` header, pair by pair. Knows nothing of what a cookie is for.

/// The pairs of a `Cookie` header, of which a request may have several: HTTP/2 splits them (RFC 9113 section 8.2.3), and the
/// platform joins what it gets with `, `. No cookie in the grammar of RFC 6265 holds a comma or a space.
pub(crate) fn cookie_pairs(header: &str) -> impl Iterator<Item = &str> {
    header
        .split(';')
        .flat_map(|piece| piece.split(", "))
        .map(|pair| pair.trim_matches([' ', '\t']))
}
