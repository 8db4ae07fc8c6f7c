// The gate's management API, as far as a signed-in person may use it.

/** A call that failed. `kind` is `offline`, `signed_out`, `blocked`, `refused` or `broken`. */
export class CallError extends Error {
  constructor(kind, message, code = "") {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

const base = new URL("api/", document.baseURI);
let session = null;
let hub;

/** Scheme and host of the hub, where tokens are used: the page's own, unless the gate names another. */
export function hubOrigin() {
  hub ??= send("hub", {})
    .then((response) => (response.ok ? response.json() : null))
    .then((answer) => (typeof answer?.url === "string" ? answer.url : location.origin))
    .catch(() => {
      hub = undefined;
      return location.origin;
    });
  return hub;
}

/** `{subject, expires_at, csrf}`, or null if nobody is signed in. Throws if no gate answers. */
export async function openSession() {
  session = null;
  const response = await send("session?signed_out=empty", {});
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (!response.ok || typeof answer?.subject !== "string") {
    const code = response.headers.get("X-Error-Code") ?? "";
    throw new CallError(kindOf(response.status, code), answer?.detail ?? "no gate answers here", code);
  }
  session = answer;
  return session;
}

/** All tokens of the subject, newest first, including those that are no longer valid. */
export async function listTokens() {
  const tokens = [];
  for (let cursor = ""; cursor !== null; ) {
    const page = await call(`${tokensPath()}?state=all&limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    tokens.push(...page.tokens);
    cursor = page.next;
  }
  return tokens.sort((a, b) => b.issued_at - a.issued_at || serial(b.id) - serial(a.id));
}

/** A repeated call with the same `key` returns the same token, so no token is lost if the response is. */
export const createToken = (token, key) => call(tokensPath(), { method: "POST", body: token, key });

export const refreshToken = (id, grace, body, key) =>
  call(`${tokensPath()}/${id}/refresh?grace=${grace}`, { method: "POST", body, key });

/** Resolves once the list that revokes the token is published, or after ten seconds. */
export const revokeToken = (id) => call(`${tokensPath()}/${id}?wait=10`, { method: "DELETE" });

/** Whether the gate that serves this page refuses the token already. */
export const revocationStatus = (id) => call(`${tokensPath()}/${id}/revocation-status`);

export async function signOut() {
  await call(new URL("sign-out", document.baseURI), { method: "POST" });
  session = null;
}

const kindOf = (status, code) => (code === "subject_blocked" ? "blocked" : status === 503 ? "offline" : "broken");
const tokensPath = () => `subjects/${session?.subject ?? "_"}/tokens`;
const serial = (id) => Number(id.split("-")[1]);

async function call(path, { method = "GET", body, key } = {}) {
  const headers = {};
  if (method !== "GET") headers["X-Lychgate-CSRF"] = session?.csrf ?? "";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key !== undefined) headers["Idempotency-Key"] = key;
  const response = await send(path, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const code = answer?.code ?? response.headers.get("X-Error-Code") ?? "";
  if (response.status === 401) {
    throw new CallError(
      "signed_out",
      "Your session has expired. Sign in again from your hub, in another tab if you like: what you entered here stays.",
      code,
    );
  }
  if (response.status >= 500 || !answer?.detail) {
    const detail = answer?.detail ?? `The gate answered ${response.status}.`;
    throw new CallError("broken", `${detail} What you entered is still here.`, code);
  }
  throw new CallError("refused", answer.detail, code);
}

async function send(path, options) {
  try {
    return await fetch(new URL(path, base), { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new CallError(
      "offline",
      "The gate could not be reached. What you entered is still here: check the connection and try again. " +
        "Nothing is done twice.",
    );
  }
}
