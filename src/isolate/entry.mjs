// The Worker's entry. It runs its modules, passes to each the requests and events that belong to it, and answers for
// both when one breaks down. Nothing here forwards a request.
//
// The gate starts with the isolate. The service starts when it is first needed: by a request that the gate says is the
// service's, or by an event of a ledger. The parser of route tables starts if the gate has a table of its own.
//
// A trap leaves a module's memory in an unknown state. A fresh instance replaces it, and every client that still waited
// for the old one receives 503 too. A trap in one module does not affect requests that wait for the other.
import gateModule from "../../build/worker/gate_bg.wasm";
import * as gate from "../../build/worker/gate.js";
import serviceModule from "../../build/worker/service_bg.wasm";
import * as service from "../../build/worker/service.js";
import shippedTables from "../../build/worker/tables.bin";
import * as tables from "../../build/worker/tables.js";
import tablesModule from "../../build/worker/tables_bg.wasm";

gate.initSync({ module: gateModule });

// The current instance of the gate, and the function that replaces an instance that broke down.
const instanceState = {
  instance: 0,
  trapped(broken) {
    if (broken === instanceState.instance) {
      gate.__wbg_reset_state();
      instanceState.instance += 1;
    }
  },
};
gate.adopt(instanceState, {
  shipped: shippedTables,
  // Only a gate with other tables than those that ship needs the parser.
  parse(text) {
    tables.initSync({ module: tablesModule });
    return tables.parseTables(text);
  },
});

// Calls the gate without a promise of its own around it. The gate returns failures as rejected promises and throws only
// when it traps. Therefore, whatever was thrown, a fresh instance replaces the old one before `recover` is called.
function attempt(work, recover) {
  const mine = instanceState.instance;
  const rescue = (error, trapped) => recover(error, trapped, mine !== instanceState.instance);
  try {
    const done = work();
    return done instanceof Promise ? done.catch((error) => rescue(error, error?.isTrap === true)) : done;
  } catch (error) {
    instanceState.trapped(mine);
    return rescue(error, true);
  }
}

function answer(request, env, context) {
  const outcome = attempt(
    () => gate.fetch(request, env, context),
    (error, trapped, replaced) => failed(request, replaced, trapped ? error.message : error?.name ?? String(error)),
  );
  return outcome === undefined ? serve(request, env, context) : outcome;
}

function failed(request, replaced, detail) {
  try {
    return gate.failed(request, replaced, detail);
  } catch {
    return new Response("The gate failed while handling this request.\n", { status: 503, headers: { "Retry-After": "5" } });
  }
}

function serve(request, env, context) {
  // The service's questions to the gate. If the gate breaks down over one, it is replaced as usual.
  const lists = {
    reportList: async (shard, serial) =>
      attempt(
        () => gate.reportList(env, context, shard, serial),
        (error) => Promise.reject(error),
      ),
  };
  return call(() => service.serve(request, env, lists)).catch((error) => failed(request, true, message(error)));
}

// The requests that wait for the service's instance, as functions that tell each of them that the instance broke down.
// Without them, a trap inside a future would leave its promise pending forever.
let waiting = new Set();
let hasBegun = false;
let works = false;

// Calls the service. The promise that it returns settles even if the instance breaks down.
function call(work) {
  return new Promise((resolve, reject) => {
    try {
      ready();
      const mine = waiting;
      mine.add(reject);
      const done = (settle) => (value) => {
        mine.delete(reject);
        settle(value);
      };
      work().then(done(resolve), done(reject));
    } catch (error) {
      brokenDown();
      reject(error);
    }
  });
}

// Ensures that an instance works: the first one, or a fresh one after a breakdown.
function ready() {
  if (works) {
    return;
  }
  if (hasBegun) {
    service.__wbg_reset_state();
  } else {
    service.initSync({ module: serviceModule });
    hasBegun = true;
  }
  service.start(brokenDown);
  works = true;
}

// Rejects everything that waits for the service's instance, which is lost. The next call starts a fresh one.
function brokenDown() {
  works = false;
  const lost = waiting;
  waiting = new Set();
  for (const reject of lost) {
    reject(new Error("the service broke down"));
  }
}

// The Durable Object. It holds nothing of the module's memory, so a fresh instance serves it as well as the old one.
export class Ledger {
  #state;
  #env;

  constructor(state, env) {
    this.#state = state;
    this.#env = env;
    state.blockConcurrencyWhile(() => call(() => service.ledgerBegin(state, env)).catch(report));
  }

  fetch(request) {
    // The object's clock stalls: src/service/ledger_client.rs. The abort is here because no code of the module is running:
    // it ends the object immediately.
    if (request.method === "DELETE") {
      this.#state.abort("its clock stalls");
    }
    return call(() => service.ledgerFetch(this.#state, this.#env, request)).catch((error) => {
      report(error);
      return new Response(null, { status: 503 });
    });
  }

  // The platform retries an alarm that throws only a few times, so the object sets it again instead.
  alarm() {
    return call(() => service.ledgerAlarm(this.#state, this.#env)).catch((error) => {
      report(error);
      return this.#state.storage.setAlarm(Date.now() + 5000);
    });
  }
}

function report(error) {
  console.error(JSON.stringify({ event: "ledger", code: "ledger_failed", detail: message(error) }));
}

function message(error) {
  return error instanceof Error ? error.message : String(error);
}

export default { fetch: answer };
