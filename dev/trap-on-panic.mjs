// Makes a module trap at once where it would panic: node dev/trap-on-panic.mjs LINKED MODULE [--without-debug]
//
// In the Worker and on the page, nobody sees the message of a panic: Rust's library writes it to an output that the platform does
// not have, and then traps. Here the library's functions that only end in a panic become a trap. What only they need is removed too:
// functions become a trap, which `wasm-opt` then removes, and texts and tables become zeros. Where a module traps stays the same.
// The places in the sources, which only a message contains, become zeros as well. `--without-debug` is for a module in which only
// messages of panics show values by `Debug` (clippy's lint `use_debug`; the crate `worker` shows its errors so): that becomes a trap
// too. bench/SIZE.md says what this saves.
//
// LINKED is what the linker wrote with `--emit-relocs`: it says which function refers to which functions and data. The format is
// described in https://github.com/WebAssembly/tool-conventions/blob/main/Linking.md.
import { readFileSync, writeFileSync } from "node:fs";
import { CODE, DATA, EXPORT, FUNCTION, FUNCTION_NAMES, IMPORT, Reader, encoded, exportsOf, importsOf, rewritten } from "./wasm-module.mjs";

// The functions by their paths.
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
  /^std::thread::local::panic_access_error$/,
  /^__rustc::rust_(begin_unwind|panic)$/,
];

// How a value looks in a message.
const DEBUG = /\bDebug>?::fmt$/;

// The path of a source file, as a panic names it.
const SOURCE = /(\/rustc\/|\/rust\/|\/cargo\/|src\/)[\w.+/-]+?\.rs/g;

// The path of a function by its mangled name: of the older form each part with its length, of the newer form
// (https://doc.rust-lang.org/rustc/symbol-mangling/v0.html) the identifiers, without what tells equal ones apart.
function pathOf(name) {
  const parts = [];
  const legacy = name.startsWith("_ZN");
  const rest = legacy ? /(?<length>\d+)|./gy : /(?<length>\d+)_?|[BCs][0-9A-Za-z]*_|./gy;
  rest.lastIndex = legacy ? 3 : 2;
  for (let found = rest.exec(name); found !== null; found = rest.exec(name)) {
    const length = Number(found.groups.length ?? 0);
    parts.push(name.slice(rest.lastIndex, rest.lastIndex + length));
    rest.lastIndex += length;
  }
  const path = parts.filter((part) => part !== "").join("::");
  return legacy ? path.replace(/::h[0-9a-f]{16}$/, "").replaceAll("$GT$", ">").replaceAll("..", "::") : path;
}

// What is in a module, as far as this program needs it: the sections by their numbers, and those without a number by their names.
function sectionsOf(bytes) {
  const found = new Map();
  for (const { id, content } of new Reader(bytes, 8).parts()) {
    found.set(id === 0 ? content.text() : id, content);
  }
  return (key) => {
    const section = found.get(key);
    if (section === undefined) {
      throw new Error(`the module has no section ${key}: it must be linked with --emit-relocs`);
    }
    return new Reader(bytes, section.at, section.end);
  };
}

// How many functions are imported. Their indices come first.
function importedFunctions(section) {
  return importsOf(section).filter(({ kind }) => kind === FUNCTION).length;
}

// The functions that are exported, by their indices.
function exportedFunctions(section) {
  return exportsOf(section).filter(({ kind }) => kind === FUNCTION).map(({ index }) => index);
}

// The functions of the code section: where each begins and ends, its length included.
function functionsOf(section) {
  return section.list(() => {
    const begin = section.at;
    const length = section.number();
    section.at += length;
    return { begin, end: section.at };
  });
}

// The data segments: the address of each in memory, and where its bytes are in the module.
function segmentsOf(section) {
  return section.list(() => {
    // 0: active, in memory 0, at a constant address.
    if (section.number() !== 0 || section.byte() !== 0x41) {
      throw new Error("a data segment has another form than expected");
    }
    const address = section.number();
    section.byte();
    const length = section.number();
    const begin = section.at;
    section.at += length;
    return { address, begin, end: section.at };
  });
}

// The names of functions by their indices.
function namesOf(section) {
  const names = new Map();
  for (const { id, content } of section.parts()) {
    if (id === FUNCTION_NAMES) {
      content.list(() => names.set(content.number(), content.text()));
    }
  }
  return names;
}

const [UNDEFINED, EXPORTED, EXPLICIT_NAME, NO_STRIP] = [0x10, 0x20, 0x40, 0x80];
const [FUNCTION_SYMBOL, DATA_SYMBOL, SECTION_SYMBOL] = [0, 1, 3];

// What the linker knows by name: functions by their indices, and data by where they are in the module.
function symbolsOf(section, segments) {
  section.number();
  const table = [...section.parts()].find(({ id }) => id === 8).content;
  return table.list(() => {
    const kind = table.byte();
    const flags = table.number();
    const isKept = (flags & (EXPORTED | NO_STRIP)) !== 0;
    if (kind === DATA_SYMBOL) {
      table.text();
      if ((flags & UNDEFINED) !== 0) {
        return { kind, begin: 0, end: 0 };
      }
      const begin = segments[table.number()].begin + table.number();
      return { kind, isKept, begin, end: begin + table.number() };
    }
    const index = table.number();
    if (kind !== SECTION_SYMBOL && ((flags & UNDEFINED) === 0 || (flags & EXPLICIT_NAME) !== 0)) {
      table.text();
    }
    return { kind, isKept, index };
  });
}

// The kinds of relocations that refer to a function or to data, and those with an addend.
const REFERENCES = new Set([0, 1, 2, 3, 4, 5]);
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23]);

// Where something refers to a function or to data, and to which symbol.
function relocationsOf(section, { at: base }) {
  section.number();
  const all = section.list(() => {
    const [kind, at, symbol] = [section.byte(), base + section.number(), section.number()];
    if (WITH_ADDEND.has(kind)) {
      section.number();
    }
    return { kind, at, symbol };
  });
  return all.filter(({ kind }) => REFERENCES.has(kind));
}

// The last of the spans, which are in order, that begins at or before a place.
function spanAt(spans, at) {
  let [low, high] = [0, spans.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    [low, high] = spans[middle].begin <= at ? [middle, high] : [low, middle];
  }
  return spans[low];
}

// Overwrites the places that panics name: the paths, and each `Location`: a path's address and length, a line and a column.
function removePlaces(bytes, segments) {
  const lengths = new Map();
  for (const { address, begin, end } of segments) {
    const text = bytes.subarray(begin, end);
    for (const { 0: source, index } of Buffer.from(text).toString("latin1").matchAll(SOURCE)) {
      lengths.set(address + index, source.length);
      text.fill(0, index, index + source.length);
    }
  }
  for (const { address, begin, end } of segments) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + begin, end - begin);
    for (let at = -address & 3; at + 16 <= view.byteLength; at += 4) {
      if (lengths.has(view.getUint32(at, true)) && lengths.get(view.getUint32(at, true)) === view.getUint32(at + 4, true)) {
        [0, 4, 8, 12].forEach((part) => view.setUint32(at + part, 0));
      }
    }
  }
}

// The body of a function without local variables that traps: `unreachable`, `end`; before it its length.
const TRAP = Buffer.from([3, 0, 0x00, 0x0b]);

// The code section with a trap in place of some functions.
function withTraps(bytes, functions, isTrap) {
  const bodies = functions.map(({ begin, end }, index) => (isTrap(index) ? TRAP : bytes.subarray(begin, end)));
  return Buffer.concat([encoded(functions.length), ...bodies]);
}

const [linked, path, option] = process.argv.slice(2);
const traps = option === "--without-debug" ? [...PANICS, DEBUG] : PANICS;
const bytes = readFileSync(linked);
const section = sectionsOf(bytes);
const imported = importedFunctions(section(IMPORT));
const functions = functionsOf(section(CODE));
const segments = segmentsOf(section(DATA));
const symbols = symbolsOf(section("linking"), segments);
const names = namesOf(section("name"));
const panics = new Set(
  [...names].filter(([, name]) => traps.some((pattern) => pattern.test(pathOf(name)))).map(([index]) => index),
);
if (panics.size === 0) {
  throw new Error(`${linked}: no function is named as those that panic are`);
}

// What each function, by its index, and each piece of data refers to. What a panic refers to is not needed for it any more.
const references = new Map();
function refer(from, symbol) {
  const to = symbol.kind === FUNCTION_SYMBOL ? symbol.index : symbol;
  references.set(from, (references.get(from) ?? new Set()).add(to));
}
const numbered = functions.map((span, index) => ({ ...span, index: imported + index }));
for (const { at, symbol } of relocationsOf(section("reloc.CODE"), section(CODE))) {
  const { index } = spanAt(numbered, at);
  if (!panics.has(index)) {
    refer(index, symbols[symbol]);
  }
}
const data = symbols.filter(({ kind }) => kind === DATA_SYMBOL);
for (const { at, symbol } of relocationsOf(section("reloc.DATA"), section(DATA))) {
  for (const from of data.filter(({ begin, end }) => begin <= at && at < end)) {
    refer(from, symbols[symbol]);
  }
}

// What is needed: what is exported, and what that refers to.
const needed = new Set([...exportedFunctions(section(EXPORT)), ...data.filter(({ isKept }) => isKept)]);
// The loop also comes to what is added meanwhile.
for (const one of needed) {
  references.get(one)?.forEach((other) => needed.add(other));
}
const keptData = data.filter((one) => needed.has(one)).map(({ begin, end }) => [begin, Buffer.from(bytes.subarray(begin, end))]);
data.forEach(({ begin, end }) => bytes.fill(0, begin, end));
keptData.forEach(([begin, content]) => content.copy(bytes, begin));
removePlaces(bytes, segments);
const code = withTraps(bytes, functions, (index) => panics.has(imported + index) || !needed.has(imported + index));
// What the linker wrote for this program is wrong from now on.
const isForLinker = (name) => name === "linking" || name.startsWith("reloc.");
writeFileSync(
  path,
  rewritten(bytes, (id, name, content) => (isForLinker(name) ? undefined : id === CODE ? code : content)),
);
