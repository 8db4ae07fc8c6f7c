//! The allocator of the WebAssembly modules.

/// TLSF: allocation in constant time, and a sixth of the code of the allocator in Rust's library.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
