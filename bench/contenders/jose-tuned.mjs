// jose with its keys imported once.
import { env } from "cloudflare:workers";
import { SignJWT, jwtVerify } from "jose";
import { assertionClaims, bearer, classify, forward, invalid, isAsserting, refusalOf, seconds } from "./job.mjs";

let key;

function importKey() {
  const secret = new TextEncoder().encode(env.JWT_SECRET);
  return crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

export default {
  async fetch(request, _env, context) {
    key ??= await importKey();
    let claims;
    try {
      ({ payload: claims } = await jwtVerify(bearer(request), key, { algorithms: ["HS256"] }));
    } catch {
      return invalid();
    }
    const asked = await classify(request);
    const refusal = await refusalOf(claims, asked, context);
    if (refusal) {
      return refusal;
    }
    let assertion;
    if (isAsserting) {
      const now = seconds();
      assertion = await new SignJWT(assertionClaims(request, asked.url, asked.access, claims))
        .setProtectedHeader({ alg: "HS256", kid: "2", typ: "JWT" })
        .setIssuedAt(now)
        .setExpirationTime(now + 60)
        .sign(key);
    }
    return forward(request, asked, claims, assertion);
  },
};
