//! Other spellings of a target that some server reads as the same. Pure; knows nothing of methods, headers or bodies.

use super::encoding::encoded;
use super::{Scene, Spelling, cuts, segments, with_query};

/// What a server may cut off or ignore at the end of the path or of its first segment.
const TAILS: [(&str, &str); 26] = [
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
    ("version of HTTP", "%20HTTP/1.1"),
    ("version of HTTP", "%20HTTP%2F1.1"),
    ("dot-dot before an encoded question mark", "/x/..%3Fx"),
    ("dot-dot before an encoded number sign", "/x/..%23"),
];

/// What a framework may put between the words of a name, or in their place.
const BETWEEN_WORDS: [&str; 6] = ["_", ".", "+", "%20", "--", ""];

/// Replacements of a slash.
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

/// Spellings of "one segment up", behind a segment that does not exist.
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

/// Letters that fold to ASCII letters, percent-encoded (Unicode CaseFolding.txt, and compatibility forms by NFKC).
const FOLDS: [(&str, &str, &str); 4] = [
    ("folding letter", "s", "%C5%BF"),
    ("folding letter", "k", "%E2%84%AA"),
    ("dotless letter", "i", "%C4%B1"),
    ("compatibility form", "fi", "%EF%AC%81"),
];

/// All spellings of a plain request's target, except those of its query.
pub(super) fn spellings(scene: &Scene<'_>) -> Vec<Spelling> {
    let (plain, host) = (scene.plain, scene.host);
    let path = plain.path();
    let mut spellings = Vec::new();
    let mut add = |kind, path: &str| spellings.push((kind, with_query(plain, path).into_bytes()));
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
    for (before, segment, rest) in segments(path) {
        for (kind, other) in of_segment(segment) {
            add(kind, &format!("{before}/{other}{rest}"));
        }
        for session in ["(S(x))", "(S(x)F(y))"] {
            add(
                "session of ASP.NET",
                &format!("{before}/{session}/{segment}{rest}"),
            );
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
        with_query(plain, &format!("{path}#x")).into_bytes(),
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
    if segment.contains('-') {
        for between in BETWEEN_WORDS {
            spellings.push(("other spelling of words", segment.replace('-', between)));
        }
        spellings.push(("other spelling of words", camel_case(segment, '-')));
    }
    spellings.push(("session of ASP.NET", format!("{first}(S(x)){rest}")));
    spellings.push(("zero-width space in a word", format!("{first}%E2%80%8B{rest}")));
    spellings.push(("mark in a word", format!("{first}%CC%81{rest}")));
    for (kind, letter, fold) in FOLDS {
        if segment.contains(letter) {
            spellings.push((kind, segment.replacen(letter, fold, 1)));
        }
    }
    spellings
}

/// Words as JavaScript and Java join them: `write-token` becomes `writeToken`.
pub(super) fn camel_case(text: &str, separator: char) -> String {
    let mut joined = String::new();
    for word in text.split(separator) {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !joined.is_empty() => {
                joined.push(first.to_ascii_uppercase());
                joined.push_str(letters.as_str());
            }
            Some(_) | None => joined.push_str(word),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::super::super::plain::Plain;
    use super::{Scene, spellings};

    fn plain(target: &str) -> Plain {
        let line = format!("{{\"access\":\"write\",\"method\":\"GET\",\"target\":\"{target}\"}}");
        Plain::read_all(&line).unwrap().remove(0)
    }

    #[test]
    fn spells_the_path_and_keeps_the_query() {
        let spelled = spellings(&Scene::of(&plain("/ab/cd?e=f"), &[], "host:1", &[]));
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
            ("version of HTTP", "/ab/cd%20HTTP/1.1?e=f"),
            ("session of ASP.NET", "/ab/(S(x))/cd?e=f"),
            ("session of ASP.NET", "/a(S(x))b/cd?e=f"),
        ] {
            let expected = (kind, target.as_bytes().to_vec());
            assert!(spelled.contains(&expected), "{kind}: {target}");
        }
        let spelled = spellings(&Scene::of(&plain("/x/xet-write-token"), &[], "host:1", &[]));
        for segment in [
            "xet_write_token",
            "xetWriteToken",
            "xetwritetoken",
            "xet.write.token",
        ] {
            let expected = ("other spelling of words", format!("/x/{segment}").into_bytes());
            assert!(spelled.contains(&expected), "{segment}");
        }
    }
}
