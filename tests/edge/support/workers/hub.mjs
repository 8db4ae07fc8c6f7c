// A Worker that stands for the origin: shows the request under /shown, and passes on whatever else it is asked.
export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/shown") {
      return Response.json({ method: request.method, url: request.url, headers: [...request.headers] });
    }
    return fetch(new Request(env.UPSTREAM + url.pathname + url.search, request));
  },
};
