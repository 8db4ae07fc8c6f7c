// Shows a new token, once.

import { hubOrigin } from "./api.js";
import { byId, copyButton, element, fill, readyLines } from "./element.js";
import { inWords } from "./restrictions.js";
import { asDay } from "./time.js";
import { tokenLines } from "./token-lines.js";
import { guard, unguard } from "./uncopied.js";

/** Puts the token into the slot and nowhere else; leaving the view empties the slot. Returns what has the focus then. */
export async function showOnce(slot, created, title, note) {
  const lines = tokenLines(created, await hubOrigin());
  const done = () => {
    unguard();
    fill(slot);
    byId("tokens-title").focus();
  };
  const heading = element("h2", { id: "once-title", tabindex: "-1" }, title);
  const panel = element("section", { class: "panel once", "aria-labelledby": "once-title", "data-token": created.id },
    heading,
    element("p", {}, "Copy it now. It is shown this once; when you leave this view it is gone, and nobody can look it up."),
    element("div", { class: "secret" },
      element("code", { id: "once-token" }, created.token),
      copyButton(created.token, "the token", unguard)),
    element("p", { class: "hint" },
      `${created.role === "read" ? "It reads: clone, fetch, download. A push with it is refused." : "It reads and writes: clone, download, push and upload."} `,
      created.expires_at === null ? "It does not expire." : `It expires on ${asDay(created.expires_at)}.`,
      note ? ` ${note}` : ""),
    limits(created.restrictions),
    element("h3", {}, "Use it"),
    readyLines(lines, (text) => text.includes(created.token) && unguard()),
    element("div", { class: "actions" }, element("button", { type: "button", id: "once-done", onclick: done }, "I have copied it")));
  guard(created.name);
  panel.addEventListener("copy", () => {
    if (String(getSelection()).includes(created.token)) unguard();
  });
  fill(slot, panel);
  heading.focus();
  return heading;
}

function limits(restrictions) {
  return restrictions.length === 0 ? null : element("p", { class: "hint" }, `It is limited to ${new Intl.ListFormat("en").format(restrictions.map(inWords))}.`);
}
