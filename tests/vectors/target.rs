//! Targets: their canonical spelling, or why they are rejected.

use lychgate::request::Target;
use serde::Deserialize;

use crate::cases::{Cases, equal, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Case {
    Read(Interpretation),
    Refused(Refused),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interpretation {
    name: String,
    raw: String,
    canonical: String,
    segments: Vec<String>,
    /// Which segments hold what only free text may.
    free_text: Vec<usize>,
    trailing_slash: bool,
    query: Option<String>,
    parameters: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    name: String,
    raw: String,
    /// The variant of `TargetError`.
    error: String,
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn targets_have_one_canonical_spelling_or_are_refused() {
    let vectors: Vectors = read("target.json", include_str!("target.json"));
    let mut cases = Cases::of("targets");
    for case in vectors.cases {
        match case {
            Case::Read(expected) => cases.note(
                &expected.name,
                match Target::parse(&expected.raw) {
                    Ok(target) => reads_as(&target, &expected),
                    Err(error) => Err(format!("expected a target, found {error:?}")),
                },
            ),
            Case::Refused(expected) => cases.note(
                &expected.name,
                match Target::parse(&expected.raw) {
                    Ok(target) => Err(format!("expected {}, found {target:?}", expected.error)),
                    Err(error) => {
                        let error = format!("{error:?}");
                        let variant = error.split(' ').next().unwrap_or_default();
                        equal("error", variant, expected.error.as_str())
                    }
                },
            ),
        }
    }
    cases.finish(102);
}

fn reads_as(target: &Target<'_>, expected: &Interpretation) -> Result<(), String> {
    equal(
        "canonical spelling",
        target.canonical(),
        expected.canonical.as_str(),
    )?;
    let segments: Vec<&str> = target.segments().collect();
    equal(
        "segments",
        segments,
        expected.segments.iter().map(String::as_str).collect(),
    )?;
    equal("segment count", target.segment_count(), expected.segments.len())?;
    let free_text: Vec<usize> = (0..target.segment_count())
        .filter(|index| target.is_free_text(*index))
        .collect();
    equal("free text", &free_text, &expected.free_text)?;
    equal(
        "trailing slash",
        target.has_trailing_slash(),
        expected.trailing_slash,
    )?;
    equal("query", target.query(), expected.query.as_deref())?;
    let parameters: Vec<(String, String)> = target
        .parameters()
        .map(|parameter| (parameter.name().into_owned(), parameter.value().into_owned()))
        .collect();
    equal("parameters", &parameters, &expected.parameters)?;
    let again = Target::parse(target.canonical()).map_err(|error| error.to_string())?;
    equal(
        "canonical spelling, read again",
        again.canonical(),
        target.canonical(),
    )
}
