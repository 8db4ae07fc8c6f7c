//! A parameter's name and value, in the spellings that lenient servers read as the same. Pure.

use super::encoding::encoded;
use super::path::camel_case;

/// What a server may ignore before a name.
const BEFORE: [(&str, &str); 13] = [
    ("parameter after a question mark", "?"),
    ("parameter after a question mark", "%3F"),
    ("parameter after a space", "+"),
    ("parameter after a space", "%20"),
    ("parameter after a space", "%09"),
    ("parameter after a space", "%0A"),
    ("parameter after a NUL", "%00"),
    ("parameter after a byte order mark", "%EF%BB%BF"),
    ("parameter after a zero-width space", "%E2%80%8B"),
    ("parameter after an encoded &", "%26"),
    ("parameter after an ampersand's entity", "amp;"),
    ("parameter after a dot", "."),
    ("parameter after a bracket", "["),
];

/// What a server may ignore behind a name.
const AFTER: [(&str, &str); 22] = [
    ("parameter before a space", "+"),
    ("parameter before a space", "%20"),
    ("parameter before a space", "%09"),
    ("parameter before a space", "%0D%0A"),
    ("parameter with a NUL", "%00"),
    ("parameter with a NUL", "%00x"),
    ("parameter with a NUL", "%00[]"),
    ("parameter with brackets", "[]"),
    ("parameter with brackets", "%5B%5D"),
    ("parameter with brackets", "[][]"),
    ("parameter with an index", "[0]"),
    ("parameter with an index", "[x]"),
    ("parameter with an open bracket", "["),
    ("parameter with an open bracket", "[x"),
    ("parameter with a closing bracket", "]"),
    ("parameter with a dot", ".x"),
    ("parameter with a dot", "."),
    ("parameter with a dot", ".0"),
    ("parameter with a colon", ":x"),
    ("parameter with a language", "*"),
    ("parameter before an encoded equals sign", "%3D"),
    ("parameter with a second equals sign", "="),
];

/// Characters that a server may turn into an underscore (PHP does so with the first four).
const UNDERSCORES: [&str; 6] = [".", "+", "%20", "[", "-", "%5F"];

/// Separators of parameters at some server.
const SEPARATORS: [(&str, &str); 6] = [
    ("repeated parameter, semicolon", ";"),
    ("repeated parameter, comma", ","),
    ("repeated parameter, pipe", "|"),
    ("repeated parameter, encoded &", "%26"),
    ("repeated parameter, entity", "&amp;"),
    ("repeated parameter, question mark", "?"),
];

/// Other spellings of the name, each of which some server reads as the name.
pub(super) fn names(name: &str) -> Vec<(&'static str, String)> {
    let mut names: Vec<(&'static str, String)> = BEFORE
        .iter()
        .map(|(kind, before)| (*kind, format!("{before}{name}")))
        .chain(
            AFTER
                .iter()
                .map(|(kind, after)| (*kind, format!("{name}{after}"))),
        )
        .collect();
    names.push(("parameter in brackets", format!("[{name}]")));
    names.push(("parameter in upper case", name.to_ascii_uppercase()));
    let length = name.chars().next().map_or(0, char::len_utf8);
    if let Some((first, rest)) = name.split_at_checked(length) {
        let one: String = first.chars().map(encoded).collect();
        names.push((
            "parameter in upper case",
            format!("{}{rest}", first.to_ascii_uppercase()),
        ));
        names.push(("encoded parameter", format!("{one}{rest}")));
        names.push(("encoded parameter", format!("{}{rest}", one.to_ascii_lowercase())));
        names.push(("encoded parameter", name.chars().map(encoded).collect()));
        let digits = one.trim_start_matches('%');
        names.push(("double-encoded parameter", format!("%25{digits}{rest}")));
        names.push(("parameter in %u", format!("%u00{digits}{rest}")));
    }
    for other in [format!("_{name}"), format!("{name}_")] {
        names.push(("parameter between underscores", other));
    }
    if name.contains('_') {
        for other in [
            camel_case(name, '_'),
            name.replace('_', ""),
            name.replace('_', "__"),
            name.replace('_', "%E2%80%8B_"),
        ] {
            names.push(("parameter of words that are joined otherwise", other));
        }
        for other in UNDERSCORES {
            names.push(("parameter with another underscore", name.replacen('_', other, 1)));
        }
    }
    names
}

/// Other spellings of the value, each of which some server reads as the value.
pub(super) fn values(value: &str) -> Vec<(&'static str, String)> {
    let mut values = vec![
        ("value in upper case", value.to_ascii_uppercase()),
        ("value before a space", format!("{value}%20")),
        ("value before a space", format!("{value}+")),
        ("value after a space", format!("+{value}")),
        ("value after a space", format!("%20{value}")),
        ("value after a space", format!("%09{value}")),
        ("value before a line end", format!("{value}%0a")),
        ("value before a line end", format!("{value}%0d%0a")),
        ("value before a NUL", format!("{value}%00")),
        ("value before a NUL", format!("{value}%00x")),
        ("value after a NUL", format!("%00{value}")),
        ("value after a byte order mark", format!("%EF%BB%BF{value}")),
        ("value in quotes", format!("%22{value}%22")),
        ("value in quotes", format!("\"{value}\"")),
        ("value before a fragment", format!("{value}%23x")),
        ("value before a comma", format!("{value},")),
    ];
    let length = value.chars().next().map_or(0, char::len_utf8);
    if let Some((first, rest)) = value.split_at_checked(length) {
        let one: String = first.chars().map(encoded).collect();
        values.push(("encoded value", format!("{one}{rest}")));
        values.push(("encoded value", value.chars().map(encoded).collect()));
        values.push((
            "double-encoded value",
            format!("%25{}{rest}", one.trim_start_matches('%')),
        ));
    }
    values
}

/// A query with two values: the intended one, and another, in the ways that servers disagree about.
pub(super) fn repeated(name: &str, value: &str, other: &str) -> Vec<(&'static str, String)> {
    let mut queries = vec![
        ("repeated parameter", format!("{name}={other}&{name}={value}")),
        ("repeated parameter", format!("{name}={value}&{name}={other}")),
        ("value with a NUL", format!("{name}={other}%00{value}")),
        ("value with a NUL", format!("{name}={value}%00{other}")),
        ("value with a comma", format!("{name}={other},{value}")),
        ("value with a comma", format!("{name}={value},{other}")),
        ("value with a line end", format!("{name}={other}%0d%0a{value}")),
    ];
    for (kind, separator) in SEPARATORS {
        queries.push((kind, format!("{name}={other}{separator}{name}={value}")));
        queries.push((kind, format!("{name}={value}{separator}{name}={other}")));
    }
    for (kind, spelled) in names(name) {
        let kind = match kind {
            "encoded parameter" => "repeated parameter, one encoded",
            "parameter in upper case" => "repeated parameter, another case",
            "parameter with brackets" => "repeated parameter, brackets",
            _ => "repeated parameter, one respelled",
        };
        queries.push((kind, format!("{name}={other}&{spelled}={value}")));
        queries.push((kind, format!("{spelled}={value}&{name}={other}")));
    }
    queries
}

/// The parameters of a query, except those without a value.
pub(super) fn of(query: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    query
        .unwrap_or_default()
        .split('&')
        .filter_map(|parameter| parameter.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::{names, repeated, values};

    #[test]
    fn no_spelling_is_the_plain_one() {
        assert!(names("create_pr").iter().all(|(_, name)| name != "create_pr"));
        assert!(values("main").iter().all(|(_, value)| value != "main"));
    }

    #[test]
    fn spells_names_as_lenient_servers_read_them() {
        let made: Vec<String> = names("create_pr").into_iter().map(|(_, name)| name).collect();
        for name in [
            "?create_pr",
            "create.pr",
            "create+pr",
            "create[pr",
            "create_pr[]",
            "create_pr%00x",
            "Create_pr",
            "create_pr.x",
            "%EF%BB%BFcreate_pr",
            "%63reate_pr",
        ] {
            assert!(made.iter().any(|held| held == name), "{name}");
        }
        let queries: Vec<String> = repeated("a", "1", "0")
            .into_iter()
            .map(|(_, query)| query)
            .collect();
        for query in [
            "a=0&a=1",
            "a=0;a=1",
            "a=0,a=1",
            "a=0|a=1",
            "a=0&?a=1",
            "a[]=1&a=0",
        ] {
            assert!(queries.iter().any(|held| held == query), "{query}");
        }
    }
}
