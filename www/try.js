// A gate in the page: a token by a demo key, a request with it, and the way that the request goes.

import { core, CORE_MISSING, demoKey, now } from "./core.js";
import { byId, element, fill } from "./element.js";
import { changeOneCharacter } from "./inspect.js";
import { planJourney } from "./journey.js";

const HOUR = 3600;
const REQUESTS = new Map([
  ["clone", { method: "GET", target: "/acme/widget/info/refs?service=git-upload-pack" }],
  ["push", { method: "GET", target: "/acme/widget/info/refs?service=git-receive-pack" }],
]);
const BETWEEN_STEPS = 1100;

const field = byId("try-token");
const picture = byId("journey");
const minted = { token: "", serial: 0 };
let plan = [];
let at = 0;
let playing;

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
  field.addEventListener("input", tellChange);
  byId("try-change").addEventListener("click", () => {
    field.value = changeOneCharacter(minted.token);
    tellChange();
  });
  byId("try-restore").addEventListener("click", () => {
    field.value = minted.token;
    tellChange();
  });
  byId("try-send").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  byId("journey-next").addEventListener("click", () => go(at + 1));
  byId("journey-back").addEventListener("click", () => go(at - 1));
  await mint();
}

async function mint() {
  const serial = minted.serial + 1;
  const claims = { role: byId("try-role").value, subject: byId("try-subject").value.trim(), serial, now: now(), lifetime: HOUR };
  const made = (await core()).mint(demoKey, claims);
  byId("try-mint-error").textContent = made.error ? `This cannot be minted: ${made.error}.` : "";
  if (made.error) return;
  Object.assign(minted, { token: made.token, serial });
  field.value = made.token;
  tellChange();
}

function tellChange() {
  const text = field.value.trim();
  const places = [...minted.token].flatMap((character, at) => (character === text[at] ? [] : [at + 1]));
  byId("try-changed").textContent =
    text === minted.token
      ? `As minted: token 0-${minted.serial}.`
      : text.length === minted.token.length && places.length === 1
        ? `Character ${places[0]} was “${minted.token[places[0] - 1]}”, and is “${text[places[0] - 1]}” now.`
        : "Not the token that was minted.";
}

async function send() {
  const name = document.querySelector("[name=try-request]:checked").value;
  const request = {
    ...REQUESTS.get(name),
    revoked: byId("try-revoked").checked ? [minted.serial] : [],
    now: now() + (byId("try-expired").checked ? 24 * HOUR : 0),
  };
  const judged = (await core()).attempt(demoKey, field.value.trim(), request);
  plan = planJourney(name, request, judged);
  clearTimeout(playing);
  go(0);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) go(plan.length - 1);
  else playing = setTimeout(play, BETWEEN_STEPS);
}

function play() {
  if (at + 1 < plan.length) {
    show(at + 1);
    playing = setTimeout(play, BETWEEN_STEPS);
  }
}

function go(to) {
  clearTimeout(playing);
  show(to);
}

function show(to) {
  at = Math.max(0, Math.min(to, plan.length - 1));
  const step = plan[at];
  picture.dataset.at = step.at;
  picture.dataset.end = step.end ?? "";
  byId("journey-back").disabled = at === 0;
  byId("journey-next").disabled = at === plan.length - 1;
  fill(byId("journey-steps"), plan.slice(0, at + 1).map(({ title, text, end }, number) =>
    element("li", { class: end ?? null, "aria-current": number === at ? "step" : null }, element("strong", {}, title), " ", text)));
}
