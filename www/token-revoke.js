// Revokes a token, and watches until the gate that serves this page refuses it.

import { revocationStatus, revokeToken } from "./api.js";
import { byId, element, notify } from "./element.js";
import { asClock } from "./time.js";
import { ask } from "./token-dialog.js";
import { unguard } from "./uncopied.js";

const WATCH_MILLISECONDS = 60_000;
const PAUSE_MILLISECONDS = 700;

export function askToRevoke(token, { slot, reload }) {
  ask({
    title: `Revoke “${token.name}”?`,
    verb: `Revoke ${token.name}`,
    kind: "danger solid",
    children: [
      element("p", {}, "Everything that uses this token ", element("strong", {}, `(${token.id}, ${token.role})`), " is refused from then on, and so is every narrower token that was made of it. This cannot be undone."),
      element("p", { class: "hint" }, "The gate refuses it here within about ten seconds, and everywhere within about a minute. Your other tokens keep working."),
    ],
    act: async () => {
      const since = Date.now();
      await revokeToken(token.id);
      // If another token is shown, it stays: it cannot be shown again.
      if (slot.querySelector(`[data-token="${token.id}"]`)) {
        unguard();
        slot.replaceChildren();
      }
      await reload();
      watch(token, since);
      return byId("tokens-title");
    },
  });
}

async function watch(token, since) {
  notify("wait", `“${token.name}” is revoked. Waiting for the gate to refuse it here…`);
  while (Date.now() - since < WATCH_MILLISECONDS) {
    // A call that fails now may succeed the next time.
    const status = await revocationStatus(token.id).catch(() => null);
    if (status?.refused_here) {
      const seconds = Math.max(1, Math.round((Date.now() - since) / 1000));
      notify("good",
        `“${token.name}” is revoked, and the gate has refused it here since ${asClock(Date.now())}, ${seconds} s after you asked. `,
        "Whoever still sends it gets 401 token_revoked.");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
  notify("wait", `“${token.name}” is revoked, and that is saved. The gate does not refuse it here yet; it will within a minute or so. You need not do anything.`);
}
