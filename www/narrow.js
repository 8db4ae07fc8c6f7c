// A narrower token out of a given one, made in this page.

import { hubOrigin } from "./api.js";
import { core, CORE_MISSING, exampleToken, now } from "./core.js";
import { byId, copyButton, element, fill, radioPills, readyLines } from "./element.js";
import { restrictionFields } from "./restriction-fields.js";
import { allowedList, toText } from "./restrictions.js";
import { environmentLines } from "./token-lines.js";

const LIFETIMES = [["", "As before"], ["15m", "15 minutes"], ["1h", "1 hour"], ["12h", "12 hours"], ["7d", "7 days"]];
const SECONDS = new Map([["m", 60], ["h", 3600], ["d", 86_400]]);
const OPTIONS = new Map([["repositories", "--repo"], ["areas", "--area"], ["networks", "--network"], ["requests", "--request"]]);
const MAXIMUM_RESTRICTIONS = 8;
const MAXIMUM_CHARACTERS = 512;

const form = byId("narrow-form");
const input = byId("narrow-token");
const result = byId("narrow-result");

export async function start() {
  const limits = restrictionFields("narrow");
  fill(byId("narrow-limits"),
    radioPills("narrow-role", "What may it do?", [["", "As before"], ["read", "Only read"]], ""),
    radioPills("narrow-lifetime", "How long, from now on?", LIFETIMES, ""),
    limits.element,
    element("div", { class: "actions" }, element("button", { type: "submit", class: "primary" }, "Make it narrower")));
  form.addEventListener("input", () => fill(result));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    narrow(limits.chosen());
  });
  byId("narrow-example").addEventListener("click", async () => {
    input.value = await exampleToken();
    fill(result);
  });
  // Asked before there is a token: from then on, the page asks nobody anything.
  await Promise.all([core(), hubOrigin()]).catch(() => showError(CORE_MISSING));
}

const showError = (text) => fill(result, element("p", { class: "panel bad", role: "alert" }, text));

async function narrow(limits) {
  const { "narrow-role": role, "narrow-lifetime": lifetime } = form.elements;
  const restrictions = [
    role.value === "read" && { role: "read" },
    lifetime.value !== "" && { expires: now() + Number(lifetime.value.slice(0, -1)) * SECONDS.get(lifetime.value.slice(-1)) },
    ...limits,
  ].filter(Boolean);
  if (restrictions.length === 0) {
    showError("Choose at least one limit: the token stays as it is without one.");
    return;
  }
  const { inspect, narrow } = await core();
  const narrowed = narrow(input.value.trim(), restrictions.map(toText));
  if (narrowed.error) {
    showError(`The token cannot be narrowed: ${narrowed.error}.`);
    return;
  }
  const { token } = narrowed;
  showResult(token, inspect(token), commandLine(role.value, lifetime.value, limits), await hubOrigin());
}

function showResult(token, { fields, restrictions }, command, origin) {
  const [shard, serial] = ["shard", "serial"].map((name) => fields.find((field) => field.name === name).meaning);
  const heading = element("h2", { id: "narrowed-title", tabindex: "-1" }, "The narrower token");
  fill(result, element("section", { class: "panel once", "aria-labelledby": "narrowed-title" },
    heading,
    element("div", { class: "secret" }, element("code", { id: "narrowed-token" }, token), copyButton(token, "the narrower token")),
    element("p", {}, "It is limited to"),
    allowedList(restrictions),
    element("p", { class: "hint" },
      "Nobody can take a limit away again. Keep the wider token to yourself: whoever has it is not limited. ",
      `Both have the id ${shard}-${serial}: revoking it revokes both. `,
      `${restrictions.length} of ${MAXIMUM_RESTRICTIONS} limits and ${token.length} of ${MAXIMUM_CHARACTERS} characters are used.`),
    element("h3", {}, "Use it"),
    readyLines(linesFor(token, command, origin)),
    element("div", { class: "actions" }, element("button", { type: "button", onclick: () => inspectToken(token) }, "Inspect it"))));
  heading.focus();
}

/** `[label, text, hint]`. */
function linesFor(token, command, origin) {
  return [
    [
      "Shell",
      environmentLines(token, origin),
      "For one shell. If your hub stores files with Xet, leave the last line out.",
    ],
    [
      "CI",
      `env:\n  HF_ENDPOINT: ${origin}\n  HF_TOKEN: \${{ secrets.HF_TOKEN }}\n  HF_HUB_DISABLE_XET: "1"`,
      "GitHub Actions, and what resembles it: store the narrower token as the secret HF_TOKEN, and never write it into the file.",
    ],
    ["Command line", command, "The same from a file with the wider token, for example at the start of each job. It needs no network either."],
  ];
}

function commandLine(role, lifetime, limits) {
  const options = limits.flatMap((restriction) =>
    Object.entries(restriction).flatMap(([kind, entries]) => entries.map((entry) => `${OPTIONS.get(kind)} ${quoted(entry)}`)));
  const words = ["lychgate narrow", role && `--role ${role}`, lifetime && `--expires-in ${lifetime}`, ...options].filter(Boolean);
  return `${words.join(" ")} < token.txt`;
}

/** The text as one word of a shell. */
const quoted = (text) => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function inspectToken(token) {
  const field = byId("inspect-token");
  field.value = token;
  field.dispatchEvent(new Event("input"));
  location.hash = "#inspect";
}
