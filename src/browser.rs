//! The page's face of the core, through wasm-bindgen.
