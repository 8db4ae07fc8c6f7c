// The Worker's entry: holds its two modules, hands over to each what is its own, and answers for both when one breaks
// down. Nothing here lets a request through.
//
// The gate begins with the isolate. The service begins when it is first asked for: by a request that the gate says is
// the service's, or by an event of a ledger.
//
// A trap leaves a module's memory in an unknown state: a fresh instance takes its place, and whoever still waited on
// the old one is answered 503 too. Neither module's trap touches what waits on the other.
import gateModule from "../../build/worker/gate_bg.wasm";
import * as gate from "../../build/worker/gate.js";
import serviceModule from "../../build/worker/service_bg.wasm";
import * as service from "../../build/worker/service.js";

gate.initSync({ module: gateModule });

// Which instance of the gate serves, and what puts a fresh one in the place of one that broke down.
const life = {
  instance: 0,
  trapped(broken) {
    if (broken === life.instance) {
      gate.__wbg_reset_state();
      life.instance += 1;
    }
  },
};
gate.adopt(life);

// Has the gate work, with no promise of its own around it. The gate returns what goes wrong as a rejected promise, and
// throws in breaking down alone: whatever it is that was thrown, a fresh instance takes the old one's place before
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
    return new Response("The gate failed over this request.\n", { status: 503, headers: { "Retry-After": "5" } });
  }
}

function serve(request, env, context) {
  // What the service asks the gate. A gate that breaks down over it is replaced as ever.
  const lists = {
    reportList: async (shard, serial) =>
      attempt(
        () => gate.reportList(env, context, shard, serial),
        (error) => Promise.reject(error),
      ),
  };
  return call(() => service.serve(request, env, lists)).catch((error) => failed(request, true, message(error)));
}

// Those who wait on the service's instance: how each is told that it broke down. A trap inside a future leaves its
// promise pending for ever.
let waiting = new Set();
let hasBegun = false;
let works = false;

// Has the service work; gives a promise that is settled even where the instance breaks down.
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

// Sees to an instance that works: the first, or a fresh one in place of one that broke down.
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

// The service's instance is lost, and with it all that it was at. The next call begins another.
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
    // Its clock stalls: src/service/ledger_client.rs. From here, since nothing of the module is under way: this ends the
    // object where it stands.
    if (request.method === "DELETE") {
      this.#state.abort("its clock stalls");
    }
    return call(() => service.ledgerFetch(this.#state, this.#env, request)).catch((error) => {
      report(error);
      return new Response(null, { status: 503 });
    });
  }

  // An alarm that throws is retried a few times only: it is set again instead.
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
