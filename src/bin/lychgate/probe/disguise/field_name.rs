//! Field names that a server folds into another name. CGI and similar interfaces turn every `-` of a name into `_`, and some
//! turn every other sign into `_` too. Such a server takes a client's `X.Lychgate.Subject` for the gate's header. Pure.

use super::super::plain::Plain;
use super::super::variant::Variant;
use super::Scene;

/// Every character of a token (RFC 9110 section 5.6.2) that is neither a letter, a digit nor `-`.
const SIGNS: &str = "!#$%&'*+.^_`|~";

/// Headers that only the gate may set.
const OWN: [(&str, &str); 4] = [
    ("X-Lychgate-Subject", "root"),
    ("X-Lychgate-Access", "write"),
    ("X-Lychgate-Role", "write"),
    ("X-Lychgate-Assertion", "root"),
];

/// A header that asks for another method.
const METHOD: &str = "X-HTTP-Method-Override";
const TARGETS: [&str; 2] = ["X-Original-URL", "X-Rewrite-URL"];

/// The name with each sign in place of every `-`, and in place of only the first or the last.
pub(crate) fn with_signs(name: &str) -> Vec<String> {
    let mut names = Vec::new();
    for sign in SIGNS.chars() {
        let sign = sign.to_string();
        names.push(name.replace('-', &sign));
        if matches!(sign.as_str(), "_" | ".") {
            names.push(name.replacen('-', &sign, 1));
            if let Some((before, after)) = name.rsplit_once('-') {
                names.push(format!("{before}{sign}{after}"));
            }
        }
    }
    names
}

pub(super) fn variants(scene: &Scene<'_>) -> Vec<Variant> {
    let plain = scene.plain;
    let itself = Variant::plain(plain);
    let mut variants = Vec::new();
    for (own, value) in OWN {
        let kind = "the gate's own header";
        variants.push(itself.clone().kind(kind).with(own, value));
        variants.push(itself.clone().kind(kind).with(&own.to_ascii_lowercase(), value));
        for name in with_signs(own) {
            let kind = "the gate's own header, other signs";
            variants.push(itself.clone().kind(kind).with(&name, value));
        }
        let kind = "the gate's own header, an odd line";
        for name in [
            format!("{own} "),
            format!("{own}\t"),
            format!(" {own}"),
            format!("{own}\0"),
            format!("{own}:"),
        ] {
            variants.push(itself.clone().kind(kind).with(&name, value));
        }
        for line in ["\r\n", "\n", "\r", "\r\n "] {
            variants.push(
                itself
                    .clone()
                    .kind(kind)
                    .with("X-Note", &format!("a{line}{own}: {value}")),
            );
        }
    }
    // These need no token if a gate forwards preflights.
    for name in with_signs("X-Lychgate-Subject") {
        let kind = "the gate's own header, by OPTIONS";
        variants.push(itself.clone().kind(kind).by("OPTIONS").with(&name, "root"));
    }
    for name in with_signs(METHOD) {
        for method in ["GET", "POST", "OPTIONS"]
            .into_iter()
            .filter(|other| *other != plain.method)
        {
            let kind = "method in a header, other signs";
            variants.push(itself.clone().kind(kind).by(method).with(&name, &plain.method));
        }
    }
    for carrier in scene.carriers() {
        for name in TARGETS.into_iter().flat_map(with_signs) {
            variants.push(in_header(carrier, plain, &name));
        }
    }
    variants
}

fn in_header(carrier: &Plain, plain: &Plain, name: &str) -> Variant {
    Variant::plain(carrier)
        .kind("target in a header, other signs")
        .with(name, &plain.target)
}

#[cfg(test)]
mod tests {
    use super::{SIGNS, with_signs};

    #[test]
    fn the_signs_are_those_of_a_token() {
        let token =
            |character: &char| character.is_ascii_graphic() && !"\"(),/:;<=>?@[\\]{}".contains(*character);
        let signs: Vec<char> = ('\0'..='\u{7f}')
            .filter(token)
            .filter(|character| !character.is_ascii_alphanumeric() && *character != '-')
            .collect();
        assert_eq!(signs, SIGNS.chars().collect::<Vec<_>>());
    }

    #[test]
    fn puts_a_sign_into_the_place_of_dashes() {
        let names = with_signs("X-A-B");
        for name in ["X.A.B", "X~A~B", "X_A-B", "X-A.B"] {
            assert!(names.iter().any(|held| held == name), "{name}");
        }
    }
}
