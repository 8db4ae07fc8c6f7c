//! The Worker's parser of route tables as a WebAssembly module: the library, which exports what this folder defines.
#![no_main]

use lychgate as _;
