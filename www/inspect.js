// A token taken apart, with each field in a colour of its own.

import { changeOneCharacter, core, CORE_MISSING, exampleToken } from "./core.js";
import { byId, element, fill } from "./element.js";
import { allowedList } from "./restrictions.js";

const input = byId("inspect-token");
const result = byId("inspect-result");

export async function start() {
  input.addEventListener("input", update);
  byId("inspect-form").addEventListener("reset", () => setTimeout(update));
  byId("inspect-example").addEventListener("click", async () => {
    const { token } = (await core()).narrow(await exampleToken(), ["repositories=acme/widget,datasets/acme/*", "areas=git,files"]);
    input.value = token;
    update();
  });
  byId("inspect-change").addEventListener("click", () => {
    input.value = changeOneCharacter(input.value);
    update();
  });
  try {
    await core();
    update();
  } catch {
    fill(result, element("p", { class: "panel bad" }, CORE_MISSING));
  }
}

async function update() {
  const text = input.value.trim();
  byId("inspect-change").disabled = text === "";
  byId("inspect-format").hidden = text !== "";
  if (text === "") {
    fill(result);
    return;
  }
  const inspection = (await core()).inspect(text);
  inspection.fields = withClasses(inspection.fields);
  fill(result, element("div", { class: "panel" },
    verdict(inspection),
    inspection.faults.length > 0 ? element("ul", { class: "faults" }, inspection.faults.map((fault) => element("li", {}, fault))) : null,
    limits(inspection.restrictions),
    element("div", { class: "spelled code", "aria-hidden": "true" }, colouredText(text, inspection.fields)),
    inspection.fields.length > 0 ? fieldTable(inspection.fields) : null));
}

/** Restrictions alternate between two shades, so that each can be distinguished from the next. */
function withClasses(fields) {
  let restrictions = 0;
  return fields.map((field) => ({
    ...field,
    shade: field.name === "restriction" && (restrictions += 1) % 2 === 0 ? "f-restriction f-even" : `f-${field.name}`,
  }));
}

function verdict({ well_formed: wellFormed, fields, faults }) {
  const checksum = fields.find((field) => field.name === "checksum");
  const title = wellFormed ? "Well-formed, and the checksum is right" : checksum && checksum.meaning !== "right" ? "The checksum is wrong" : "Not a token";
  const text = wellFormed
    ? "Anyone can make such a text. Only the gate has the keys, so only the gate can tell whether the signature is genuine."
    : `${faults.length === 1 ? "One thing is" : `${faults.length} things are`} wrong with it. The gate answers 401 token_invalid.`;
  return element("div", { class: `verdict ${wellFormed ? "good" : "bad"}` }, element("h2", {}, title), element("p", {}, text));
}

function limits(restrictions) {
  if (restrictions.length === 0) return null;
  return [
    element("p", {}, "Beyond its role, it is limited to"),
    allowedList(restrictions),
  ];
}

/** Each character in the colour of the byte that its first bit belongs to. */
function colouredText(text, fields) {
  const start = text.indexOf("_") + 1;
  const runs = [];
  for (const [index, character] of [...text].entries()) {
    const byte = Math.floor(((index - start) * 6) / 8);
    const shade = index < start ? "f-prefix" : (fields.find(({ start, end }) => byte >= start && byte < end)?.shade ?? "f-rest");
    if (runs.at(-1)?.shade === shade) runs.at(-1).text += character;
    else runs.push({ shade, text: character });
  }
  return runs.map(({ shade, text }) => element("span", { class: shade }, text));
}

function fieldTable(fields) {
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Fields of the token" },
    element("table", { class: "fields", role: "table" },
      element("thead", { role: "rowgroup" },
        element("tr", { role: "row" }, ["Field", "Bytes", "What it says"].map((name) => element("th", { scope: "col", role: "columnheader" }, name)))),
      element("tbody", { role: "rowgroup" }, fields.map((field) =>
        element("tr", { role: "row" },
          element("th", { scope: "row", role: "rowheader" }, element("span", { class: `swatch ${field.shade}` }), field.name.replace("_", " ")),
          element("td", { role: "cell" }, bytes(field)),
          element("td", { class: "meaning", role: "cell" }, field.meaning, kindAndLength(field)))))));
}

/** The bytes in hexadecimal. Kind and length of a restriction come before its value. */
function bytes({ name, hex, shade }) {
  return element("span", { class: "bytes code" }, (hex.match(/../g) ?? []).map((byte, index) =>
    element("span", { class: name === "restriction" && index < 2 ? `${shade} f-kind` : shade }, byte)));
}

function kindAndLength({ name, hex }) {
  if (name !== "restriction") return null;
  const [kind, length] = hex.match(/../g).map((byte) => Number.parseInt(byte, 16));
  return element("small", { class: "hint" }, `The first byte is the kind, ${kind}; the second is the length, ${length}.`);
}
