// Loads a new isolate for every request, with the code of a contender, and passes the request on to it.
import { WorkerEntrypoint, env, exports } from "cloudflare:workers";
import code from "code";

// Workers KV for the new isolates: the binding itself cannot be handed on.
export class Store extends WorkerEntrypoint {
  get(key, options) {
    return this.env.LYCHGATE_KV.get(key, options);
  }
}

const modules = {};
for (const [name, [kind, encoded]] of Object.entries(code.modules)) {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  modules[name] = kind === "esModule" ? { js: new TextDecoder().decode(bytes) } : { [kind]: bytes.buffer };
}
const { LOADER, LYCHGATE_KV, ...variables } = env;

export default {
  fetch(request) {
    const worker = LOADER.load({
      compatibilityDate: code.compatibilityDate,
      mainModule: code.main,
      modules,
      env: { ...variables, LYCHGATE_KV: exports.Store({ props: {} }) },
    });
    return worker.getEntrypoint().fetch(request);
  },
};
