// A Worker in place of the origin: shows the request under /shown, and forwards every other request.
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/shown") {
      return Response.json({ method: request.method, url: request.url, headers: [...request.headers] });
    }
    return fetch(new Request(env.UPSTREAM + url.pathname + url.search, request));
  },
};
