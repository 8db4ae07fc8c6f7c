// jose as in its documentation: a secret of bytes.
import { env } from "cloudflare:workers";
import * as jose from "jose";
import { assertionClaims, bearer, classify, forward, invalid, isAsserting, refusalOf } from "./job.mjs";

const secret = new TextEncoder().encode(env.JWT_SECRET);

export default {
  async fetch(request, _env, context) {
    let claims;
    try {
      const { payload } = await jose.jwtVerify(bearer(request), secret);
      claims = payload;
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
      assertion = await new jose.SignJWT(assertionClaims(request, asked.url, asked.access, claims))
        .setProtectedHeader({ alg: "HS256", kid: "2", typ: "JWT" })
        .setIssuedAt()
        .setExpirationTime("60s")
        .sign(secret);
    }
    return forward(request, asked, claims, assertion);
  },
};
