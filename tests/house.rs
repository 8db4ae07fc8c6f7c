//! The rules of the house that no compiler holds: which room may name what.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a name's place is a character's"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What only the faces may name: the platform.
const PLATFORM: [&str; 5] = ["worker::", "web_sys", "js_sys", "wasm_bindgen", "worker_sys"];

/// What the core takes as an argument, or does not do at all.
const IMPURE: [&str; 9] = [
    "SystemTime::now",
    "Instant::now",
    "getrandom",
    "std::env",
    "std::fs",
    "std::net",
    "async fn",
    "println!",
    "thread_local!",
];

#[test]
fn only_the_faces_name_the_platform() {
    for file in core_files() {
        assert_names_none(&file, &PLATFORM);
    }
}

#[test]
fn the_core_reads_no_clock_and_does_no_input_or_output() {
    for file in core_files() {
        assert_names_none(&file, &IMPURE);
    }
}

#[test]
fn faces_never_use_each_other() {
    let faces = [
        ("src/edge", ["crate::browser", "lychgate::browser"]),
        ("src/browser.rs", ["crate::edge", "lychgate::edge"]),
        ("src/browser", ["crate::edge", "lychgate::edge"]),
    ];
    for (face, others) in faces {
        let files = rust_files(&root().join(face));
        assert!(!files.is_empty(), "{face} has no files");
        for file in files {
            assert_names_none(&file, &others);
        }
    }
    for file in rust_files(&root().join("src/bin")) {
        assert_names_none(&file, &["lychgate::edge", "lychgate::browser"]);
    }
}

#[test]
fn feature_gates_stand_at_module_declarations_only() {
    for file in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.trim_start().starts_with("#[cfg(feature") {
                let gated = lines.peek().map_or("", |next| next.trim_start());
                let names_a_room = gated.starts_with("mod ")
                    || gated.starts_with("pub mod ")
                    || gated.starts_with("super::trap::");
                assert!(
                    names_a_room,
                    "{}: a feature gate before `{gated}`",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn every_dependency_has_its_line_in_the_architecture() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = page.split("\n## What each dependency is for\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut named: Vec<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .collect();
    named.sort_unstable();
    assert_eq!(named, dependencies());
}

#[test]
fn every_dependency_is_used() {
    let files: Vec<String> = ["src", "tests", "examples"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    for dependency in dependencies() {
        let name = dependency.replace('-', "_");
        let is_used = |line: &str| {
            line.match_indices(&name).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let is_whole = before.is_none_or(|before| !before.is_alphanumeric() && before != '_');
                let after = &line[at + name.len()..];
                is_whole && (after.starts_with("::") || (after.starts_with(';') && line.contains("use ")))
            })
        };
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        assert!(
            files.iter().any(|text| text.lines().filter(is_code).any(is_used)),
            "{dependency} is in Cargo.toml, and nothing names it: take it out"
        );
    }
}

#[test]
fn every_test_and_file_that_the_threat_model_names_is_there() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
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
        let text = fs::read_to_string(root().join(path));
        let text = text.unwrap_or_else(|_| panic!("SECURITY.md names {path}, which is not there"));
        if let Some(test) = test {
            assert!(
                has_test(&text, test),
                "SECURITY.md names {word}, and {path} has no such test"
            );
            tests += 1;
        }
    }
    assert!(tests > 30, "SECURITY.md names {tests} tests");
    // Each promise has one, or says why it has none.
    let promises = page
        .split("\n| promise |")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    for promise in promises.lines().skip(2) {
        assert!(
            promise.contains("::") || promise.contains("None in `make test`"),
            "{promise}"
        );
    }
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
    let vectors: Value = serde_json::from_str(include_str!("vectors/refusal.json")).unwrap();
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

/// The names of all dependencies in Cargo.toml, each once, in order.
fn dependencies() -> Vec<&'static str> {
    let manifest = include_str!("../Cargo.toml");
    let mut names = Vec::new();
    let mut is_dependencies = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_dependencies = line.ends_with("dependencies]");
        } else if is_dependencies && line.starts_with(|first: char| first.is_ascii_lowercase()) {
            names.extend(line.split(" = ").next());
        }
    }
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 20, "{names:?}");
    names
}

fn assert_names_none(file: &Path, names: &[&str]) {
    let text = fs::read_to_string(file).unwrap();
    // What the tests at the end of a file do is their own.
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for name in names {
            assert!(!line.contains(name), "{} names {name}: {line}", file.display());
        }
    }
}

/// Every file of the library that belongs to no face.
fn core_files() -> Vec<PathBuf> {
    let source = root().join("src");
    let files: Vec<PathBuf> = rust_files(&source)
        .into_iter()
        .filter(|file| {
            ["edge", "edge.rs", "browser", "browser.rs", "bin"]
                .iter()
                .all(|face| !file.starts_with(source.join(face)))
        })
        .collect();
    assert!(files.len() > 15, "the core has more files than {}", files.len());
    files
}

fn rust_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    fs::read_dir(path)
        .unwrap()
        .flat_map(|entry| rust_files(&entry.unwrap().path()))
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
