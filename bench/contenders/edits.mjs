// The limit: edits the same headers as the gate, forwards the request, and checks nothing.
import { forward, isAsserting } from "./job.mjs";

const claims = { sub: "user-7", role: "read", jti: "0-1234567" };
const assertion = isAsserting ? "x".repeat(380) : undefined;

export default {
  fetch(request) {
    return forward(request, { url: new URL(request.url), access: "read", body: request.body }, claims, assertion);
  },
};
