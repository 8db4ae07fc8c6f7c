// A server around the verifier of docs/origin.md: it answers 200 with the claims, or 403 with the reason.

import { createServer } from "node:http";

import { assertionVerifier } from "./assertion-verifier.mjs";

const verify = await assertionVerifier(process.env.KEY_SET);

const server = createServer(async (request, response) => {
  try {
    const claims = await verify(request);
    response.end(JSON.stringify(claims));
  } catch (error) {
    response.writeHead(403).end(`X-Lychgate-Assertion: ${error.message}`);
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
