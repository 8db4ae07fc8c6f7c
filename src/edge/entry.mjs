// The Worker's entry: loads the module, hands requests over, and answers for it when it breaks down.
//
// A trap leaves the module's memory in an unknown state: a fresh instance takes its place, and whoever still
// waited on the old one is answered 503 too. Nothing here lets a request through.
import module from "../../build/edge/lychgate_bg.wasm";
import {
  __wbg_reset_state as reset, adopt, failed, fetch, initSync, ledgerAlarm, ledgerBegin, ledgerFetch,
} from "../../build/edge/lychgate.js";

initSync({ module });

// Which instance of the module serves, and what puts a fresh one in the place of one that broke down.
const life = {
  instance: 0,
  trapped(broken) {
    if (broken === life.instance) {
      reset();
      life.instance += 1;
    }
  },
};
adopt(life);

// Runs the module's work, with no promise of its own around it. The module returns what goes wrong as a rejected promise,
// and throws in breaking down alone: whatever it is that was thrown, a fresh instance takes the old one's place before
// `recover` is asked.
function attempt(work, recover) {
  const mine = life.instance;
  const rescue = (error, trapped) => recover(error, trapped, mine !== life.instance);
  try {
    const done = work();
    return done instanceof Promise ? done.catch((error) => rescue(error, error?.isTrap === true)) : done;
  } catch (error) {
    life.trapped(mine);
    return rescue(error, true);
  }
}

function answer(request, env, context) {
  return attempt(
    () => fetch(request, env, context),
    (error, trapped, replaced) => {
      try {
        return failed(request, replaced, trapped ? error.message : error?.name ?? String(error));
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
