// Passes a request to the Worker that it names, or to the first one: many gates behind one wrangler dev.
export default {
  fetch(request, env) {
    const name = request.headers.get("X-Variant") ?? Object.keys(env)[0];
    return env[name].fetch(request);
  },
};
