//! Which module may name what.

use std::fs;
use std::path::Path;

use crate::{core_files, root, rust_files};

/// What only the interfaces may name: the platform.
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
fn only_the_interfaces_name_the_platform() {
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
fn interfaces_never_use_each_other() {
    let interfaces = [
        ("src/edge", ["crate::page", "lychgate::page"]),
        ("src/page", ["crate::edge", "lychgate::edge"]),
    ];
    for (interface, others) in interfaces {
        let files = rust_files(&root().join(interface));
        assert!(!files.is_empty(), "{interface} has no files");
        for file in files {
            assert_names_none(&file, &others);
        }
    }
    for file in rust_files(&root().join("src/bin")) {
        assert_names_none(&file, &["lychgate::edge", "lychgate::page"]);
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
                let gates_a_module = gated.starts_with("mod ")
                    || gated.starts_with("pub mod ")
                    || gated.starts_with("super::trap::");
                assert!(
                    gates_a_module,
                    "{}: a feature gate before `{gated}`",
                    file.display()
                );
            }
        }
    }
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
