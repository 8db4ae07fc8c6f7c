// How a request is decided: the steps, and the response that each client receives.

import { core, CORE_MISSING } from "./core.js";
import { byId, element, fill, tabs } from "./element.js";

const FIELDS = ["method", "target", "body", "role", "restrictions", "address", "membership"];
const STEP_NAMES = new Map([
  ["method", "Method"],
  ["target", "Path"],
  ["rule", "Rule"],
  ["class", "Class"],
  ["token", "Token"],
  ["role", "Role"],
  ["restrictions", "Restrictions"],
  ["membership", "Membership"],
]);
const CLIENT_NAMES = new Map([
  ["git", "git"],
  ["git-lfs", "git-lfs"],
  ["hub client", "Hub client"],
  ["openai client", "OpenAI client"],
  ["messages client", "Messages API client"],
  ["registry client", "Registry client"],
  ["browser", "Browser"],
  ["other", "curl"],
]);
const VERDICTS = new Map([
  ["forward", "It goes on to the origin"],
  ["answer", "The gate answers: a preflight needs no token"],
  ["refuse", "Refused"],
  ["fail", "It cannot be decided"],
  ["wait", "It cannot be decided"],
]);

const form = byId("decide-form");
const result = byId("decide-result");

export async function start() {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    markPicked(null);
    decide();
  });
  byId("decide-token").addEventListener("input", readToken);
  await Promise.all([fillGallery(), decide()]);
}

async function fillGallery() {
  const gallery = await fetch(new URL("gallery.json", import.meta.url)).then((answer) => answer.json());
  fill(byId("gallery-requests"), gallery.requests.map((request) => pick(request, `${request.method} ${request.target}`)));
  fill(byId("gallery-attacks"), gallery.attacks.map((request) => pick(request, request.why)));
}

function pick(request, text) {
  const button = element("button", { type: "button", "aria-pressed": "false" }, request.name, element("small", {}, text));
  button.addEventListener("click", () => {
    for (const name of FIELDS) byId(`decide-${name}`).value = fieldOf(request, name);
    byId("decide-limits").open = byId("decide-restrictions").value !== "";
    markPicked(button);
    decide(request.why);
    // On narrow screens the gallery is below the form.
    if (matchMedia("(max-width: 900px)").matches) form.scrollIntoView();
  });
  return element("li", {}, button);
}

/** The gallery's value for a field, and nothing that every object inherits. */
const fieldOf = (request, name) => (Object.hasOwn(request, name) ? request[name] : "");

/** Takes role and restrictions from a token, without verification. */
async function readToken() {
  const text = byId("decide-token").value.trim();
  const { well_formed: isWellFormed, fields, faults, restrictions } = (await core()).inspect(text);
  byId("decide-token-error").textContent = text === "" || isWellFormed ? "" : `This is not a token: ${faults[0]}.`;
  if (!isWellFormed) return;
  byId("decide-role").value = fields.find(({ name }) => name === "role").meaning;
  byId("decide-restrictions").value = restrictions.join("\n");
  decide();
}

function markPicked(picked) {
  for (const button of document.querySelectorAll(".picks button")) {
    button.setAttribute("aria-pressed", button === picked);
  }
}

async function decide(why) {
  const request = Object.fromEntries(FIELDS.map((name) => [name, byId(`decide-${name}`).value]));
  let reasoning;
  try {
    reasoning = (await core()).reason(request);
  } catch {
    fill(result, element("p", { class: "panel bad" }, CORE_MISSING));
    return;
  }
  if (reasoning.error) {
    fill(result, element("p", { class: "panel bad" }, `${reasoning.error}.`));
    return;
  }
  fill(result, conclusion(reasoning, why), consequences(reasoning));
}

function conclusion({ verdict, code, answers, steps }, why) {
  const passes = verdict === "forward" || verdict === "answer";
  const title = passes || code === null ? VERDICTS.get(verdict) : `${VERDICTS.get(verdict)}: ${answers[0].status} ${code}`;
  return element("div", { class: "panel" },
    element("div", { class: `verdict ${passes ? "good" : "bad"}` },
      element("h2", {}, title),
      why ? element("p", {}, why) : null),
    element("ol", { class: "steps" }, steps.map(({ name, holds, finding }) =>
      element("li", { class: holds ? "pass" : "stop" },
        element("strong", {}, STEP_NAMES.get(name) ?? name), " ",
        element("span", { class: name === "target" || name === "rule" ? "code" : null }, finding)))));
}

function consequences({ verdict, answers, forwarded }) {
  if (verdict === "forward") {
    return element("div", { class: "panel" },
      element("h2", {}, "What the origin receives"),
      element("dl", { class: "headers code" }, forwarded.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)])),
      element("p", { class: "hint" }, "The token itself stays at the gate, and the gate drops these headers if a client sends them."));
  }
  if (answers.length === 0) return null;
  return element("div", { class: "panel" },
    element("h2", {}, "What each client receives"),
    tabs("Clients", answers.map((answer) => [CLIENT_NAMES.get(answer.client) ?? answer.client, responseText(answer)])));
}

function responseText({ status, headers, body }) {
  const head = headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  return element("pre", { tabindex: "0", role: "group", "aria-label": "The answer" }, element("code", {}, `HTTP/1.1 ${status}\n${head}\n\n${body.trim()}`));
}
