// The work of a gate in JavaScript around the library that checks its tokens. It is the same for every peer.
import { env } from "cloudflare:workers";

const WORDS = ["x-http-method-override", "x-http-method", "x-method-override", "x-original-method", "x-original-url",
  "x-rewrite-url"];

// The target, and what the request does. It knows far fewer paths than the gate, which favours the peers.
const READS_BY_POST = /\/(git-upload-pack|paths-info(\/[^/]+)?|v1\/chat\/completions|v1\/(completions|embeddings))$/;
const BATCH = /\/info\/lfs\/objects\/batch$/;

export async function classify(request) {
  const url = new URL(request.url);
  if (request.method === "GET" || request.method === "HEAD") {
    const pushes = url.pathname.endsWith("/info/refs") && url.searchParams.get("service") === "git-receive-pack";
    return { url, access: pushes ? "write" : "read", body: request.body };
  }
  if (request.method === "POST" && BATCH.test(url.pathname)) {
    const body = await request.text();
    return { url, access: JSON.parse(body).operation === "download" ? "read" : "write", body };
  }
  const reads = request.method === "POST" && READS_BY_POST.test(url.pathname);
  return { url, access: reads ? "read" : "write", body: request.body };
}

const NAMESPACE = /^\/(?:api\/)?(?:models\/|datasets\/|spaces\/)?([^/]+)\//;

export function bearer(request) {
  const [scheme, token] = (request.headers.get("Authorization") ?? "").split(" ");
  return scheme.toLowerCase() === "bearer" ? token : undefined;
}

// The ids of revoked tokens: read once, then refreshed after a response every five seconds, as in the gate.
let revoked;
let readAt = 0;

export async function isRevoked(id, context) {
  if (revoked === undefined) {
    await readRevoked();
  } else if (Date.now() - readAt > 5000) {
    readAt = Date.now();
    context.waitUntil(readRevoked());
  }
  return revoked.has(id);
}

async function readRevoked() {
  revoked = new Set(await env.LYCHGATE_KV.get("revoked", { type: "json", cacheTtl: 30 }));
  readAt = Date.now();
}

// The roles of users in namespaces: read at the first use, and refreshed after a minute, as in the gate.
const memberships = new Map();

async function isMember(subject, pathname) {
  const namespace = NAMESPACE.exec(pathname)?.[1];
  let known = memberships.get(subject);
  if (known === undefined || Date.now() - known.readAt > 60_000) {
    const roles = (await env.LYCHGATE_KV.get(`roles/${subject}`, { type: "json", cacheTtl: 30 })) ?? {};
    known = { roles, readAt: Date.now() };
    memberships.set(subject, known);
  }
  const role = known.roles[namespace];
  return role === "write" || role === "admin" || namespace === subject;
}

// Compares the token's claims with what the request does: returns a refusal, or nothing.
export async function refusalOf(claims, { access, url }, context) {
  if (await isRevoked(claims.jti, context)) {
    return refuse(401, "token_revoked", "This access token was revoked. Create a new one and use that.", claims.jti);
  }
  if (access === "write" && claims.role !== "write") {
    return refuse(403, "role_insufficient",
      "This access token has the role read, and this request needs write. Use a token with the role write.", claims.jti);
  }
  if (access === "write" && env.MEMBERSHIP === "kv" && !(await isMember(claims.sub, url.pathname))) {
    return refuse(403, "membership_insufficient", "Ask an admin of the organization for the role write.", claims.jti);
  }
}

// A refusal in the form that a Hub client shows, and its log line, in the gate's format.
export function refuse(status, code, text, token) {
  console.log(JSON.stringify({ event: "refused", code, status, token }));
  return new Response(JSON.stringify({ error: text }), {
    status,
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "X-Error-Code": code,
      "X-Error-Message": text,
      "WWW-Authenticate": 'Bearer realm="hub", error="invalid_token"',
    },
  });
}

export function invalid() {
  return refuse(401, "token_invalid", "Invalid credentials in Authorization header");
}

// The signed header's statement about this request.
export function assertionClaims(request, url, access, claims) {
  return {
    iss: url.origin,
    aud: "origin",
    sub: claims.sub,
    role: claims.role,
    access,
    jti: claims.jti,
    htm: request.method,
    htu: url.pathname + url.search,
  };
}

export const isAsserting = env.ASSERTION === "on";

export function seconds() {
  return Math.floor(Date.now() / 1000);
}

// Forwards a request with the identity headers.
export function forward(request, { url, access, body }, claims, assertion) {
  const headers = new Headers(request.headers);
  headers.delete("Authorization");
  for (const word of WORDS) {
    headers.delete(word);
  }
  headers.set("X-Lychgate-Access", access);
  headers.set("X-Lychgate-Subject", claims.sub);
  headers.set("X-Lychgate-Role", claims.role);
  headers.set("X-Lychgate-Token", claims.jti);
  headers.set("X-Forwarded-Host", url.host);
  headers.set("X-Forwarded-Proto", url.protocol.slice(0, -1));
  if (assertion !== undefined) {
    headers.set("X-Lychgate-Assertion", assertion);
  }
  return fetch(new Request((env.ORIGIN_URL ?? url.origin) + url.pathname + url.search, {
    method: request.method,
    headers,
    body,
    redirect: "manual",
    cache: "no-store",
  }));
}
