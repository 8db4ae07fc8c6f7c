//! The fuzz targets: each calls the core with an input, asserts what must hold of every result, and describes the result on
//! one line.
//!
//! The replay compares these lines: an input must have the same result natively and in WebAssembly. If a property does not
//! hold, the target panics, natively, in WebAssembly and under libFuzzer alike.

pub mod assertion;
pub mod authorization;
pub mod github_report;
pub mod lfs_batch;
pub mod membership_record;
#[allow(dead_code, reason = "the properties use the rest")]
#[path = "../../tests/properties/oracle.rs"]
mod oracle;
pub mod request;
pub mod route_table;
pub mod sealed_list;
mod sealing;
pub mod sign_in_assertion;
mod spelling;
mod table_check;
pub mod token;
#[cfg(target_arch = "wasm32")]
pub mod wasm;

/// Runs a target on one input.
pub type Check = fn(&[u8]) -> String;

/// All targets by name. Each corpus has the same name.
pub const TARGETS: [(&str, Check); 10] = [
    ("token", token::check),
    ("authorization", authorization::check),
    ("request", request::check),
    ("route_table", route_table::check),
    ("sealed_list", sealed_list::check),
    ("membership_record", membership_record::check),
    ("lfs_batch", lfs_batch::check),
    ("github_report", github_report::check),
    ("assertion", assertion::check),
    ("sign_in_assertion", sign_in_assertion::check),
];

/// The target of this name.
pub fn target(name: &str) -> Option<Check> {
    TARGETS
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, check)| check)
}

/// The result of an input, on one line.
pub fn outcome(check: Check, data: &[u8]) -> String {
    check(data).escape_debug().to_string()
}
