// Sorts the functions of a module so that it compresses better: node dev/sort-functions.mjs MODULE
//
// gzip finds a repetition only within the last 32 KiB, so functions that resemble each other belong together. This program gives the
// functions names that begin with their place in that order; `wasm-opt --reorder-functions-by-name` then does it. bench/SIZE.md says
// what this saves.
import { readFileSync, writeFileSync } from "node:fs";
import { CODE, FUNCTION, FUNCTION_NAMES, IMPORT, Reader, encoded, encodedText, importsOf, rewritten } from "./wasm-module.mjs";

// What is compared of two functions: sequences of this many bytes.
const SEQUENCE = 6;

// How many bytes of code before a function it is compared with: less than 32 KiB, because some functions are long.
const WINDOW = 28_000;

// The sequences of each function that occur in another one too, and for each sequence the functions.
function sequencesOf(bodies) {
  const holders = new Map();
  bodies.forEach((body, index) => {
    const text = body.toString("latin1");
    for (let at = 0; at + SEQUENCE <= text.length; at += 1) {
      const sequence = text.slice(at, at + SEQUENCE);
      const held = holders.get(sequence) ?? [];
      if (held.at(-1) !== index) {
        holders.set(sequence, [...held, index]);
      }
    }
  });
  const shared = bodies.map(() => []);
  for (const held of holders.values()) {
    if (held.length > 1) {
      held.forEach((index) => shared[index].push(held));
    }
  }
  return shared;
}

// The functions in their order: after each one comes the one that shares most with those before it, for its length. What few functions
// share counts for more.
function sortedByLikeness(bodies) {
  const shared = sequencesOf(bodies);
  const scores = bodies.map(() => 0);
  const lengths = bodies.map((body) => body.length ** 0.6 + 8);
  // How often each sequence occurs in the window.
  const counts = new Map();
  const count = (sequences, step) => {
    for (const held of sequences) {
      const before = counts.get(held) ?? 0;
      counts.set(held, before + step);
      if (before === 0 || before + step === 0) {
        held.forEach((index) => (scores[index] += step / Math.log2(1 + held.length)));
      }
    }
  };
  const sorted = [];
  const left = new Set(bodies.keys());
  let begin = 0;
  let length = 0;
  for (let next = 0; left.size > 0; ) {
    sorted.push(next);
    left.delete(next);
    count(shared[next], 1);
    length += bodies[next].length;
    for (; length > WINDOW && begin < sorted.length - 1; begin += 1) {
      count(shared[sorted[begin]], -1);
      length -= bodies[sorted[begin]].length;
    }
    let best = -1;
    for (const index of left) {
      const score = scores[index] / lengths[index];
      if (score > best) {
        [next, best] = [index, score];
      }
    }
  }
  return sorted;
}

const [path] = process.argv.slice(2);
const bytes = readFileSync(path);
const found = new Map([...new Reader(bytes, 8).parts()].map(({ id, content }) => [id, content]));
const imported = importsOf(found.get(IMPORT)).filter(({ kind }) => kind === FUNCTION).length;
const code = found.get(CODE);
const bodies = code.list(() => {
  const length = code.number();
  code.at += length;
  return Buffer.from(bytes.subarray(code.at - length, code.at));
});
const places = new Map(sortedByLikeness(bodies).map((index, place) => [imported + index, place]));

// The same name behind the place, which has as many digits in all of them.
const placed = (index, name) => (places.has(index) ? `${String(places.get(index)).padStart(6, "0")} ${name}` : name);

// The section of names with the places in those of functions.
function withPlaces(section) {
  const parts = [...section.parts()].map(({ id, content }) => {
    const whole = Buffer.from(content.bytes.subarray(content.at, content.end));
    if (id !== FUNCTION_NAMES) {
      return Buffer.concat([Buffer.from([id]), encoded(whole.length), whole]);
    }
    const names = content.list(() => [content.number(), content.text()]);
    const list = [encoded(names.length), ...names.flatMap(([index, name]) => [encoded(index), encodedText(placed(index, name))])];
    const written = Buffer.concat(list);
    return Buffer.concat([Buffer.from([id]), encoded(written.length), written]);
  });
  return Buffer.concat([encodedText("name"), ...parts]);
}

writeFileSync(
  path,
  rewritten(bytes, (_id, name, content) => {
    if (name !== "name") {
      return content;
    }
    const section = new Reader(content);
    section.text();
    return withPlaces(section);
  }),
);
