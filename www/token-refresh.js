// Refreshing a token: a new one in its place.

import { refreshToken } from "./api.js";
import { element } from "./element.js";
import { fromNow } from "./time.js";
import { ask } from "./token-dialog.js";
import { chosenExpiry, expiryChoice } from "./token-expiry.js";
import { mayLeave, showOnce } from "./token-once.js";

const GRACES = [["0", "At once"], ["3600", "In an hour"], ["86400", "In a day"], ["604800", "In a week"]];
const AS_BEFORE = "same";

export function askToRefresh(token, { slot, reload, fail }) {
  if (!mayLeave()) return;
  let key = crypto.randomUUID();
  const dialog = ask({
    title: `Refresh “${token.name}”?`,
    verb: "Refresh",
    kind: "primary",
    children: [
      element("p", {}, `You get a new token of the same name and role (${token.role}). The old one, ${token.id}, is revoked.`),
      element("fieldset", { class: "expiry" },
        element("legend", {}, "Revoke the old token"),
        element("div", { class: "pills" }, GRACES.map(([value, label]) =>
          element("label", { class: "pill" }, element("input", { type: "radio", name: "grace", value, checked: value === "0" }), element("span", {}, label)))),
        element("p", { class: "hint" }, "This gives you time to replace the old token where it is used. It is revoked earlier if the new one is used.")),
      expiryChoice(AS_BEFORE, [[AS_BEFORE, "As before"]]),
    ],
    act: async (form) => {
      const wanted = form.elements.expiry.value === AS_BEFORE ? undefined : { expires_in: chosenExpiry(form) };
      const made = await refreshToken(token.id, form.elements.grace.value, wanted, key);
      const { list, revoked_at: revokedAt } = made.replaces;
      const note = list === null
        ? `The old token, ${token.id}, works until the new one is used, and is revoked ${fromNow(revokedAt)} at the latest.`
        : `The old token, ${token.id}, is revoked: the gate refuses it within seconds.`;
      const shown = await showOnce(slot, made, `“${made.name}” is refreshed`, note);
      await reload().catch(fail);
      return shown;
    },
  });
  dialog.addEventListener("input", () => (key = crypto.randomUUID()));
}
