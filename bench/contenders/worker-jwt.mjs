// @tsndr/cloudflare-worker-jwt as in its documentation.
import jwt from "@tsndr/cloudflare-worker-jwt";
import { assertionClaims, bearer, classify, forward, invalid, isAsserting, refusalOf, seconds } from "./job.mjs";

export default {
  async fetch(request, env, context) {
    const verifiedToken = await jwt.verify(bearer(request), env.JWT_SECRET);
    if (!verifiedToken) {
      return invalid();
    }
    const claims = verifiedToken.payload;
    const asked = await classify(request);
    const refusal = await refusalOf(claims, asked, context);
    if (refusal) {
      return refusal;
    }
    let assertion;
    if (isAsserting) {
      const now = seconds();
      const payload = { ...assertionClaims(request, asked.url, asked.access, claims), iat: now, exp: now + 60 };
      assertion = await jwt.sign(payload, env.JWT_SECRET, { algorithm: "HS256", header: { kid: "2" } });
    }
    return forward(request, asked, claims, assertion);
  },
};
