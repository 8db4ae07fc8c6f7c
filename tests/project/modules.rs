//! Which module may name which others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::{core_files, root, rust_files};

/// The names of the platform, which only the interfaces may use.
const PLATFORM: [&str; 5] = ["worker::", "web_sys", "js_sys", "wasm_bindgen", "worker_sys"];

/// The names of everything that the core takes as an argument or does not do at all.
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
    // `isolate` is what the gate and the service share. It uses neither.
    for interface in ["bin", "page", "gate", "isolate", "service", "tables"] {
        let others: Vec<String> = ["page", "gate", "service", "tables"]
            .into_iter()
            .filter(|other| *other != interface)
            // The command line has modules of its own, and uses the library by its name.
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
    for interface in ["gate", "isolate"] {
        for file in files_of(interface) {
            assert_names_none(&file, &["worker::"]);
        }
    }
}

#[test]
fn the_folders_of_the_core_use_each_other_in_one_direction() {
    assert_no_circle(&dependencies_of(|group| group.first().cloned(), &core_modules()));
}

/// If two files need a type, it belongs in neither of them. A folder's front page only re-exports, so it counts as no file.
#[test]
fn the_files_of_a_folder_use_each_other_in_one_direction() {
    let modules = core_modules();
    assert_no_circle(&dependencies_of(
        |file| {
            let module = modules.get(file)?;
            (!module.is_front_page).then(|| file.join("/"))
        },
        &modules,
    ));
}

#[test]
fn a_circle_is_found() {
    let dependencies = |pairs: &[(&str, &str)]| {
        let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (user, used) in pairs {
            dependencies
                .entry((*user).to_owned())
                .or_default()
                .insert((*used).to_owned());
        }
        dependencies
    };
    assert_eq!(
        circle_in(&dependencies(&[("a", "b"), ("b", "c"), ("a", "c")])),
        None
    );
    let circle = circle_in(&dependencies(&[("a", "b"), ("b", "c"), ("c", "b")])).unwrap();
    assert_eq!(circle, ["b", "c"]);
}

/// The compiler ignores a file that no module declares, without a warning.
#[test]
fn every_file_is_declared_by_the_front_page_of_its_folder() {
    for file in rust_files(&root().join("src")) {
        if file.ends_with("lib.rs") || file.ends_with("main.rs") {
            continue;
        }
        let module = if file.ends_with("mod.rs") {
            file.parent().unwrap()
        } else {
            &file
        };
        let folder = module.parent().unwrap();
        let front_page = ["mod.rs", "lib.rs", "main.rs"]
            .map(|name| folder.join(name))
            .into_iter()
            .chain([folder.with_extension("rs")])
            .find(|page| page.is_file())
            .unwrap_or_else(|| panic!("{} has no front page", folder.display()));
        let declaration = format!("mod {};", module.file_stem().unwrap().to_str().unwrap());
        let text = fs::read_to_string(front_page).unwrap();
        assert!(
            text.lines().any(|line| line
                .strip_suffix(&declaration)
                .is_some_and(|before| before.is_empty() || before.starts_with("pub"))),
            "{}: no module declares it; expected `{declaration}` in its folder's front page",
            file.display()
        );
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

/// An interface's folder.
fn files_of(interface: &str) -> Vec<PathBuf> {
    let files = rust_files(&root().join("src").join(interface));
    assert!(!files.is_empty(), "{interface} has no files");
    files
}

/// A file of the core: its code outside its tests, and whether it is the front page of a folder.
struct Module {
    code: String,
    is_front_page: bool,
}

/// The files of the core by their modules' names, such as `["routes", "table"]`.
fn core_modules() -> BTreeMap<Vec<String>, Module> {
    let source = root().join("src");
    let mut modules = BTreeMap::new();
    for file in core_files() {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(&source).unwrap().with_extension("");
        let mut name: Vec<String> = path
            .iter()
            .map(|part| part.to_str().unwrap().to_owned())
            .collect();
        let is_front_page = name.pop_if(|last| last == "mod").is_some();
        if name != ["lib"] {
            let code = code_of(&text);
            modules.insert(name, Module { code, is_front_page });
        }
    }
    modules
}

/// The dependencies between the modules, each under the name that `group` gives it, if any.
fn dependencies_of(
    group: impl Fn(&[String]) -> Option<String>,
    modules: &BTreeMap<Vec<String>, Module>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, module) in modules {
        let Some(user) = group(name) else { continue };
        for path in paths_in(&module.code) {
            let mut used = match path.first().map(String::as_str) {
                Some("crate") => Vec::new(),
                Some("super") => name
                    .split_last()
                    .map_or(Vec::new(), |(_, parent)| parent.to_vec()),
                Some(_) | None => continue,
            };
            used.extend(path.into_iter().skip(1));
            let used = module_of(used, modules);
            if let Some(used) = group(&used).filter(|used| *used != user) {
                dependencies.entry(user.clone()).or_default().insert(used);
            }
        }
    }
    dependencies
}

/// The module that a path leads to, behind the front page of its folder.
fn module_of(mut path: Vec<String>, modules: &BTreeMap<Vec<String>, Module>) -> Vec<String> {
    let mut inside = Vec::new();
    while !path.is_empty() && !modules.contains_key(&path) {
        inside.extend(path.pop());
    }
    let offered = modules.get(&path).filter(|module| module.is_front_page);
    let offered = offered.map(|module| offered_by(&module.code)).unwrap_or_default();
    let file = inside.last().and_then(|name| offered.get(name));
    match file {
        Some(file) => {
            path.push(file.clone());
            path.extend(inside.into_iter().rev());
            module_of(path, modules)
        }
        None => path,
    }
}

/// The paths in a text that begin with `crate` or `super`. Paths in braces are listed one by one.
fn paths_in(code: &str) -> Vec<Vec<String>> {
    let is_path = |character: char| character.is_alphanumeric() || matches!(character, '_' | ':');
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find("crate::").into_iter().chain(rest.find("super::")).min() {
        let (_, from_start) = rest.split_at(start);
        let end = from_start
            .find(|character| !is_path(character))
            .unwrap_or(from_start.len());
        let (path, after) = from_start.split_at(end);
        rest = after;
        let stem: Vec<String> = path
            .trim_end_matches(':')
            .split("::")
            .map(str::to_owned)
            .collect();
        match after.strip_prefix('{').and_then(|list| list.split_once('}')) {
            Some((list, _)) if path.ends_with("::") => paths.extend(list.split(',').map(|item| {
                assert!(!item.contains('{'), "a list in a list: {path}{{{list}");
                let item = item.split_whitespace().next().unwrap_or_default();
                let names = item.split("::").filter(|name| *name != "self").map(str::to_owned);
                stem.iter().cloned().chain(names).collect()
            })),
            Some(_) | None => paths.push(stem),
        }
    }
    paths
}

/// What a front page re-exports of its folder's files: the name of the file by the name of the item.
fn offered_by(front_page: &str) -> BTreeMap<String, String> {
    let mut offered = BTreeMap::new();
    for statement in front_page.split(';').map(str::trim) {
        let Some((_, path)) = statement.split_once("use ") else {
            continue;
        };
        let Some((file, names)) = path.trim_start_matches("self::").split_once("::") else {
            continue;
        };
        for name in names.trim_matches(['{', '}']).split(',').map(str::trim) {
            offered.insert(name.to_owned(), file.to_owned());
        }
    }
    offered
}

fn assert_no_circle(dependencies: &BTreeMap<String, BTreeSet<String>>) {
    assert!(dependencies.len() > 5, "{dependencies:?}");
    assert_eq!(
        circle_in(dependencies),
        None,
        "each uses the next, and the last uses the first"
    );
}

/// Repeatedly removes every module that depends on no other that is left. The rest is in a circle, or depends on one.
fn circle_in(dependencies: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut left = dependencies.clone();
    loop {
        let names: BTreeSet<String> = left.keys().cloned().collect();
        left.retain(|_, used| !used.is_disjoint(&names));
        if left.len() == names.len() {
            break;
        }
    }
    let mut trail = vec![left.keys().next()?.clone()];
    loop {
        let next = left
            .get(trail.last()?)?
            .iter()
            .find(|used| left.contains_key(*used))?;
        if let Some(start) = trail.iter().position(|name| name == next) {
            return Some(trail.split_off(start));
        }
        trail.push(next.clone());
    }
}

/// A file's code without its comments and without the tests at its end.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn assert_names_none(file: &Path, names: &[&str]) {
    let text = fs::read_to_string(file).unwrap();
    for line in code_of(&text).lines() {
        for name in names {
            assert!(!line.contains(name), "{} names {name}: {line}", file.display());
        }
    }
}
