// Prints every route that verdaccio has registered, one line for each method and path, in JSON: `node registered.mjs config.yaml`.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { runServer } = require("verdaccio");

const server = await runServer(process.argv[2]);
const [app] = server.listeners("request");
const found = new Set();

// Express keeps a router's own path as a regular expression.
const prefixOf = (layer) =>
  layer.regexp.fast_slash
    ? ""
    : layer.regexp.source.replace(/^\^/, "").replace(/\\\/\?\(\?=\\\/\|\$\)$/, "").replaceAll("\\/", "/").replaceAll("\\-", "-");

function walk(stack, prefix) {
  for (const layer of stack) {
    if (layer.route) {
      for (const path of [layer.route.path].flat())
        for (const method of Object.keys(layer.route.methods)) found.add(JSON.stringify([method.toUpperCase(), prefix + path]));
    } else if (layer.handle?.stack) walk(layer.handle.stack, prefix + prefixOf(layer));
    else if (layer.handle?._router) walk(layer.handle._router.stack, prefix + prefixOf(layer));
  }
}

walk(app._router.stack, "");
for (const line of [...found].sort()) console.log(line);
process.exit(0);
