// A new token, shown this once.

import { hubOrigin } from "./api.js";
import { copyButton, element, fill, tabs } from "./element.js";
import { asDay } from "./time.js";
import { tokenLines } from "./token-lines.js";

/** Puts the token into the slot; it is nowhere else, and leaving the view empties the slot. */
export async function showOnce(slot, made, title, note) {
  const lines = tokenLines(made.token, made.subject, await hubOrigin()).map(([name, text, hint]) => [
    name,
    element("div", { class: "lines" },
      element("pre", { tabindex: "0", role: "group", "aria-label": `${name} lines` }, element("code", {}, text)),
      copyButton(text, `the ${name} lines`),
      element("p", { class: "hint" }, hint)),
  ]);
  const panel = element("section", { class: "panel once", "aria-labelledby": "once-title" },
    element("h2", { id: "once-title", tabindex: "-1" }, title),
    element("p", {}, "Copy it now. It is shown this once; when you leave this view it is gone, and nobody can look it up."),
    element("div", { class: "secret" },
      element("code", { id: "once-token" }, made.token),
      copyButton(made.token, "the token")),
    element("p", { class: "hint" },
      `${made.role === "read" ? "It reads: clone, fetch, download. A push with it is refused." : "It reads and writes: clone, download, push and upload."} `,
      made.expires_at === null ? "It does not expire." : `It expires on ${asDay(made.expires_at)}.`,
      note ? ` ${note}` : ""),
    element("h3", {}, "Use it"),
    tabs("Ready lines", lines),
    element("div", { class: "actions" }, element("button", { type: "button", id: "once-done", onclick: () => fill(slot) }, "I have copied it")));
  fill(slot, panel);
  panel.querySelector("h2").focus();
}
