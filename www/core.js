// The gate's core in WebAssembly: the same code that decides at the edge. Values in, values out.

const encoder = new TextEncoder();
let loading;

/** The core, which is loaded once, when something first needs it. */
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
    reason: ({ method, target, body, role, restrictions, address, membership }) =>
      JSON.parse(wasm.reason(method, target, encoder.encode(body), role, restrictions, address, membership)),
    inspect: (token) => JSON.parse(wasm.inspect(token)),
    /** `restrictions` are texts such as `areas=git`. */
    narrow: (token, restrictions) => JSON.parse(wasm.narrow(token, restrictions.join("\n"))),
    mint: (key, claims) =>
      JSON.parse(wasm.mint_demo(key, claims.role, claims.subject, claims.serial, claims.now, claims.lifetime)),
    attempt: (key, token, request) =>
      JSON.parse(
        wasm.try_demo(key, token, request.method, request.target, Uint32Array.from(request.revoked), request.now),
      ),
  };
}

/** A random key of this page. Tokens minted with it are worth nothing anywhere else. */
export const demoKey = crypto.getRandomValues(new Uint8Array(32));

/** Seconds since 1970, UTC. */
export const now = () => Math.floor(Date.now() / 1000);

/** A token to look at, minted with the demo key. */
export async function exampleToken() {
  const claims = { role: "write", subject: "alice", serial: 1742, now: now(), lifetime: 90 * 86_400 };
  return (await core()).mint(demoKey, claims).token;
}

/** The text with one random character behind the underscore replaced by another one of the alphabet. */
export function changeOneCharacter(text) {
  const first = text.indexOf("_") + 1;
  if (text.length <= first) return text;
  const index = first + Math.floor(Math.random() * (text.length - first));
  return text.slice(0, index) + (text[index] === "x" ? "y" : "x") + text.slice(index + 1);
}

/** The message if the core does not load. */
export const CORE_MISSING =
  "The gate's code could not be loaded, so this view cannot work. Reload the page; if it is served as plain files, serve lychgate_bg.wasm beside it.";
