//! A property of the one body that determines a class: it is a download only if every parser interprets it as one.

use lychgate::request::{Content, Target};
use lychgate::routes::{Access, Class};
use proptest::prelude::*;
use serde_json::Value;

use crate::config;

fn access(body: &[u8]) -> Access {
    let target = Target::parse("/acme/widget/info/lfs/objects/batch").unwrap();
    Class::LfsBatch.with_body(&target, Content::of_type("application/vnd.git-lfs+json"), body)
}

/// A key or value, in the ways to write it in JSON.
fn spelled(text: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<bool>(), text.len()).prop_map(move |escaped| {
        let characters = text.chars().zip(escaped).map(|(character, escaped)| {
            if escaped || character.is_control() {
                format!("\\u{:04x}", u32::from(character))
            } else {
                character.to_string()
            }
        });
        format!("\"{}\"", characters.collect::<String>())
    })
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = (&'static str, String)> {
    (0..texts.len()).prop_flat_map(move |index| (Just(texts[index]), spelled(texts[index])))
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn an_object_is_a_download_only_with_one_operation_that_says_so(
        entries in prop::collection::vec(
            (
                one_of(&["operation", "operation", "Operation", "OPERATION", "operation\0", "operations", "objects", "x"]),
                one_of(&["download", "download", "upload", "Download", "download ", "", "verify"]),
                "[ \t\n\r]{0,2}",
            ),
            0..4,
        ),
    ) {
        let members: Vec<String> = entries
            .iter()
            .map(|((_, key), (_, value), space)| format!("{space}{key}{space}:{space}{value}{space}"))
            .collect();
        let body = format!("{{{}}}", members.join(","));
        let operations: Vec<(&str, &str)> = entries
            .iter()
            .map(|((key, _), (value, _), _)| (*key, *value))
            .filter(|(key, _)| key.trim_end_matches('\0').eq_ignore_ascii_case("operation"))
            .collect();
        let are_known = entries
            .iter()
            .all(|((key, _), _, _)| ["operation", "objects"].contains(key));
        let expected = match operations.as_slice() {
            [("operation", "download")] if are_known => Access::Read,
            _ => Access::Write,
        };
        prop_assert_eq!(access(body.as_bytes()), expected, "{}", body);
    }

    #[test]
    fn what_was_changed_is_a_download_only_where_it_still_says_so(
        at: prop::sample::Index, byte: u8, cut: bool,
    ) {
        let mut body = br#"{"operation":"download","transfers":["basic"],"objects":[{"oid":"aa","size":3}]}"#.to_vec();
        let at = at.index(body.len());
        if cut {
            body.remove(at);
        } else {
            body[at] = byte;
        }
        is_download_in_truth(&body)?;
    }

    #[test]
    fn any_bytes_are_a_download_only_where_they_say_so(body in prop::collection::vec(any::<u8>(), 0..64)) {
        is_download_in_truth(&body)?;
    }
}

fn is_download_in_truth(body: &[u8]) -> Result<(), TestCaseError> {
    if access(body) == Access::Read {
        let parsed: Value = serde_json::from_slice(body)
            .map_err(|error| TestCaseError::fail(format!("a download that does not parse: {error}")))?;
        prop_assert_eq!(parsed.get("operation"), Some(&Value::from("download")));
    }
    Ok(())
}
