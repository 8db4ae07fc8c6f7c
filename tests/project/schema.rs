//! The tables of a ledger, and the number that says which they are.

use std::fs;

use sha2::{Digest, Sha256};

use crate::root;

/// The version of today's tables, and the first bytes of their SHA-256. A ledger with other tables under the same version would fail
/// at every statement, instead of saying what to do. Change both when you change the tables.
const TODAY: (u32, &str) = (3, "d4eb1fa7e29f956f");

#[test]
fn other_tables_have_another_version() {
    let schema = fs::read_to_string(root().join("src/service/durable_object/schema.rs")).unwrap();
    let version = schema.split_once("const VERSION: u32 = ").unwrap().1;
    let version: u32 = version.split_once(';').unwrap().0.parse().unwrap();
    let tables = schema
        .split_once("const TABLES")
        .unwrap()
        .1
        .split_once("\n];")
        .unwrap()
        .0;
    // Comments and line breaks tell nothing about the tables.
    let lines = tables.lines().map(str::trim);
    let statements: String = lines.filter(|line| !line.starts_with("//")).collect();
    let digest: String = Sha256::digest(statements)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        (version, digest.as_str()),
        TODAY,
        "the tables have changed: count their version up"
    );
}
