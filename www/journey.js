// The stations of a request, derived from the core's decision.

const ASKS_FOR = new Map([
  ["clone", "a read, since git fetches with git-upload-pack"],
  ["push", "a write, since git sends with git-receive-pack"],
]);

/** `[{at, title, text, end}]`: where the request is, what happens there, and whether it passes or is stopped. */
export function planJourney(name, request, decision) {
  const steps = [
    { at: "client", title: "Client.", text: `git asks ${request.method} ${request.target}, and sends the token as its password.` },
    { at: "gate", title: "Gate: what is asked.", text: `Method and path say it is ${ASKS_FOR.get(name)}.` },
  ];
  if (decision.error) return [...steps, { at: "gate", title: "Gate.", text: decision.error, end: "stop" }];
  if (["token_invalid", "token_expired", "credentials_malformed"].includes(decision.code)) {
    return [...steps, stop("gate", decision, "No database was asked: the token alone is enough to tell.")];
  }
  steps.push({ at: "gate", title: "Gate: the token.", text: "Length, prefix, alphabet and checksum are right, the signature is genuine, and the token has not expired." });
  if (decision.at_list) return [...steps, stop("list", decision, "Its id is on the revocation list.")];
  steps.push({ at: "list", title: "List: not revoked.", text: "Its id is not on the revocation list, which the gate keeps in memory." });
  if (decision.code === "role_insufficient") return [...steps, stop("gate", decision, "403, not 401: the token is good, so git keeps it.")];
  if (decision.code === "restriction_insufficient") {
    return [...steps, stop("gate", decision, "Whoever narrowed the token had to ask nobody, and nobody can widen it again. 403, not 401: git keeps the token.")];
  }
  if (decision.verdict === "refuse") return [...steps, stop("gate", decision, "")];
  steps.push({ at: "gate", title: "Gate: the role.", text: `A ${decision.role} token covers a ${decision.access}.` });
  if (decision.restrictions.length > 0) {
    steps.push({ at: "gate", title: "Gate: the restrictions.", text: `All hold: ${decision.restrictions.join(", ")}.` });
  }
  return [
    ...steps,
    { at: "origin", title: "Origin.", text: `The gate tells it X-Lychgate-Subject: ${decision.subject}, -Role: ${decision.role}, -Token: ${decision.id}. The token itself stays at the gate.`, end: "pass" },
  ];
}

function stop(at, decision, why) {
  return { at, title: `Refused: ${decision.status} ${decision.code}.`, text: `git shows: “${decision.text.trim()}” ${why}`, end: "stop" };
}
