//! Which module may name what.

use std::fs;
use std::path::{Path, PathBuf};

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
    // `isolate` is what the gate and the service share, and uses neither.
    for interface in ["bin", "page", "gate", "isolate", "service"] {
        let others: Vec<String> = ["page", "gate", "service"]
            .into_iter()
            .filter(|other| *other != interface)
            // The command line has modules of its own, and the library by its name.
            .map(|other| {
                format!(
                    "{}::{other}::",
                    if interface == "bin" { "lychgate" } else { "crate" }
                )
            })
            .collect();
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        for file in files_of(interface) {
            assert_names_none(&file, &others);
        }
    }
}

#[test]
fn the_gate_does_without_the_crate_worker() {
    for face in ["gate", "isolate"] {
        for file in files_of(face) {
            assert_names_none(&file, &["worker::"]);
        }
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
                    || gated.starts_with("super::trap::")
                    || gated.starts_with("crate::service::trap::");
                assert!(
                    gates_a_module,
                    "{}: a feature gate before `{gated}`",
                    file.display()
                );
            }
        }
    }
}

/// A face's folder, and the file beside it.
fn files_of(face: &str) -> Vec<PathBuf> {
    let mut files = rust_files(&root().join("src").join(face));
    let beside = root().join("src").join(format!("{face}.rs"));
    files.extend(Some(beside).filter(|file| file.exists()));
    assert!(!files.is_empty(), "{face} has no files");
    files
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
