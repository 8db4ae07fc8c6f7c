// A gate in the page: a token minted with the demo key, a request with it, and the request's way.

import { changeOneCharacter, core, CORE_MISSING, demoKey, now } from "./core.js";
import { byId, element, fill } from "./element.js";
import { planJourney } from "./journey.js";
import { withoutLastRestriction } from "./widen.js";

const HOUR = 3600;
const REQUESTS = new Map([
  ["clone", { method: "GET", target: "/acme/widget/info/refs?service=git-upload-pack" }],
  ["push", { method: "GET", target: "/acme/widget/info/refs?service=git-receive-pack" }],
]);
const STEP_MILLISECONDS = 1100;

const field = byId("try-token");
const picture = byId("journey");
/** The token as minted, and after the narrowings. */
const demo = { serial: 0, minted: "", narrowed: "", restrictions: [] };
let plan = [];
let position = 0;
let timer;

export async function start() {
  try {
    await core();
  } catch {
    byId("try-mint-error").textContent = CORE_MISSING;
    return;
  }
  byId("try-mint").addEventListener("submit", (event) => {
    event.preventDefault();
    mint();
  });
  byId("try-role").addEventListener("change", mint);
  field.addEventListener("input", describeToken);
  byId("try-narrow").addEventListener("click", narrow);
  byId("try-change").addEventListener("click", () => {
    field.value = changeOneCharacter(demo.narrowed);
    describeToken();
  });
  byId("try-widen").addEventListener("click", async () => {
    field.value = withoutLastRestriction(demo.narrowed, (await core()).inspect(demo.narrowed).fields);
    describeToken();
  });
  byId("try-restore").addEventListener("click", () => useToken(demo.minted, []));
  byId("try-send").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("journey-next").addEventListener("click", () => goTo(position + 1));
  byId("journey-back").addEventListener("click", () => goTo(position - 1));
  await mint();
  byId("try-send").querySelector("[type=submit]").disabled = false;
}

async function mint() {
  const serial = demo.serial + 1;
  const claims = { role: byId("try-role").value, subject: byId("try-subject").value.trim(), serial, now: now(), lifetime: HOUR };
  const minted = (await core()).mint(demoKey, claims);
  byId("try-mint-error").textContent = minted.error ? `This cannot be minted: ${minted.error}.` : "";
  if (minted.error) return;
  Object.assign(demo, { minted: minted.token, serial });
  useToken(minted.token, []);
}

async function narrow() {
  const restriction = byId("try-limit").value;
  const narrowed = (await core()).narrow(field.value.trim(), [restriction]);
  byId("try-narrow-error").textContent = narrowed.error ? `This cannot be narrowed: ${narrowed.error}.` : "";
  if (!narrowed.error) useToken(narrowed.token, [...demo.restrictions, restriction]);
}

function useToken(token, restrictions) {
  Object.assign(demo, { narrowed: token, restrictions });
  field.value = token;
  byId("try-narrow-error").textContent = "";
  byId("try-widen").disabled = restrictions.length === 0;
  describeToken();
}

function describeToken() {
  byId("try-changed").textContent = description(field.value.trim());
}

function description(text) {
  const { minted, narrowed, serial, restrictions } = demo;
  if (text === minted) return `As minted: token 0-${serial}.`;
  if (text === narrowed) return `Narrowed by ${restrictions.join(", then by ")}. It is still token 0-${serial}.`;
  const changed = [...narrowed].flatMap((character, index) => (character === text[index] ? [] : [index]));
  if (text.length === narrowed.length && changed.length === 1) {
    const [index] = changed;
    return `Character ${index + 1} was “${narrowed[index]}” and is now “${text[index]}”.`;
  }
  return text.length < narrowed.length && text !== "" ? "Shorter than the token that was made here." : "Not the token that was minted here.";
}

async function send() {
  const name = document.querySelector("[name=try-request]:checked").value;
  const request = {
    ...REQUESTS.get(name),
    revoked: byId("try-revoked").checked ? [demo.serial] : [],
    now: now() + (byId("try-expired").checked ? 24 * HOUR : 0),
  };
  const decision = (await core()).attempt(demoKey, field.value.trim(), request);
  plan = planJourney(name, request, decision);
  goTo(0);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) goTo(plan.length - 1);
  else timer = setTimeout(play, STEP_MILLISECONDS);
}

function play() {
  if (position + 1 < plan.length) {
    show(position + 1);
    timer = setTimeout(play, STEP_MILLISECONDS);
  }
}

function goTo(step) {
  clearTimeout(timer);
  show(step);
}

function show(step) {
  position = Math.max(0, Math.min(step, plan.length - 1));
  const { at, end } = plan[position];
  picture.dataset.at = at;
  picture.dataset.end = end ?? "";
  byId("journey-back").disabled = position === 0;
  byId("journey-next").disabled = position === plan.length - 1;
  fill(byId("journey-steps"), plan.slice(0, position + 1).map(({ title, text, end }, index) =>
    element("li", { class: end ?? null, "aria-current": index === position ? "step" : null }, element("strong", {}, title), " ", text)));
}
