// The stations of a request, told from what the core decided.

const WANTS = new Map([
  ["clone", "a read, since git fetches with git-upload-pack"],
  ["push", "a write, since git sends with git-receive-pack"],
]);

/** `[{at, title, text, end}]`: where the request is, what happens there, and whether it passed or was stopped. */
export function planJourney(name, request, judged) {
  const steps = [
    { at: "client", title: "Client.", text: `git asks ${request.method} ${request.target}, and sends the token as its password.` },
    { at: "gate", title: "Gate: what is asked.", text: `Method and path say it is ${WANTS.get(name)}.` },
  ];
  if (judged.error) return [...steps, { at: "gate", title: "Gate.", text: judged.error, end: "stop" }];
  if (judged.code === "token_invalid" || judged.code === "token_expired" || judged.code === "credentials_malformed") {
    return [...steps, stop("gate", judged, "No database was asked: the token itself tells.")];
  }
  steps.push({ at: "gate", title: "Gate: the token.", text: "Length, prefix, alphabet and checksum are right, the signature is genuine, and the token has not expired." });
  if (judged.at_list) return [...steps, stop("list", judged, "Its id is on the revocation list.")];
  steps.push({ at: "list", title: "List: not revoked.", text: "Its id is not on the revocation list, which the gate keeps in memory." });
  if (judged.verdict === "refuse") return [...steps, stop("gate", judged, "403, not 401: the token is good, so git keeps it.")];
  steps.push({ at: "gate", title: "Gate: the role.", text: `A ${judged.role} token covers a ${judged.access}.` });
  return [
    ...steps,
    { at: "origin", title: "Origin.", text: `The gate tells it X-Lychgate-Subject: ${judged.subject}, -Role: ${judged.role}, -Token: ${judged.id}. The token itself stays at the gate.`, end: "pass" },
  ];
}

function stop(at, judged, why) {
  return { at, title: `Refused: ${judged.status} ${judged.code}.`, text: `git shows: “${judged.text.trim()}” ${why}`, end: "stop" };
}
