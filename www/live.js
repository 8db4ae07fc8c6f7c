// A real request from the page to the gate that serves it.

import { hubOrigin } from "./api.js";
import { byId, element, fill } from "./element.js";

const SHOWN_CHARACTERS = 4000;
const result = byId("live-result");

/** What each code of the gate means, in a sentence. */
const MEANINGS = new Map([
  ["token_required", "This path needs a token, and none was sent."],
  ["credentials_malformed", "The Authorization header does not hold a token."],
  ["token_invalid", "The token was not made by this gate, or a character of it is wrong."],
  ["token_expired", "The token has expired."],
  ["token_revoked", "The token was revoked: it is on the revocation list that the gate keeps."],
  ["org_token_deprecated", "It is an organization API token, and those are no longer accepted."],
  ["too_many_refusals", "Too many requests from your address had tokens that are not accepted."],
  ["too_many_retries", "The gate cannot judge requests right now, and your address asks too often."],
  ["role_insufficient", "The request changes something, and the token may only read."],
  ["membership_insufficient", "The token may write, but its bearer may not in this namespace."],
  ["namespace_unknown", "The request changes something, and its path does not say whose it is."],
  ["restriction_insufficient", "The token is limited beyond its role, and this request is outside those limits. Inspect shows what it is limited to; nobody can widen it, so such a request needs another token."],
  ["body_unexpected", "A GET or HEAD request had a body."],
  ["cross_site", "A page of another site asked for a change with credentials that the browser keeps."],
  ["target_too_long", "The path and the query are longer than the gate reads."],
  ["method_unsupported", "The gate does not know this method."],
  ["body_too_large", "The body is larger than the gate reads."],
  ["target_ambiguous", "The path is ambiguous: two servers could read it differently, so the gate refuses it."],
  ["route_refused", "The route table refuses this request, whoever sends it."],
  ["path_reserved", "This path is one of the gate's own."],
  ["gate_misconfigured", "The gate is not set up completely. Whoever runs it finds the reason in its log."],
  ["gate_trapped", "The gate failed over this request."],
  ["memberships_unavailable", "The gate cannot find out what you may do in this namespace, so it changes nothing there."],
  ["revocations_unavailable", "The gate has no revocation list in force, so it refuses rather than guess."],
  ["origin_unreachable", "The gate let the request through, and the hub behind it does not answer."],
  ["origin_timeout", "The gate let the request through, and the hub behind it did not begin to answer in time."],
]);

export function start() {
  byId("live-form").querySelector("[type=submit]").disabled = false;
  byId("live-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  byId("live-show").addEventListener("click", (event) => {
    const shown = byId("live-token").type === "text";
    byId("live-token").type = shown ? "password" : "text";
    event.target.setAttribute("aria-pressed", String(!shown));
    event.target.textContent = shown ? "Show the token" : "Hide the token";
  });
}

async function ask() {
  const method = byId("live-method").value;
  const target = byId("live-target").value.trim();
  const token = byId("live-token").value.trim();
  if (!target.startsWith("/") || target.startsWith("//")) {
    fill(result, element("p", { class: "panel bad" }, "A path begins with one slash, such as /api/whoami-v2."));
    return;
  }
  fill(result, element("p", { class: "panel quiet" }, "Waiting for the answer…"));
  const began = performance.now();
  let response;
  let body;
  try {
    response = await fetch((await hubOrigin()) + target, {
      method,
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      credentials: "omit",
      redirect: "manual",
      cache: "no-store",
    });
    body = await response.text();
  } catch {
    fill(result, element("p", { class: "panel bad" }, "No answer came: the gate could not be reached, or the browser refused to send this. Nothing you entered is lost; try again."));
    return;
  }
  show(target, response, body, performance.now() - began);
}

function show(target, response, body, milliseconds) {
  if (response.type === "opaqueredirect") {
    fill(result, element("p", { class: "panel" }, "The answer is a redirect. Browsers do not tell a page where it leads; curl -i does."));
    return;
  }
  const code = response.headers.get("X-Error-Code");
  // The hub has codes of its own in the same header.
  const isFromGate = code !== null && (MEANINGS.has(code) || target.startsWith(new URL(".", document.baseURI).pathname));
  const title = !isFromGate ? "The gate let it through" : code.startsWith("origin_") ? `The hub did not answer: ${code}` : `The gate refused it: ${code}`;
  const why = isFromGate
    ? (MEANINGS.get(code) ?? "The answer below says why.")
    : `What follows is the hub's own answer${response.ok ? "." : code === null ? ", which is its own refusal." : `, which is its own refusal: ${code}.`}`;
  fill(result, element("div", { class: "panel" },
    element("div", { class: `verdict ${isFromGate ? "bad" : "good"}` }, element("h2", {}, `${response.status} · ${title}`), element("p", {}, why), isFromGate ? quote(body) : null),
    element("p", { class: "hint" }, `${Math.round(milliseconds)} ms from this page and back`),
    element("h3", {}, "Headers"),
    element("dl", { class: "headers code" }, [...response.headers].map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
    element("h3", {}, "Body"),
    element("pre", { tabindex: "0", role: "group", "aria-label": "Body" }, element("code", {}, body === "" ? "(empty)" : body.slice(0, SHOWN_CHARACTERS) + (body.length > SHOWN_CHARACTERS ? "\n… (cut here)" : "")))));
}

/** The gate's own sentence, where its answer is JSON. */
function quote(body) {
  try {
    const { error, detail } = JSON.parse(body);
    const text = detail ?? error?.message ?? error;
    return typeof text === "string" ? element("p", {}, `The gate says: “${text}”`) : null;
  } catch {
    return null;
  }
}
