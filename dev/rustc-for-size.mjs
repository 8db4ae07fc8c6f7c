#!/usr/bin/env node
// The compiler, for the gate: functions that the path of a request does not go through are optimized for size. Cargo calls it in
// place of rustc (RUSTC_WRAPPER): rustc-for-size.mjs RUSTC ARGUMENT...
//
// Rust's own attribute for this, `#[optimize(size)]`, is not stable, and a profile knows only whole packages. LLVM takes the
// attributes of functions from a file (`-forceattrs-csv-path`), by the names that the compiler gives them. So the library is
// compiled twice: once without optimization, which tells the names, and once with the file. bench/SIZE.md says what it saves.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

// What stays optimized for speed: what decides, forwards or refuses a request. Paths in a mangled name, each part with its length.
const FAST = [
  "6policy",
  "10forwarding",
  "7request6target",
  "7request9ascii_set",
  "7request10word_marks",
  "7request11gate_prefix",
  "7request8skeleton",
  "7request12lenient_name",
  "7request11credentials",
  "7request7content",
  "7request6method",
  "6routes5entry",
  "6routes12interpretation",
  "6routes7pattern",
  "6routes5query",
  "6routes8resource",
  "6routes14slot_condition",
  "6routes12method_table",
  "6routes13marked_target",
  "6routes9path_tree",
  "6routes5table10RouteTable8classify",
  "6routes5table10RouteTable15classify_marked",
  "6routes5table10RouteTable8resource",
  "6routes5table10RouteTable18resource_of_marked",
  "6routes5table10RouteTable22may_be_another_request",
  "6routes5table10RouteTable20holds_free_text_of",
  "6routes5table16asks_for_another",
  "5token7in_text",
  "5token8verifier",
  "5token11wire_format",
  "5token6layout",
  "5token11restriction",
  "5token6claims",
  "4keys12derived_keys3mac",
  "4keys12derived_keys10keyed_hmac",
  "5state10revocation",
  "8identity9assertion6signer15AssertionSigner",
].map((path) => `8lychgate${path}`);

// What of it runs seldom: when a table or a list is loaded, or a token with restrictions is met for the first time.
const SELDOM = [
  "5state10revocation4list14RevocationList4open",
  "5token11restriction4json",
  "5token11restriction11Restriction9from_list",
  "10forwarding15ForwardedFields3new",
  "6routes12method_table11MethodTable6finish",
  "6routes12method_table11MethodTable3add",
  "6routes7pattern7Pattern6expand",
  "6routes9path_tree8PathTree10entries_at",
  "6routes9path_tree8PathTree11overlapping",
  "6routes9path_tree8PathTree16overlapping_from",
  "6routes9path_tree8PathTree8all_from",
  "7request10word_marks9WordMarks3add",
  "6routes5entry5Entry3new",
  "6routes5entry5Entry3add",
  "6routes5entry5Entry6naming",
  "6routes14slot_condition13SlotCondition5parse",
].map((path) => `8lychgate${path}`);

// Packages whose profile says that they are built for speed: what they are instantiated with here is too.
const FAST_PACKAGES = ["4hmac", "4sha2", "6digest", "12block_buffer", "3crc", "7roaring", "6subtle", "6base64"];

function isFast(name) {
  return (
    (FAST.some((path) => name.includes(path)) && !SELDOM.some((path) => name.includes(path))) ||
    FAST_PACKAGES.some((path) => name.startsWith(`_ZN${path}`))
  );
}

// The names in a table of names without separators. Each is a sequence of parts with their lengths, and the last part is a hash.
function names(bitcode) {
  const text = bitcode.toString("latin1");
  const found = new Set();
  for (const { index } of text.matchAll(/_ZN(?=\d)/g)) {
    let [at, last] = [index + 3, ""];
    for (;;) {
      const [length] = /^\d*/.exec(text.slice(at, at + 5));
      if (length === "") {
        break;
      }
      at += length.length;
      last = text.slice(at, at + Number(length));
      at += Number(length);
    }
    if (text[at] === "E" && /^h[0-9a-f]{16}$/.test(last)) {
      found.add(text.slice(index, at + 1));
    }
  }
  return [...found].toSorted();
}

const [rustc, ...given] = process.argv.slice(2);
const value = (option) => given[given.indexOf(option) + 1];
const isLibrary = given.includes("--crate-name") && value("--crate-name") === "lychgate" && given.includes("--out-dir");
const added = [];
if (isLibrary && !given.includes("--test")) {
  const [bitcode, list] = ["names.bc", "small.csv"].map((name) => join(value("--out-dir"), `lychgate-${name}`));
  const whole = given
    .filter((argument, index) => !(/^(cdylib|--emit=.*|lto.*|-Clto.*)$/.test(argument) || /^(cdylib|lto.*)$/.test(given[index + 1] ?? "")))
    .filter((argument) => !argument.startsWith("--json") && !argument.startsWith("--error-format"));
  const first = spawnSync(rustc, [...whole, "-Cno-prepopulate-passes", "--cap-lints=allow", `--emit=llvm-bc=${bitcode}`], {
    // Cargo's pool of jobs is not passed on to it.
    env: { ...process.env, CARGO_MAKEFLAGS: undefined },
    stdio: "inherit",
  });
  if (first.status !== 0) {
    process.exit(first.status ?? 1);
  }
  const small = names(readFileSync(bitcode)).filter((name) => !isFast(name));
  rmSync(bitcode);
  writeFileSync(list, small.map((name) => `${name},minsize\n${name},optsize\n`).join(""));
  // The names of symbols depend on the compiler's options. Without the folder in them, all folders build the same bytes.
  added.push(`-Cllvm-args=-forceattrs-csv-path=${relative(process.cwd(), list)}`);
}
const last = spawnSync(rustc, [...given, ...added], { env: { ...process.env, CARGO_MAKEFLAGS: undefined }, stdio: ["inherit", "inherit", "pipe"], maxBuffer: 2 ** 30 });
// When the packages are linked, LLVM reads the file again, and names of it are gone.
process.stderr.write(
  last.stderr.toString().replaceAll(/^Function in CSV file at line \d+ does not exist\.\n/gm, ""),
);
process.exit(last.status ?? 1);
