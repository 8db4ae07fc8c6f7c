//! Runs every input below a folder of corpora (`<folder>/<target>/<file>`) and prints `target/file<TAB>outcome` for each,
//! sorted by name.

use std::{env, fs};

fn main() {
    let root = env::args().nth(1).expect("usage: replay FOLDER");
    for (name, check) in lychgate_fuzz::TARGETS {
        let mut files: Vec<_> = fs::read_dir(format!("{root}/{name}"))
            .unwrap_or_else(|error| panic!("{root}/{name}: {error}"))
            .map(|entry| entry.expect("a folder entry").path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{root}/{name} holds no input");
        for file in files {
            let data = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let base = file.file_name().unwrap_or_default().to_string_lossy();
            eprintln!("{name}/{base}");
            println!("{name}/{base}\t{}", lychgate_fuzz::outcome(check, &data));
        }
    }
}
