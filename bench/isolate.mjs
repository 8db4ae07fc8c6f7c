// The bench in WebAssembly. It runs in Node, which has the same V8 as workerd, because the clock in workerd stops while a
// Worker computes. Prints JSON; times are CPU times in nanoseconds.
//
//   node isolate.mjs steps ROUNDS | list FILE ISSUED REVOKED | table LINES | setting ROUTES FILE | snapshot FILE | ring KEYS
import { readFileSync, writeFileSync } from "node:fs";
import { Isolate, Lists, initSync, loadSnapshot, parseSetting } from "../build/bench/wasm/lychgate_bench.js";

const NOTHING = new Uint8Array();
const bytes = readFileSync(new URL("../build/bench/wasm/lychgate_bench_bg.wasm", import.meta.url));
const { memory } = initSync({ module: bytes });

function median(figures) {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
}

function time(work) {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) * 1e3;
}

// The clock of a thread's CPU time advances in steps of some milliseconds, so a round must last far longer.
const ROUND = 100e6;

// Nanoseconds for one repetition of the work, which repeats itself: the median, and the extremes.
function measure(work, rounds = 5) {
  let times = 1;
  while (time(() => work(times)) < ROUND) {
    times *= 2;
  }
  const figures = Array.from({ length: rounds }, () => time(() => work(times)) / times);
  return { median: median(figures), low: Math.min(...figures), high: Math.max(...figures) };
}

function measureStep(isolate, step, rounds) {
  return measure((times) => {
    if (isolate.run(step, times) !== times) {
      throw new Error(`${step} did not have the expected outcome`);
    }
  }, rounds);
}

function repeat(work) {
  return (times) => {
    for (let turn = 0; turn < times; turn += 1) {
      work();
    }
  };
}

function steps(rounds) {
  const isolate = new Isolate(10_000_000, 1_000_000, 2, 0, NOTHING);
  const names = ["parse", "hmac", "lookup", "classify", "decide", "decide-new", "decide-restricted", "decide-new-restricted"];
  return Object.fromEntries(names.map((step) => [step, measureStep(isolate, step, rounds)]));
}

function list(file, issued, revoked) {
  const sealed = new Uint8Array(readFileSync(file));
  const lists = new Lists();
  const before = memory.buffer.byteLength;
  lists.take(sealed);
  const opened = memory.buffer.byteLength - before;
  const open = measure(repeat(() => lists.take(sealed)), 3);
  const refreshed = memory.buffer.byteLength - before;
  lists.free();
  const isolate = new Isolate(issued, revoked, 2, 0, sealed);
  return {
    open: open.median,
    memory_opened: opened,
    memory_refreshed: refreshed,
    lookup: measureStep(isolate, "lookup").median,
    decide: measureStep(isolate, "decide").median,
  };
}

function table(lines) {
  const isolate = new Isolate(1_000, 10, 2, lines, NOTHING);
  return {
    parse: measure(repeat(() => isolate.parseTable(lines)), 3).median,
    classify: measureStep(isolate, "classify").median,
    decide: measureStep(isolate, "decide").median,
  };
}

// `first` is the time of the first call, as a new isolate has it: V8 has optimized nothing yet.
function timed(work) {
  const before = performance.now();
  if (!work()) {
    throw new Error("expected the names of tables, or their snapshot");
  }
  const first = (performance.now() - before) * 1e6;
  return { first, again: measure(repeat(work), 3).median };
}

// Parses the tables, and leaves their snapshot in a file.
function setting(routes, file) {
  const figures = timed(() => parseSetting(routes) !== undefined);
  writeFileSync(file, parseSetting(routes));
  return figures;
}

function snapshot(file) {
  const bytes = readFileSync(file);
  return timed(() => loadSnapshot(bytes));
}

function ring(keys) {
  const isolate = new Isolate(100_000, 1_000, keys, 0, NOTHING);
  return { hmac: measureStep(isolate, "hmac").median, decide: measureStep(isolate, "decide").median };
}

const [what, ...words] = process.argv.slice(2);
const numbers = words.map(Number);
const parts = {
  steps: () => steps(numbers[0]),
  list: () => list(words[0], numbers[1], numbers[2]),
  table: () => table(numbers[0]),
  setting: () => setting(words[0], words[1]),
  snapshot: () => snapshot(words[0]),
  ring: () => ring(numbers[0]),
};
console.log(JSON.stringify(parts[what]()));
