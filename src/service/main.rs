//! The Worker's service: the management API, sign-in and the ledger, as a WebAssembly module of its own: what this folder exports.
#![no_main]

use lychgate as _;
