//! The Worker's service: the management API, sign-in and the ledger, as a WebAssembly module. It contains what `src/service` exports.
#![no_main]

use lychgate as _;
