// Makes a module trap at once where it would panic: node dev/trap-on-panic.mjs MODULE
//
// In the Worker and on the page, nobody sees the message of a panic: Rust's library writes it to an output that the platform does not have, and then
// traps. Here the library's functions that only end in a panic become a trap, and `wasm-opt` then removes what only they
// need: formatting, and the arguments of every call. Where a module traps stays the same. bench/SIZE.md says what this saves.
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

// The functions by their paths, without the hashes of the crates.
const PANICS = [
  /^core::panicking::/,
  /^core::option::(unwrap|expect)_failed$/,
  /^core::result::unwrap_failed$/,
  /^core::cell::panic_/,
  /^core::slice::index::slice_\w+_fail/,
  /^core::str::slice_error_fail/,
  /^alloc::alloc::handle_alloc_error$/,
  /^alloc::raw_vec::(handle_error|capacity_overflow)$/,
  /^std::alloc::rust_oom/,
  /^std::panicking::(panic_with_hook|panic_handler)/,
  /^<std::panicking::panic_handler::/,
  /^std::thread::local::panic_access_error$/,
  /^__rustc::rust_(begin_unwind|panic)$/,
];

const [path] = process.argv.slice(2);
const module = binaryen.readBinary(readFileSync(path));
module.setFeatures(binaryen.Features.All);
const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
  binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
);
const panics = functions.filter(({ name }) => {
  const plain = name.replaceAll(/\[[0-9a-f]+\]/g, "");
  return PANICS.some((pattern) => pattern.test(plain));
});
if (panics.length === 0) {
  throw new Error(`${path}: no function is named as those that panic are`);
}
for (const { name, params, results } of panics) {
  module.removeFunction(name);
  module.addFunction(name, params, results, [], module.unreachable());
}
// The names of the functions stay for what follows.
binaryen.setDebugInfo(true);
writeFileSync(path, module.emitBinary());
