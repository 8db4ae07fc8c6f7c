// Makes a module trap at once where it would panic: node dev/trap-on-panic.mjs MODULE [--without-debug]
//
// In the Worker and on the page, nobody sees the message of a panic: Rust's library writes it to an output that the platform does not have, and then
// traps. Here the library's functions that only end in a panic become a trap, and `wasm-opt` then removes what only they
// need: formatting, and the arguments of every call. Where a module traps stays the same. The places in the sources, which only a
// message contains, become zeros. `--without-debug` is for a module in which only messages of panics show values by `Debug`
// (clippy's lint `use_debug`; the crate `worker` shows its errors so): that becomes a trap too. bench/SIZE.md says what this saves.
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

// How a value looks in a message.
const DEBUG = / as core::fmt::Debug>::fmt(::h[0-9a-f]{16})?$/;

// The path of a source file, as a panic names it.
const SOURCE = /(\/rustc\/|\/rust\/|\/cargo\/|src\/)[\w.+/-]+?\.rs/g;

// Where the data segments of a module are: the address of each in memory, and where its bytes are in the file.
function segments(bytes) {
  const found = [];
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return value;
      }
    }
  };
  while (at < bytes.length) {
    const [section, size] = [bytes[at++], number()];
    const end = at + size;
    if (section === 11) {
      for (let left = number(); left > 0; left -= 1) {
        // 0: active, in memory 0, at a constant address.
        if (number() !== 0 || bytes[at++] !== 0x41) {
          throw new Error(`${path}: a data segment has another form than expected`);
        }
        const address = number();
        at += 1;
        const length = number();
        found.push({ address, begin: at, end: at + length });
        at += length;
      }
    }
    at = end;
  }
  return found;
}

// Overwrites the places that panics name: the paths, and each `Location`: a path's address and length, a line and a column.
function withoutPlaces(bytes) {
  const parts = segments(bytes);
  const lengths = new Map();
  for (const { address, begin, end } of parts) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + begin, end - begin);
    for (const { 0: source, index } of text.toString("latin1").matchAll(SOURCE)) {
      lengths.set(address + index, source.length);
      text.fill(0, index, index + source.length);
    }
  }
  for (const { address, begin, end } of parts) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + begin, end - begin);
    for (let at = -address & 3; at + 16 <= view.byteLength; at += 4) {
      if (lengths.has(view.getUint32(at, true)) && lengths.get(view.getUint32(at, true)) === view.getUint32(at + 4, true)) {
        [0, 4, 8, 12].forEach((part) => view.setUint32(at + part, 0));
      }
    }
  }
  return bytes;
}

const [path, option] = process.argv.slice(2);
const traps = option === "--without-debug" ? [...PANICS, DEBUG] : PANICS;
const module = binaryen.readBinary(readFileSync(path));
module.setFeatures(binaryen.Features.All);
const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
  binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
);
const panics = functions.filter(({ name }) => {
  const plain = name.replaceAll(/\[[0-9a-f]+\]/g, "");
  return traps.some((pattern) => pattern.test(plain));
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
writeFileSync(path, withoutPlaces(module.emitBinary()));
