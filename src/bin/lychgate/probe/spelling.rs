//! Other spellings of a target that some server reads as the same. Pure; knows nothing of methods, headers or bodies.

use super::plain::Plain;

/// A kind of trick, and a target spelled by it.
pub(crate) type Spelling = (&'static str, Vec<u8>);

/// What may stand at the path's end, or at the end of its first segment, and be cut off or read over.
const TAILS: [(&str, &str); 22] = [
    ("trailing slash", "/"),
    ("trailing slashes", "//"),
    ("trailing encoded slash", "%2F"),
    ("trailing backslash", "\\"),
    ("trailing dot", "."),
    ("trailing encoded dot", "%2e"),
    ("trailing dot segment", "/."),
    ("trailing dot-dot", "/x/.."),
    ("trailing space", "%20"),
    ("trailing plus", "+"),
    ("trailing tab", "%09"),
    ("trailing line end", "%0d%0a"),
    ("trailing NUL", "%00"),
    ("NUL and suffix", "%00.html"),
    ("format suffix", ".json"),
    ("path parameter", ";x=1"),
    ("empty path parameter", ";"),
    ("encoded path parameter", "%3Bx=1"),
    ("encoded question mark", "%3F"),
    ("encoded number sign", "%23"),
    ("zero-width space", "%E2%80%8B"),
    ("broken percent", "%"),
];

/// What may stand in a slash's place.
const SLASHES: [(&str, &str); 12] = [
    ("dot segment", "/./"),
    ("encoded dot segment", "/%2e/"),
    ("double slash", "//"),
    ("encoded slash", "%2F"),
    ("encoded slash, lower case", "%2f"),
    ("double-encoded slash", "%252F"),
    ("backslash", "\\"),
    ("encoded backslash", "%5C"),
    ("fullwidth slash", "%EF%BC%8F"),
    ("overlong slash", "%C0%AF"),
    ("slash in %u", "%u002f"),
    ("parameter before a slash", ";x=1/"),
];

/// What may stand for "one segment up", after a segment that is not there.
const DETOURS: [(&str, &str); 13] = [
    ("dot-dot", "/x/../"),
    ("encoded dot-dot", "/x/%2e%2e/"),
    ("half-encoded dot-dot", "/x/.%2e/"),
    ("double-encoded dot-dot", "/x/%252e%252e/"),
    ("dot-dot, encoded slash after", "/x/..%2f"),
    ("dot-dot, encoded slash before", "/x%2f../"),
    ("dot-dot, all encoded", "/x%2f%2e%2e%2f"),
    ("dot-dot, backslashes", "/x\\..\\"),
    ("dot-dot, encoded backslash", "/x/..%5c"),
    ("dot-dot with a parameter", "/x/..;/"),
    ("dot-dot with a NUL", "/x/..%00/"),
    ("overlong dot-dot", "/x/%c0%ae%c0%ae/"),
    ("fullwidth dot-dot", "/x/%EF%BC%8E%EF%BC%8E/"),
];

/// Letters that fold to one of ASCII, percent-encoded (Unicode CaseFolding.txt, and compatibility forms by NFKC).
const FOLDS: [(&str, &str, &str); 4] = [
    ("folding letter", "s", "%C5%BF"),
    ("folding letter", "k", "%E2%84%AA"),
    ("dotless letter", "i", "%C4%B1"),
    ("compatibility form", "fi", "%EF%AC%81"),
];

/// All spellings of a plain request's target, but for those of its query.
pub(crate) fn of_path(plain: &Plain, host: &str) -> Vec<Spelling> {
    let path = plain.path();
    let mut spellings = Vec::new();
    let mut add = |kind, path: &str| spellings.push((kind, with_query(plain, path)));
    for (kind, tail) in TAILS {
        add(kind, &format!("{path}{tail}"));
        if let Some((first, rest)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) {
            add(kind, &format!("/{first}{tail}/{rest}"));
        }
    }
    for (kind, slash) in SLASHES.into_iter().chain(DETOURS) {
        for (before, after) in cuts(path) {
            add(kind, &format!("{before}{slash}{after}"));
        }
    }
    for (before, after) in cuts(path) {
        let length = after.find('/').unwrap_or(after.len());
        let (segment, rest) = after.split_at_checked(length).unwrap_or((after, ""));
        for (kind, other) in of_segment(segment) {
            add(kind, &format!("{before}/{other}{rest}"));
        }
    }
    add("upper case", &path.to_ascii_uppercase());
    let inner = path.trim_start_matches('/');
    add("no slash at the beginning", inner);
    add("network path", &format!("//other.invalid{path}"));
    add("absolute form", &format!("http://{host}{path}"));
    add(
        "absolute form, another host",
        &format!("http://other.invalid{path}"),
    );
    add("absolute form, odd scheme", &format!("HTTPS://{host}{path}"));
    add("absolute form, user", &format!("http://user@{host}{path}"));
    add(
        "absolute form, no path before",
        &format!("http://{host}/..{path}"),
    );
    spellings.push(("fragment", format!("{}#x", plain.target).into_bytes()));
    spellings.push((
        "fragment before the query",
        with_query(plain, &format!("{path}#x")),
    ));
    let raw = |bytes: &[u8]| {
        let tail = plain.query().map(|query| format!("?{query}")).unwrap_or_default();
        [path.as_bytes(), bytes, tail.as_bytes()].concat()
    };
    spellings.push(("raw bytes, not UTF-8", raw(b"\xff")));
    spellings.push(("raw control", raw(b"\x01")));
    spellings.push(("raw tab", raw(b"\t")));
    spellings.push(("raw space", raw(b" ")));
    spellings
}

/// All spellings of a plain request's query. `others` are values that the same parameter has in weaker requests.
pub(crate) fn of_query(plain: &Plain, others: &[String]) -> Vec<Spelling> {
    let Some(query) = plain.query() else {
        return Vec::new();
    };
    let mut spellings = Vec::new();
    let mut add = |kind, query: &str| {
        spellings.push((kind, format!("{}?{query}", plain.path()).into_bytes()));
    };
    add("question mark twice", &format!("?{query}"));
    add("empty parameter first", &format!("&{query}"));
    add("encoded question mark", &format!("x%3F{query}"));
    add(
        "1001 parameters before",
        &format!("{}{query}", "x=1&".repeat(1001)),
    );
    add("101 parameters before", &format!("{}{query}", "x=1&".repeat(101)));
    add("parameter after a semicolon", &format!("x=1;{query}"));
    add("parameter after an encoded &", &format!("x=1%26{query}"));
    for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
        let first = name.chars().next().map(encoded).unwrap_or_default();
        let rest = name.get(1..).unwrap_or_default();
        for other in others {
            add("repeated parameter", &format!("{name}={other}&{name}={value}"));
            add("repeated parameter", &format!("{name}={value}&{name}={other}"));
            add(
                "repeated parameter, one encoded",
                &format!("{name}={other}&{first}{rest}={value}"),
            );
            add(
                "repeated parameter, semicolon",
                &format!("{name}={other};{name}={value}"),
            );
            add("value with a NUL", &format!("{name}={other}%00{value}"));
            add(
                "repeated parameter, another case",
                &format!("{name}={other}&{}={value}", name.to_ascii_uppercase()),
            );
            add(
                "repeated parameter, brackets",
                &format!("{name}={other}&{name}[]={value}"),
            );
        }
        add(
            "parameter in upper case",
            &format!("{}={value}", name.to_ascii_uppercase()),
        );
        add("encoded parameter", &format!("{first}{rest}={value}"));
        add("parameter with brackets", &format!("{name}[]={value}"));
        add("parameter with an index", &format!("{name}[0]={value}"));
        add("parameter in brackets", &format!("[{name}]={value}"));
        add("parameter after a space", &format!("+{name}={value}"));
        add("parameter before a space", &format!("{name}+={value}"));
        add("parameter with a NUL", &format!("{name}%00x={value}"));
        add(
            "double-encoded parameter",
            &format!("%25{}{rest}={value}", first.trim_start_matches('%')),
        );
        add(
            "value in upper case",
            &format!("{name}={}", value.to_ascii_uppercase()),
        );
        add("value before a space", &format!("{name}={value}%20"));
        add("value after a space", &format!("{name}=+{value}"));
        add("value before a line end", &format!("{name}={value}%0a"));
        add("value before a NUL", &format!("{name}={value}%00"));
        let value_first = value.chars().next().map(encoded).unwrap_or_default();
        let value_rest = value.get(1..).unwrap_or_default();
        add("encoded value", &format!("{name}={value_first}{value_rest}"));
    }
    spellings
}

/// Spellings of one segment.
fn of_segment(segment: &str) -> Vec<(&'static str, String)> {
    let Some(first) = segment.chars().next() else {
        return Vec::new();
    };
    let rest = segment.get(first.len_utf8()..).unwrap_or_default();
    let one = encoded(first);
    let mut spellings = vec![
        ("encoded letter", format!("{one}{rest}")),
        (
            "encoded letter, lower case",
            format!("{}{rest}", one.to_ascii_lowercase()),
        ),
        ("all letters encoded", segment.chars().map(encoded).collect()),
        (
            "double-encoded letter",
            format!("%25{}{rest}", one.trim_start_matches('%')),
        ),
        (
            "letter in %u",
            format!("%u00{}{rest}", one.trim_start_matches('%')),
        ),
        ("soft hyphen", format!("{first}%C2%AD{rest}")),
        ("segment in upper case", segment.to_ascii_uppercase()),
        ("space before a segment", format!("%20{segment}")),
        ("colon before a segment", format!(":{segment}")),
    ];
    if first.is_ascii_lowercase() {
        // U+FF41 is the fullwidth a.
        let fullwidth = char::from_u32(u32::from(first).saturating_add(0xfee0));
        let mut bytes = [0; 4];
        let encoding: String = fullwidth
            .map(|letter| {
                letter
                    .encode_utf8(&mut bytes)
                    .bytes()
                    .map(|byte| format!("%{byte:02X}"))
                    .collect()
            })
            .unwrap_or_default();
        spellings.push(("fullwidth letter", format!("{encoding}{rest}")));
    }
    for (kind, letter, fold) in FOLDS {
        if segment.contains(letter) {
            spellings.push((kind, segment.replacen(letter, fold, 1)));
        }
    }
    spellings
}

fn encoded(character: char) -> String {
    let mut bytes = [0; 4];
    character
        .encode_utf8(&mut bytes)
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect()
}

/// The path at each of its slashes: what is before, and what is after.
fn cuts(path: &str) -> impl Iterator<Item = (&str, &str)> {
    path.match_indices('/')
        .filter_map(|(at, slash)| Some((path.get(..at)?, path.get(at.saturating_add(slash.len())..)?)))
}

fn with_query(plain: &Plain, path: &str) -> Vec<u8> {
    match plain.query() {
        Some(query) => format!("{path}?{query}").into_bytes(),
        None => path.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Plain, of_path, of_query};

    fn plain(target: &str) -> Plain {
        let line = format!("{{\"access\":\"write\",\"method\":\"GET\",\"target\":\"{target}\"}}");
        Plain::read_all(&line).unwrap().remove(0)
    }

    #[test]
    fn spells_the_path_and_keeps_the_query() {
        let spelled = of_path(&plain("/ab/cd?e=f"), "host:1");
        for (kind, target) in [
            ("dot segment", "/ab/./cd?e=f"),
            ("dot-dot", "/x/../ab/cd?e=f"),
            ("encoded slash", "/ab%2Fcd?e=f"),
            ("all letters encoded", "/%61%62/cd?e=f"),
            ("trailing NUL", "/ab/cd%00?e=f"),
            ("path parameter", "/ab;x=1/cd?e=f"),
            ("absolute form", "http://host:1/ab/cd?e=f"),
            ("fullwidth letter", "/%EF%BD%81b/cd?e=f"),
            ("upper case", "/AB/CD?e=f"),
        ] {
            let expected = (kind, target.as_bytes().to_vec());
            assert!(spelled.contains(&expected), "{kind}: {target}");
        }
    }

    #[test]
    fn spells_the_query_and_keeps_the_path() {
        let spelled = of_query(&plain("/ab?e=f"), &["g".to_owned()]);
        for (kind, target) in [
            ("repeated parameter", "/ab?e=g&e=f"),
            ("repeated parameter", "/ab?e=f&e=g"),
            ("encoded parameter", "/ab?%65=f"),
            ("parameter with brackets", "/ab?e[]=f"),
        ] {
            let expected = (kind, target.as_bytes().to_vec());
            assert!(spelled.contains(&expected), "{kind}: {target}");
        }
        assert!(of_query(&plain("/ab"), &[]).is_empty());
    }

    #[test]
    fn no_spelling_is_the_plain_target() {
        for target in ["/ab/cd?e=f", "/datasets/ifs/Kind?service=x"] {
            let plain = plain(target);
            for (kind, spelled) in of_path(&plain, "h")
                .into_iter()
                .chain(of_query(&plain, &["g".to_owned()]))
            {
                // What has no small letter stays as it is in upper case.
                assert_ne!(spelled, target.as_bytes(), "{kind}");
            }
        }
    }
}
