// Forwards every request unchanged.
import { env } from "cloudflare:workers";

export default {
  fetch(request) {
    const url = new URL(request.url);
    return fetch(new Request(env.ORIGIN_URL + url.pathname + url.search, request));
  },
};
