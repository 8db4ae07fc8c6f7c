//! What the papers say of the code, as far as it can be compared.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::root;

#[test]
fn every_test_and_file_that_the_papers_name_is_there() {
    let mut tests = 0;
    for paper in ["README.md", "ARCHITECTURE.md", "SECURITY.md"] {
        tests += tests_named_by(paper);
    }
    assert!(tests > 30, "the papers name {tests} tests");
    // Each promise has one, or says why it has none.
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let promises = page.split("\n| promise |").nth(1).unwrap();
    for promise in promises.split("\n\n").next().unwrap().lines().skip(2) {
        assert!(
            promise.contains("::") || promise.contains("None in `make test`"),
            "{promise}"
        );
    }
}

/// How many tests a paper names. All of them are there, and all files that it names.
fn tests_named_by(paper: &str) -> usize {
    let page = fs::read_to_string(root().join(paper)).unwrap();
    let mut tests = 0;
    for word in page.split('`').skip(1).step_by(2) {
        let (path, test) = word
            .split_once("::")
            .map_or((word, None), |(path, test)| (path, Some(test)));
        let is_path = ["tests/", "src/", "fuzz/", "examples/", "docs/"]
            .iter()
            .any(|folder| path.starts_with(folder));
        if !is_path {
            continue;
        }
        let place = root().join(path);
        assert!(place.exists(), "{paper} names {path}, which is not there");
        if let Some(test) = test {
            let text = fs::read_to_string(place).unwrap();
            assert!(
                has_test(&text, test),
                "{paper} names {word}, and {path} has no such test"
            );
            tests += 1;
        }
    }
    tests
}

#[test]
fn the_read_me_has_every_code_with_its_status() {
    let read_me = fs::read_to_string(root().join("README.md")).unwrap();
    let table = read_me
        .split("\n| what came | answer | `code` |\n")
        .nth(1)
        .unwrap();
    let mut told = BTreeSet::new();
    for line in table.split("\n\n").next().unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.trim_matches('|').rsplitn(3, '|').collect();
        for code in cells[0].split('`').skip(1).step_by(2) {
            told.insert((cells[1].trim().parse::<u64>().unwrap(), code.to_owned()));
        }
    }
    let vectors: Value = serde_json::from_str(include_str!("../vectors/refusal.json")).unwrap();
    let answered: BTreeSet<(u64, String)> = vectors["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            (
                case["status"].as_u64().unwrap(),
                case["code"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(told, answered);

    // Those that only the management API gives are in its own description.
    let interface = fs::read_to_string(root().join("docs/openapi.yaml")).unwrap();
    let core = fs::read_to_string(root().join("src/refusal.rs")).unwrap();
    let codes: BTreeSet<&str> = core
        .split("pub const fn code(&self) -> &'static str {")
        .skip(1)
        .flat_map(|body| {
            body.split("\n    }\n")
                .next()
                .unwrap()
                .split('"')
                .skip(1)
                .step_by(2)
        })
        .collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        let is_told =
            answered.iter().any(|(_, told)| told == code) || interface.contains(&format!("`{code}`"));
        assert!(is_told, "neither README.md nor docs/openapi.yaml tells of {code}");
    }
}

/// Whether a file of Rust or Python has a test of that name.
fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let is_python = lines
        .iter()
        .any(|line| name.starts_with("test_") && line.starts_with(&format!("def {name}(")));
    let is_rust = lines.windows(2).any(|pair| {
        pair[1].starts_with(&format!("fn {name}(")) && pair[0].starts_with("#[") && pair[0].contains("test")
    });
    is_python || is_rust
}
