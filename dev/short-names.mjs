// Shortens the names by which a module and its JavaScript refer to each other: node dev/short-names.mjs MODULE JAVASCRIPT
//
// wasm-bindgen gives each import, and some exports, a name that ends with a hash or a long number, which compression cannot shorten.
// Nothing else uses these names, so here they become `$0`, `$1` and so on, in both files. bench/SIZE.md says what this saves.
import { readFileSync, writeFileSync } from "node:fs";
import { EXPORT, IMPORT, Reader, encoded, encodedText, exportsOf, importsOf, rewritten } from "./wasm-module.mjs";

// What wasm-bindgen made up, and only it.
const MADE_UP = /\b(?:__wb|wasm_bindgen__)\w*[0-9a-f]{16}\b/g;

const [modulePath, scriptPath] = process.argv.slice(2);
const short = new Map();
const shortened = (name) =>
  name.replaceAll(MADE_UP, (long) => {
    short.set(long, short.get(long) ?? `$${short.size}`);
    return short.get(long);
  });

const list = (parts) => Buffer.concat([encoded(parts.length), ...parts.map((part) => Buffer.concat(part))]);
const module = rewritten(readFileSync(modulePath), (id, _name, content) => {
  const section = new Reader(content);
  switch (id) {
    case IMPORT:
      return list(importsOf(section).map(({ module, name, rest }) => [encodedText(module), encodedText(shortened(name)), rest]));
    case EXPORT:
      return list(exportsOf(section).map(({ name, kind, index }) => [encodedText(shortened(name)), Buffer.from([kind]), encoded(index)]));
    default:
      return content;
  }
});
if (short.size === 0) {
  throw new Error(`${modulePath}: no name is as wasm-bindgen makes them`);
}
writeFileSync(modulePath, module);
writeFileSync(scriptPath, shortened(readFileSync(scriptPath, "utf8")));
