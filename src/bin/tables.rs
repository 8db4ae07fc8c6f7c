//! The Worker's parser of route tables, as a WebAssembly module. It contains what `src/tables` exports.
#![no_main]

use lychgate as _;
