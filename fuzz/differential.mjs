// Runs every committed corpus entry natively and in WebAssembly, and fails if the results differ:
// node differential.mjs REPLAY MODULE CORPUS
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [replay, module, corpus] = process.argv.slice(2);
const printed = execFileSync(replay, [corpus], { encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "pipe"] });
const native = printed.trimEnd().split("\n").map((line) => line.split("\t"));

const compiled = new WebAssembly.Module(readFileSync(module));
let instance = new WebAssembly.Instance(compiled);

function put(place, bytes) {
  const at = instance.exports[place](bytes.length);
  new Uint8Array(instance.exports.memory.buffer).set(bytes, at);
}

function inWasm(target, input) {
  put("name", new TextEncoder().encode(target));
  put("input", input);
  try {
    const length = instance.exports.run();
    const at = instance.exports.outcome();
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(instance.exports.memory.buffer, at, length));
  } catch (error) {
    instance = new WebAssembly.Instance(compiled);
    return `trap: ${error.message}`;
  }
}

let passed = 0;
const failures = [];
const targets = new Set();
for (const [entry, expected] of native) {
  const target = entry.split("/")[0];
  targets.add(target);
  const found = inWasm(target, readFileSync(join(corpus, entry)));
  if (found === expected) passed += 1;
  else failures.push(`${entry}:\n  natively  ${expected}\n  in wasm   ${found}`);
}
if (failures.length > 0) console.error(failures.slice(0, 20).join("\n"));
if (passed < 20 * targets.size) throw new Error(`only ${passed} entries of ${targets.size} targets were compared`);
console.log(`${targets.size} fuzz targets, every corpus entry natively and in WebAssembly:`);
console.log(`${passed} passed, ${failures.length} failed`);
if (failures.length > 0) process.exit(1);
