// Parses the route tables that ship with the module that parses others at an edge, and writes their snapshots beside it:
// parse-tables.mjs OUT_DIR
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const out = resolve(process.argv[2]);
const { initSync, shippedSnapshots } = await import(pathToFileURL(join(out, "tables.js")));
initSync({ module: readFileSync(join(out, "tables_bg.wasm")) });
writeFileSync(join(out, "tables.bin"), shippedSnapshots());
