// Hono with its JWT middleware, as in its documentation.
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { jwt, sign } from "hono/jwt";
import { assertionClaims, classify, forward, invalid, isAsserting, refusalOf, seconds } from "./job.mjs";

const app = new Hono();

app.use("*", (c, next) => {
  const jwtMiddleware = jwt({ secret: c.env.JWT_SECRET, alg: "HS256" });
  return jwtMiddleware(c, next);
});

app.all("*", async (c) => {
  const claims = c.get("jwtPayload");
  const request = c.req.raw;
  const asked = await classify(request);
  const refusal = await refusalOf(claims, asked, c.executionCtx);
  if (refusal) {
    return refusal;
  }
  let assertion;
  if (isAsserting) {
    const now = seconds();
    const payload = { ...assertionClaims(request, asked.url, asked.access, claims), iat: now, exp: now + 60 };
    assertion = await sign(payload, c.env.JWT_SECRET);
  }
  return forward(request, asked, claims, assertion);
});

app.onError((error) => {
  if (error instanceof HTTPException) {
    return invalid();
  }
  throw error;
});

export default app;
