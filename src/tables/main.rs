//! The Worker's parser of route tables, as a WebAssembly module of its own: what this folder exports.
#![no_main]

use lychgate as _;
