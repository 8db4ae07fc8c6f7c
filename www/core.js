// The core of the gate, in WebAssembly: the same code that decides at the edge. Values in, values out.

const encoder = new TextEncoder();
let loading;

/** The core, loaded once, when something first needs it. */
export function core() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  const wasm = await import("./lychgate.js");
  await wasm.default({ module_or_path: new URL("./lychgate_bg.wasm", import.meta.url) });
  return {
    explain: (method, target, body) => JSON.parse(wasm.explain(method, target, encoder.encode(body))),
    reason: (request) =>
      JSON.parse(wasm.reason(request.method, request.target, encoder.encode(request.body), request.role, request.membership)),
    inspect: (token) => JSON.parse(wasm.inspect(token)),
    mint: (key, claims) =>
      JSON.parse(wasm.mint_demo(key, claims.role, claims.subject, claims.serial, claims.now, claims.lifetime)),
    attempt: (key, token, request) =>
      JSON.parse(
        wasm.try_demo(key, token, request.method, request.target, Uint32Array.from(request.revoked), request.now),
      ),
  };
}

/** A key that this page made up, for tokens that are worth nothing anywhere else. */
export const demoKey = crypto.getRandomValues(new Uint8Array(32));

/** Seconds since 1970, UTC. */
export const now = () => Math.floor(Date.now() / 1000);

/** What to say where the core does not load. */
export const CORE_MISSING =
  "The gate's code could not be loaded, so this view cannot work. Reload the page; where it is served as plain files, serve lychgate_bg.wasm beside it.";
