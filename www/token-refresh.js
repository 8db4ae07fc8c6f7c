// Refreshes a token: a new one takes its place.

import { refreshToken } from "./api.js";
import { element, radioPills } from "./element.js";
import { fromNow } from "./time.js";
import { ask } from "./token-dialog.js";
import { chosenExpiry, expiryChoice } from "./token-expiry.js";
import { showOnce } from "./token-once.js";

const GRACES = [["0", "At once"], ["3600", "In an hour"], ["86400", "In a day"], ["604800", "In a week"]];
const SAME = "same";

export function askToRefresh(token, { slot, reload, showError }) {
  let key = crypto.randomUUID();
  const limits = token.restrictions.length > 0 ? " It has the same limits." : "";
  const dialog = ask({
    title: `Refresh “${token.name}”?`,
    verb: "Refresh",
    kind: "primary",
    children: [
      element("p", {}, `You get a new token of the same name and role (${token.role}).${limits} The old one, ${token.id}, is revoked.`),
      radioPills("grace", "Revoke the old token", GRACES, "0",
        element("p", { class: "hint" }, "This gives you time to replace the old token where it is used. It is revoked earlier if the new one is used.")),
      expiryChoice(SAME, [[SAME, "As before"]]),
    ],
    act: async (form) => {
      const body = form.elements.expiry.value === SAME ? undefined : { expires_in: chosenExpiry(form) };
      const created = await refreshToken(token.id, form.elements.grace.value, body, key);
      const { list, revoked_at: revokedAt } = created.replaces;
      const note = list === null
        ? `The old token, ${token.id}, works until the new one is used, and is revoked ${fromNow(revokedAt)} at the latest.`
        : `The old token, ${token.id}, is revoked: the gate refuses it within seconds.`;
      const heading = await showOnce(slot, created, `“${created.name}” is refreshed`, note);
      await reload().catch(showError);
      return heading;
    },
  });
  dialog.addEventListener("input", () => (key = crypto.randomUUID()));
}
