// A new token, shown this once.

import { hubOrigin } from "./api.js";
import { byId, copyButton, element, fill, tabs } from "./element.js";
import { asDay } from "./time.js";
import { tokenLines } from "./token-lines.js";

// The name of the token that is shown and was not copied yet.
let uncopied = null;

/** Whether the token may go: it was copied, or whoever looks at it says so. */
export function mayLeave() {
  if (uncopied !== null && !confirm(`You have not copied the token “${uncopied}”. Leave all the same? It cannot be shown again.`)) return false;
  uncopied = null;
  return true;
}

/** It was copied, or is gone. */
export const forget = () => {
  uncopied = null;
};

addEventListener("beforeunload", (event) => {
  if (uncopied !== null) event.preventDefault();
});

/** Puts the token into the slot; it is nowhere else, and leaving the view empties the slot. Gives what has the focus. */
export async function showOnce(slot, made, title, note) {
  const lines = tokenLines(made.token, made.subject, await hubOrigin()).map(([name, text, hint]) => [
    name,
    element("div", { class: "lines" },
      element("pre", { tabindex: "0", role: "group", "aria-label": `${name} lines` }, element("code", {}, text)),
      copyButton(text, `the ${name} lines`, text.includes(made.token) && forget),
      element("p", { class: "hint" }, hint)),
  ]);
  const done = () => {
    forget();
    fill(slot);
    byId("tokens-title").focus();
  };
  const panel = element("section", { class: "panel once", "aria-labelledby": "once-title", "data-token": made.id },
    element("h2", { id: "once-title", tabindex: "-1" }, title),
    element("p", {}, "Copy it now. It is shown this once; when you leave this view it is gone, and nobody can look it up."),
    element("div", { class: "secret" },
      element("code", { id: "once-token" }, made.token),
      copyButton(made.token, "the token", forget)),
    element("p", { class: "hint" },
      `${made.role === "read" ? "It reads: clone, fetch, download. A push with it is refused." : "It reads and writes: clone, download, push and upload."} `,
      made.expires_at === null ? "It does not expire." : `It expires on ${asDay(made.expires_at)}.`,
      note ? ` ${note}` : ""),
    element("h3", {}, "Use it"),
    tabs("Ready lines", lines),
    element("div", { class: "actions" }, element("button", { type: "button", id: "once-done", onclick: done }, "I have copied it")));
  uncopied = made.name;
  panel.addEventListener("copy", () => {
    if (String(getSelection()).includes(made.token)) forget();
  });
  fill(slot, panel);
  const heading = panel.querySelector("h2");
  heading.focus();
  return heading;
}
