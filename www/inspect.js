// A token taken apart, every byte in the colour of its field.

import { core, CORE_MISSING, demoKey, now } from "./core.js";
import { byId, element, fill } from "./element.js";

const input = byId("inspect-token");
const result = byId("inspect-result");

export async function start() {
  input.addEventListener("input", look);
  byId("inspect-form").addEventListener("reset", () => setTimeout(look));
  byId("inspect-example").addEventListener("click", async () => {
    const claims = { role: "write", subject: "alice", serial: 1742, now: now(), lifetime: 90 * 86_400 };
    input.value = (await core()).mint(demoKey, claims).token;
    look();
  });
  byId("inspect-change").addEventListener("click", () => {
    input.value = changeOneCharacter(input.value);
    look();
  });
  try {
    await core();
    look();
  } catch {
    fill(result, element("p", { class: "panel bad" }, CORE_MISSING));
  }
}

/** The text with one of its characters, never one before the underscore, replaced by another of the alphabet. */
export function changeOneCharacter(text) {
  const first = text.indexOf("_") + 1;
  if (text.length <= first) return text;
  const at = first + Math.floor(Math.random() * (text.length - first));
  return text.slice(0, at) + (text[at] === "x" ? "y" : "x") + text.slice(at + 1);
}

async function look() {
  const text = input.value.trim();
  byId("inspect-change").disabled = text === "";
  byId("inspect-format").hidden = text !== "";
  if (text === "") {
    fill(result);
    return;
  }
  const inspection = (await core()).inspect(text);
  fill(result, element("div", { class: "panel" },
    verdict(inspection),
    inspection.faults.length > 0 ? element("ul", { class: "faults" }, inspection.faults.map((fault) => element("li", {}, fault))) : null,
    element("div", { class: "spelled code", "aria-hidden": "true" }, spell(text, inspection)),
    inspection.fields.length > 0 ? fieldTable(inspection.fields) : null));
}

function verdict({ well_formed: wellFormed, fields, faults }) {
  const checksum = fields.find((field) => field.name === "checksum");
  const title = wellFormed ? "Well-formed, and the checksum is right" : checksum && checksum.meaning !== "right" ? "The checksum is wrong" : "Not a token";
  const text = wellFormed
    ? "Anyone can make such a text. Only the gate has the keys, so only the gate can tell whether the signature is genuine."
    : `${faults.length === 1 ? "One thing is" : `${faults.length} things are`} wrong with it. The gate answers 401 token_invalid.`;
  return element("div", { class: `verdict ${wellFormed ? "good" : "bad"}` }, element("h2", {}, title), element("p", {}, text));
}

/** Each character in the colour of the byte that its first bit belongs to. */
function spell(text, { fields }) {
  const start = text.indexOf("_") + 1;
  const runs = [];
  for (const [at, character] of [...text].entries()) {
    const byte = Math.floor(((at - start) * 6) / 8);
    const field = at < start ? "prefix" : (fields.find(({ start, end }) => byte >= start && byte < end)?.name ?? "rest");
    if (runs.at(-1)?.field === field) runs.at(-1).text += character;
    else runs.push({ field, text: character });
  }
  return runs.map(({ field, text }) => element("span", { class: `f-${field}` }, text));
}

function fieldTable(fields) {
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Fields of the token" },
    element("table", { class: "fields", role: "table" },
      element("thead", { role: "rowgroup" },
        element("tr", { role: "row" }, ["Field", "Bytes", "What it says"].map((name) => element("th", { scope: "col", role: "columnheader" }, name)))),
      element("tbody", { role: "rowgroup" }, fields.map((field) =>
        element("tr", { role: "row" },
          element("th", { scope: "row", role: "rowheader" }, element("span", { class: `swatch f-${field.name}` }), field.name.replace("_", " ")),
          element("td", { role: "cell" }, element("span", { class: "bytes code" }, (field.hex.match(/../g) ?? []).map((byte) => element("span", { class: `f-${field.name}` }, byte)))),
          element("td", { class: "meaning", role: "cell" }, field.meaning))))));
}
