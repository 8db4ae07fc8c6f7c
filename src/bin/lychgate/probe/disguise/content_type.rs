//! Spellings of a `Content-Type` in which only some parsers find this type and charset. Pure.

/// Types with which frameworks read a query or a body.
pub(super) const MEDIA_TYPES: [&str; 3] = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json",
];

/// The type with the charset, in every known spelling.
pub(super) fn spellings(media_type: &str, charset: &str) -> Vec<String> {
    let upper = charset.to_ascii_uppercase();
    let scored = charset.replace('-', "_");
    let joined = charset.replace('-', "");
    let extended = format!("{media_type}; charset*=us-ascii''{charset}");
    vec![
        format!("{media_type}; charset={charset}"),
        format!("{media_type};charset={charset}"),
        format!("{media_type}; (x) charset={charset}"),
        format!("{media_type} (x); charset={charset}"),
        format!("{media_type}; charset=(x){charset}"),
        format!("{media_type}; charset={charset} (x)"),
        format!("{media_type}; charset=\"{charset}\""),
        format!("{media_type}; charset='{charset}'"),
        format!("{media_type}; charset=\"\\{charset}\""),
        format!("{media_type}; charset=utf-8; charset={charset}"),
        format!("{media_type}; charset={charset}; charset=utf-8"),
        format!("{media_type}; charset=utf-8;charset={charset}"),
        format!("{media_type}; x=\"; charset=utf-8\"; charset={charset}"),
        format!("{media_type}; x=\"y; charset={charset}\""),
        format!("{media_type}; x=\"\\\"; charset={charset}; y=\""),
        extended,
        format!("{media_type}; charset*0={charset}"),
        format!("{media_type}; charset = {charset}"),
        format!("{media_type} ;\tcharset\t=\t{charset}"),
        format!("{media_type};; charset={charset}"),
        format!("{media_type}, charset={charset}"),
        format!("{media_type}, text/plain; charset={charset}"),
        format!("{media_type} charset={charset}"),
        format!("{media_type}; Charset={charset}"),
        format!("{media_type}; CHARSET={upper}"),
        format!("{media_type}; charset={scored}"),
        format!("{media_type}; charset={joined}"),
        format!("{media_type}; charset={charset}; boundary=x"),
        format!("{media_type}; boundary=x; charset={charset}"),
        format!("{media_type}; charset={charset},"),
        format!("{media_type}; charset:{charset}"),
        format!("{media_type}; encoding={charset}"),
        format!("{};charset={charset}", media_type.to_ascii_uppercase()),
        format!(" {media_type} ; charset={charset} ;"),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_spelling_names_the_type_and_none_comes_twice() {
        let made = super::spellings("application/json", "utf-7");
        assert!(
            made.iter()
                .all(|text| text.to_ascii_lowercase().contains("application/json"))
        );
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), made.len());
    }
}
