// The Worker's entry: loads the module, hands requests over, and answers for it when it breaks down.
//
// A trap leaves the module's memory in an unknown state: a fresh instance takes its place, and whoever still
// waited on the old one is answered 503 too. Nothing here lets a request through.
import module from "../../build/edge/lychgate_bg.wasm";
import { __wbg_reset_state as reset, failed, fetch, initSync } from "../../build/edge/lychgate.js";

initSync({ module });
let instance = 0;

async function answer(request, env, context) {
  const mine = instance;
  try {
    return await fetch(request, env, context);
  } catch (error) {
    const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    if (trapped && mine === instance) {
      reset();
      instance += 1;
    }
    try {
      return failed(request, mine !== instance, trapped ? error.message : error.name);
    } catch {
      return new Response("The gate failed over this request.\n", { status: 503, headers: { "Retry-After": "5" } });
    }
  }
}

export default { fetch: answer };
