//! The documents, compared with the code as far as that is possible.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::root;

/// The README is for somebody who has two minutes.
const MAXIMUM_README_LINES: usize = 150;

#[test]
fn every_test_and_file_that_the_documents_name_exists() {
    let mut tests = 0;
    for document in documents() {
        tests += tests_named_by(&document);
    }
    assert!(tests > 30, "the documents name {tests} tests");
    // Each promise names a test, or says why it has none.
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let promises = page.split("\n| promise |").nth(1).unwrap();
    for promise in promises.split("\n\n").next().unwrap().lines().skip(2) {
        assert!(
            promise.contains("::") || promise.contains("None in `make test`"),
            "{promise}"
        );
    }
}

#[test]
fn the_readme_takes_two_minutes() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.lines().count();
    assert!(
        lines <= MAXIMUM_README_LINES,
        "README.md has {lines} lines: move what most readers do not need into a page under docs/"
    );
}

#[test]
fn every_make_target_that_the_documents_name_exists() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| !line.starts_with(['\t', '#', ' ']) && !line.contains(":="))
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(targets, _)| targets.split_whitespace())
        .collect();
    let mut named = 0;
    for document in documents() {
        for command in make_commands_of(&fs::read_to_string(root().join(&document)).unwrap()) {
            for target in command.split_whitespace().filter(|word| !word.contains('=')) {
                assert!(
                    targets.contains(target),
                    "{document} says `make {command}`, and the Makefile has no target {target}"
                );
                named += 1;
            }
        }
    }
    assert!(named > 20, "the documents name {named} targets");
}

/// What follows `make` where it begins a line of code, or text in backticks.
fn make_commands_of(document: &str) -> Vec<String> {
    let inline = document.split('`').skip(1).step_by(2);
    let lines = document.lines().map(str::trim);
    inline
        .chain(lines)
        .filter_map(|code| code.strip_prefix("make "))
        .map(|rest| rest.split(['#', '&', ';', '|']).next().unwrap_or_default())
        .filter(|rest| {
            rest.split_whitespace().all(|word| {
                word.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-=_".contains(c))
            })
        })
        .map(|rest| rest.trim().to_owned())
        .collect()
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        let folder = root().join(&document).parent().unwrap().to_owned();
        for link in links_of(&fs::read_to_string(root().join(&document)).unwrap()) {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                root().join(&document)
            } else {
                folder.join(path)
            };
            assert!(
                target.exists(),
                "{document} links to {link}, which does not exist"
            );
            if !heading.is_empty() {
                let anchors = anchors_of(&fs::read_to_string(target).unwrap());
                assert!(
                    anchors.contains(heading),
                    "{document} links to {link}, and there is no such heading"
                );
            }
            links += 1;
        }
    }
    assert!(links > 60, "the documents have {links} links");
}

/// The links of a Markdown page to files of the repository.
fn links_of(page: &str) -> Vec<String> {
    let markdown = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let images = page
        .split("src=\"")
        .chain(page.split("srcset=\""))
        .filter(|rest| rest.starts_with("docs/"))
        .filter_map(|rest| rest.split('"').next());
    markdown
        .chain(images)
        .filter(|link| !link.contains("://"))
        .map(str::to_owned)
        .collect()
}

/// The anchors of a page's headings, in GitHub's form.
fn anchors_of(page: &str) -> BTreeSet<String> {
    page.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'))
                .map(|char| if char == ' ' { '-' } else { char })
                .collect()
        })
        .collect()
}

/// The paths of the documents, from the root.
fn documents() -> Vec<String> {
    let mut documents = Vec::new();
    for folder in ["", "docs/", "bench/"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                documents.push(format!("{folder}{name}"));
            }
        }
    }
    documents.sort();
    assert!(documents.len() > 15, "{documents:?}");
    documents
}

/// Counts the tests that a document names, and checks that they and their files exist.
fn tests_named_by(document: &str) -> usize {
    let page = fs::read_to_string(root().join(document)).unwrap();
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
        assert!(place.exists(), "{document} names {path}, which does not exist");
        if let Some(test) = test {
            let text = fs::read_to_string(place).unwrap();
            assert!(
                has_test(&text, test),
                "{document} names {word}, but {path} has no such test"
            );
            tests += 1;
        }
    }
    tests
}

#[test]
fn the_decisions_have_every_code_with_its_status() {
    let decisions = fs::read_to_string(root().join("docs/decisions.md")).unwrap();
    let table = decisions
        .split("\n| request | status | `code` |\n")
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

    // Codes that only the management API uses are documented in its own description.
    let interface = fs::read_to_string(root().join("docs/openapi.yaml")).unwrap();
    let core = ["refusal", "fault"]
        .map(|what| fs::read_to_string(root().join(format!("src/response/{what}.rs"))).unwrap());
    let codes: BTreeSet<&str> = core
        .iter()
        .flat_map(|text| {
            let body = text
                .split("pub const fn code(&self) -> &'static str {")
                .nth(1)
                .unwrap();
            let body = body.split("\n    }\n").next().unwrap();
            body.split('"').skip(1).step_by(2)
        })
        .collect();
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        let is_told =
            answered.iter().any(|(_, told)| told == code) || interface.contains(&format!("`{code}`"));
        assert!(
            is_told,
            "neither docs/decisions.md nor docs/openapi.yaml names {code}"
        );
    }
}

/// Whether a file of Rust or Python has a test with this name.
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
