//! Every dependency has a stated purpose, and is used.

use std::fs;

use crate::{core_files, root, rust_files};

const MANIFEST: &str = include_str!("../../Cargo.toml");

#[test]
fn every_dependency_has_its_line_in_the_architecture() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = page.split("\n## Dependencies\n").nth(1).unwrap();
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
fn every_dependency_is_used_where_its_kind_and_feature_say() {
    let features = |name: &str| -> Vec<&str> {
        let lines = MANIFEST.lines();
        let enables = lines.filter(|line| line.contains(&format!("\"dep:{name}\"")));
        enables.filter_map(|line| line.split(" = ").next()).collect()
    };
    for (name, is_dev) in dependencies_in(MANIFEST) {
        if is_dev {
            let is_used = source_in(&["tests", "examples"])
                .iter()
                .any(|text| names(text, name));
            let is_test = |text: &String| {
                text.split_once("#[cfg(test)]")
                    .is_some_and(|(_, tests)| names(tests, name))
            };
            assert!(
                is_used || source_in(&["src"]).iter().any(is_test),
                "no test or example names {name}: remove it from the dev-dependencies"
            );
        }
        for feature in features(name) {
            let folders: &[&str] = match feature {
                "gate" => &["src/gate", "src/isolate"],
                "service" => &["src/service", "src/isolate"],
                "page" => &["src/page"],
                "tables" => &["src/tables"],
                "cli" => &["src/bin"],
                other => panic!("to which folder does the feature {other} belong?"),
            };
            let mut source = source_in(folders);
            if feature != "cli" {
                source.push(fs::read_to_string(root().join("src/allocator.rs")).unwrap());
            }
            assert!(
                is_named_in(&source, name),
                "the feature {feature} enables {name} but does not name it: remove it"
            );
        }
        if !is_dev && features(name).is_empty() {
            let core: Vec<String> = core_files()
                .iter()
                .map(|file| fs::read_to_string(file).unwrap())
                .collect();
            assert!(
                is_named_in(&core, name),
                "the core does not name {name}: remove it, or make it optional"
            );
        }
    }
    for (package, folders) in [
        ("fuzz", &["fuzz/src", "fuzz/fuzz_targets"][..]),
        ("bench", &["bench/src", "bench/benches"]),
        ("dev/bindgen", &["dev/bindgen/src"]),
    ] {
        let manifest = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        for (name, _) in dependencies_in(&manifest) {
            let is_used = source_in(folders).iter().any(|text| names(text, name));
            assert!(is_used, "nothing in {package} names {name}: remove it");
        }
    }
}

/// The text of all Rust files in these folders.
fn source_in(folders: &[&str]) -> Vec<String> {
    let files = folders.iter().flat_map(|folder| rust_files(&root().join(folder)));
    files.map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Whether one of the texts names the crate outside its tests.
fn is_named_in(texts: &[String], dependency: &str) -> bool {
    texts
        .iter()
        .filter_map(|text| text.split("#[cfg(test)]").next())
        .any(|text| names(text, dependency))
}

/// Whether a line of code names the crate.
fn names(text: &str, dependency: &str) -> bool {
    let name = dependency.replace('-', "_");
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).any(|line| {
        line.match_indices(&name).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let is_whole = before.is_none_or(|before| !before.is_alphanumeric() && before != '_');
            let after = &line[at + name.len()..];
            is_whole && (after.starts_with("::") || (after.starts_with(';') && line.contains("use ")))
        })
    })
}

/// The names of all dependencies of this package, sorted and without duplicates.
fn dependencies() -> Vec<&'static str> {
    let mut names: Vec<&str> = dependencies_in(MANIFEST)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 20, "{names:?}");
    names
}

/// A manifest's dependencies, and whether each is for development only.
fn dependencies_in(manifest: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.ends_with("dependencies]")
            && line.starts_with(|first: char| first.is_ascii_lowercase())
        {
            let name = line.split(" = ").next();
            found.extend(name.map(|name| (name, section.ends_with("dev-dependencies]"))));
        }
    }
    found
}
