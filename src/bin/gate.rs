//! The Worker's gate, which answers or forwards every request, as a WebAssembly module. It contains what `src/gate` exports.
#![no_main]

use lychgate as _;
