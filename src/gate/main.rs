//! The Worker's gate, which answers or forwards every request, as a WebAssembly module of its own: what this folder exports.
#![no_main]

use lychgate as _;
