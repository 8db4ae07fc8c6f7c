// The bench in WebAssembly. In Node, which has the same V8 as workerd: workerd's own clock stands still while a Worker
// computes. Prints JSON; times in nanoseconds.
//
//   node isolate.mjs steps ROUNDS | list FILE ISSUED REVOKED | table LINES | ring KEYS
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { Isolate, Lists, initSync } from "../build/bench/wasm/lychgate_bench.js";

const NOTHING = new Uint8Array();
const bytes = readFileSync(new URL("../build/bench/wasm/lychgate_bench_bg.wasm", import.meta.url));
const { memory } = initSync({ module: bytes });

function median(figures) {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
}

function time(work) {
  const started = performance.now();
  work();
  return (performance.now() - started) * 1e6;
}

// Nanoseconds of one run of a step, in so many rounds.
function measure(isolate, step, rounds, times) {
  const figures = [];
  for (let round = -3; round < rounds; round += 1) {
    const taken = time(() => {
      if (isolate.run(step, times) !== times) {
        throw new Error(`${step} did not end as it must`);
      }
    });
    if (round >= 0) {
      figures.push(taken / times);
    }
  }
  return { median: median(figures), low: Math.min(...figures), high: Math.max(...figures) };
}

function steps(rounds) {
  const isolate = new Isolate(10_000_000, 1_000_000, 2, 0, NOTHING);
  const names = ["parse", "hmac", "lookup", "classify", "decide"];
  return Object.fromEntries(names.map((step) => [step, measure(isolate, step, rounds, 50_000)]));
}

function list(file, issued, revoked) {
  const sealed = new Uint8Array(readFileSync(file));
  const lists = new Lists();
  const before = memory.buffer.byteLength;
  const first = time(() => lists.take(sealed));
  const opened = memory.buffer.byteLength - before;
  const opens = Array.from({ length: 5 }, () => time(() => lists.take(sealed)));
  const refreshed = memory.buffer.byteLength - before;
  const isolate = new Isolate(issued, revoked, 2, 0, sealed);
  return {
    first_open: first,
    open: median(opens),
    memory_opened: opened,
    memory_refreshed: refreshed,
    lookup: measure(isolate, "lookup", 9, 200_000).median,
    decide: measure(isolate, "decide", 9, 20_000).median,
  };
}

function table(lines) {
  const parsed = time(() => new Isolate(1_000, 10, 2, lines, NOTHING).free());
  const without = median(Array.from({ length: 3 }, () => time(() => new Isolate(1_000, 10, 2, 4, NOTHING).free())));
  const isolate = new Isolate(1_000, 10, 2, lines, NOTHING);
  return {
    parse: parsed - without,
    classify: measure(isolate, "classify", 9, 20_000).median,
    decide: measure(isolate, "decide", 9, 20_000).median,
  };
}

function ring(keys) {
  const isolate = new Isolate(100_000, 1_000, keys, 0, NOTHING);
  return {
    hmac: measure(isolate, "hmac", 9, 20_000).median,
    decide: measure(isolate, "decide", 9, 20_000).median,
  };
}

const [what, ...words] = process.argv.slice(2);
const numbers = words.map(Number);
const parts = {
  steps: () => steps(numbers[0]),
  list: () => list(words[0], numbers[1], numbers[2]),
  table: () => table(numbers[0]),
  ring: () => ring(numbers[0]),
};
console.log(JSON.stringify(parts[what]()));
