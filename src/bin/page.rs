//! The page's module, as a WebAssembly module. It contains what `src/page` exports.
#![no_main]

use lychgate as _;
