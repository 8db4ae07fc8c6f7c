//! Other spellings of a query that some server reads as the same, or as less than the gate does. Pure; knows nothing of
//! methods, headers or bodies.

use super::{Scene, Spelling, parameter};

/// Parameters by which servers choose a format and a handler.
const FORMATS: [&str; 6] = [
    "format=json",
    "_format=json",
    ".json",
    "f=json",
    "alt=json",
    "wt=json",
];

pub(super) fn spellings(scene: &Scene<'_>) -> Vec<Spelling> {
    let plain = scene.plain;
    let mut spellings = Vec::new();
    let mut add = |kind, query: &str| {
        spellings.push((kind, format!("{}?{query}", plain.path()).into_bytes()));
    };
    for format in FORMATS {
        match plain.query() {
            None => add("format parameter", format),
            Some(query) => {
                add("format parameter", &format!("{format}&{query}"));
                add("format parameter", &format!("{query}&{format}"));
            }
        }
    }
    if let Some(query) = plain.query() {
        of_own(query, &mut add);
    }
    for (name, value) in parameter::of(plain.query()) {
        let rest = without(plain.query(), name);
        for (kind, spelled) in parameter::names(name) {
            add(kind, &format!("{rest}{spelled}={value}"));
        }
        for (kind, spelled) in parameter::values(value) {
            add(kind, &format!("{rest}{name}={spelled}"));
        }
        for other in other_values(scene, name, value) {
            for (kind, query) in parameter::repeated(name, value, &other) {
                add(kind, &format!("{rest}{query}"));
            }
        }
    }
    // In the gate's reading, the query of a weaker request may make this one less strict than the server does: by a name or a
    // value that the server does not know or does not accept.
    for weaker in scene.weaker_on_same_path() {
        for (name, value) in parameter::of(weaker.query()) {
            let is_own = parameter::of(plain.query()).any(|(held, _)| held == name);
            if is_own {
                continue;
            }
            let rest = plain.query().map(|query| format!("{query}&")).unwrap_or_default();
            for (_, spelled) in parameter::names(name) {
                add(
                    "softening parameter, respelled",
                    &format!("{rest}{spelled}={value}"),
                );
            }
            for (_, spelled) in parameter::values(value) {
                add("softening value, respelled", &format!("{rest}{name}={spelled}"));
            }
            for other in ["0", "", "false"] {
                for (_, query) in parameter::repeated(name, other, value) {
                    add("softening parameter, repeated", &format!("{rest}{query}"));
                }
            }
        }
    }
    spellings
}

fn of_own(query: &str, add: &mut impl FnMut(&'static str, &str)) {
    add("question mark twice", &format!("?{query}"));
    add("question mark twice", &format!("??{query}"));
    add("question mark twice", &format!("x?{query}"));
    add("question mark twice", &format!("x=1?{query}"));
    add("encoded question mark", &format!("x%3F{query}"));
    add("empty parameter first", &format!("&{query}"));
    add("empty parameter first", &format!("&&={query}&{query}"));
    add(
        "1001 parameters before",
        &format!("{}{query}", "x=1&".repeat(1001)),
    );
    add("101 parameters before", &format!("{}{query}", "x=1&".repeat(101)));
    add("parameter after a semicolon", &format!("x=1;{query}"));
    add("parameter after a semicolon", &format!(";{query}"));
    add("parameter after a comma", &format!("x=1,{query}"));
    add("parameter after a pipe", &format!("x=1|{query}"));
    add("parameter after an encoded &", &format!("x=1%26{query}"));
    add("parameter after an encoded &", &format!("x=1%2526{query}"));
    add("parameter after a broken percent", &format!("%&{query}"));
    add("parameter after a broken percent", &format!("x=%zz&{query}"));
    add("parameter after a line end", &format!("x=1%0D%0A{query}"));
    add("encoded equals sign", &query.replacen('=', "%3D", 1));
}

/// The query without one parameter, ready for another one to be appended.
fn without(query: Option<&str>, name: &str) -> String {
    query
        .unwrap_or_default()
        .split('&')
        .filter(|parameter| parameter.split('=').next() != Some(name))
        .map(|parameter| format!("{parameter}&"))
        .collect()
}

/// The values of this parameter in weaker requests, and one that has no meaning.
fn other_values(scene: &Scene<'_>, name: &str, value: &str) -> Vec<String> {
    let mut values = vec!["0".to_owned()];
    for weaker in &scene.weaker {
        for (held, other) in parameter::of(weaker.query()) {
            if held == name && other != value && !values.iter().any(|known| known == other) {
                values.push(other.to_owned());
            }
        }
    }
    values
}
