// The Worker's entry: loads the module, hands requests over, and answers for it when it breaks down.
//
// A trap leaves the module's memory in an unknown state: a fresh instance takes its place, and whoever still
// waited on the old one is answered 503 too. Nothing here lets a request through.
import module from "../../build/edge/lychgate_bg.wasm";
import {
  __wbg_reset_state as reset, failed, fetch, initSync, ledgerAlarm, ledgerBegin, ledgerFetch,
} from "../../build/edge/lychgate.js";

initSync({ module });
let instance = 0;

// Runs the module's work, with no promise of its own around it. On a trap, a fresh instance takes the old one's place
// before `recover` is asked.
function attempt(work, recover) {
  const mine = instance;
  const rescue = (error) => {
    const trapped = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    if (trapped && mine === instance) {
      reset();
      instance += 1;
    }
    return recover(error, trapped, mine !== instance);
  };
  try {
    const done = work();
    return done instanceof Promise ? done.catch(rescue) : done;
  } catch (error) {
    return rescue(error);
  }
}

function answer(request, env, context) {
  return attempt(
    () => fetch(request, env, context),
    (error, trapped, replaced) => {
      try {
        return failed(request, replaced, trapped ? error.message : error.name ?? String(error));
      } catch {
        return new Response("The gate failed over this request.\n", { status: 503, headers: { "Retry-After": "5" } });
      }
    },
  );
}

// The Durable Object. It holds nothing of the module's memory, so a fresh instance serves it as well as the old one.
export class Ledger {
  #state;
  #env;

  constructor(state, env) {
    this.#state = state;
    this.#env = env;
    state.blockConcurrencyWhile(() => attempt(() => ledgerBegin(state, env), report));
  }

  fetch(request) {
    // Its clock stands still: src/edge/ledgers.rs. With nothing of the module under way, for this ends the object here.
    if (request.method === "DELETE") {
      this.#state.abort("its clock stands still");
    }
    return attempt(
      () => ledgerFetch(this.#state, this.#env, request),
      (error) => {
        report(error);
        return new Response(null, { status: 503 });
      },
    );
  }

  // An alarm that throws is retried a few times only: it is set again instead.
  alarm() {
    return attempt(
      () => ledgerAlarm(this.#state, this.#env),
      (error) => {
        report(error);
        return this.#state.storage.setAlarm(Date.now() + 5000);
      },
    );
  }
}

function report(error) {
  const detail = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ event: "ledger", code: "ledger_failed", detail }));
}

export default { fetch: answer };
