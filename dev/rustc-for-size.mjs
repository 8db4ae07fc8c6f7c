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
  "7request10word_marks",
  "7request11gate_prefix",
  "7request8skeleton",
  "7request11credentials",
  "7request7content",
  "6routes5entry",
  "6routes14interpretation",
  "6routes7pattern",
  "6routes5query",
  "6routes8resource",
  "6routes14slot_condition",
  "6routes12method_table",
  "6routes13marked_target",
  "6routes9path_tree",
  "6routes5table10RouteTable8classify",
  "6routes5table10RouteTable15classify_marked",
  "6routes5table10RouteTable18holds_free_text_of",
  "6routes5table10RouteTable4rule",
  "6routes5table10RouteTable6method",
  "6routes5table10RouteTable12in_its_table",
  "6routes5table16asks_for_another",
  "6routes5table27names_a_repository_in_query",
  "6routes10table_rule9TableRule",
  "6routes5class5Class12without_body",
  "6routes5class5Class8at_least",
  "5token7in_text",
  "5token8verifier",
  "5token11wire_format",
  "5token6layout",
  "5token11restriction",
  "5token6claims",
  "4keys12derived_keys3mac",
  "4keys12derived_keys4hmac",
  "4keys8key_ring7KeyRing9sign_with",
  "4keys12derived_keys10keyed_hmac",
  "5state10revocation",
  "8identity9assertion6signer15AssertionSigner",
].map((path) => `8lychgate${path}`).concat([
  // Functions of traits. Their names begin with the type.
  "lychgate..request..method..Method$u20$as$u20$core..str..traits..FromStr",
  "lychgate..policy..verdict..Verdict$u20$as$u20$core..convert..From",
  "lychgate..token..restriction..restrictions..WireRestrictions$u20$as$u20$core..iter..traits..iterator..Iterator",
]);

// What of it runs seldom: when a table or a list is loaded, a token with restrictions or a header's name is met for the first time, or a
// restriction is told of.
const SELDOM = [
  "5state10revocation4list14RevocationList4open",
  "5state10revocation11Revocations6accept",
  "5state10revocation6report",
  "5token11restriction4json",
  "5token11restriction11Restriction9from_list",
  "6policy12restrictions5Asked8in_words",
  "5token11restriction11Restriction7allowed",
  "10forwarding15ForwardedFields3new",
  "10forwarding15ForwardedFields5class",
  "10forwarding7dropped",
  "6routes12method_table8building",
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
  "6routes5entry5Entry8resource",
  "6routes12method_table11MethodTable8resource",
  "6routes12method_table11MethodTable18may_be_for_another",
  "6routes5query9find_path",
  "6routes12method_table11MethodTable10read_query",
  "7request6target26is_trap_when_decoded_again",
  "10forwarding15ForwardedFields4edit",
  "5token11restriction8networks5Block5parse",
].map((path) => `8lychgate${path}`);

// Packages whose profile says that they are built for speed: what they are instantiated with here is too.
const FAST_PACKAGES = ["4hmac", "4sha2", "6digest", "12block_buffer", "3crc", "7roaring", "6subtle"];

// For the library and for what is linked: loops of few turns stay loops. What other packages were compiled to stays as it is, such as
// SHA-256.
const FEW_UNROLLED = "-Cllvm-args=-unroll-threshold=20";

function isFast(name) {
  return (
    (FAST.some((path) => name.includes(path)) && !SELDOM.some((path) => name.includes(path))) ||
    FAST_PACKAGES.some((path) => name.startsWith(`_ZN${path}`))
  );
}

// The entries of the lists that name no function. What was renamed would otherwise be built for size, and nobody would notice.
function namesNothing(all) {
  const paths = [...FAST, ...SELDOM].filter((path) => !all.some((name) => name.includes(path)));
  const packages = FAST_PACKAGES.filter((path) => !all.some((name) => name.startsWith(`_ZN${path}`)));
  return [...paths, ...packages];
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
const name = given.includes("--crate-name") ? value("--crate-name") : "";
const isLibrary = name === "lychgate" && given.includes("--out-dir");
// The bench's module is linked like the gate.
const isLinked = ["gate", "lychgate_bench"].includes(name);
const added = [];
if (isLibrary && !given.includes("--test")) {
  const [bitcode, list] = ["names.bc", "small.csv"].map((file) => join(value("--out-dir"), `lychgate-${file}`));
  const whole = given.filter((argument) => !/^--(emit|json|error-format)=/.test(argument));
  const first = spawnSync(rustc, [...whole, "-Cno-prepopulate-passes", "--cap-lints=allow", `--emit=llvm-bc=${bitcode}`], {
    // Cargo's pool of jobs is not passed on to it.
    env: { ...process.env, CARGO_MAKEFLAGS: undefined },
    stdio: "inherit",
  });
  if (first.status !== 0) {
    process.exit(first.status ?? 1);
  }
  const all = names(readFileSync(bitcode));
  rmSync(bitcode);
  const unused = namesNothing(all);
  if (unused.length > 0) {
    console.error(`error: dev/rustc-for-size.mjs names no function with ${unused.join(", ")}; was a module or function renamed?`);
    process.exit(1);
  }
  const small = all.filter((name) => !isFast(name));
  writeFileSync(list, small.map((name) => `${name},minsize\n${name},optsize\n`).join(""));
  // The names of symbols depend on the compiler's options. Without the folder in them, all folders build the same bytes.
  added.push(`-Cllvm-args=-forceattrs-csv-path=${relative(process.cwd(), list)}`);
}
if (isLibrary || isLinked) {
  added.push(FEW_UNROLLED);
}
const last = spawnSync(rustc, [...given, ...added], { env: { ...process.env, CARGO_MAKEFLAGS: undefined }, stdio: ["inherit", "inherit", "pipe"], maxBuffer: 2 ** 30 });
// When the packages are linked, LLVM reads the file again, and names of it are gone.
process.stderr.write(
  last.stderr.toString().replaceAll(/^Function in CSV file at line \d+ does not exist\.\n/gm, ""),
);
process.exit(last.status ?? 1);
