// Deleting a token, and watching this edge until it refuses it.

import { deleteToken, standing } from "./api.js";
import { element, notify } from "./element.js";
import { asClock } from "./time.js";
import { ask } from "./token-dialog.js";

const LONGEST_WATCH = 60_000;
const BETWEEN_LOOKS = 700;

export function askToDelete(token, { slot, reload }) {
  ask({
    title: `Delete “${token.name}”?`,
    verb: `Delete ${token.name}`,
    kind: "danger solid",
    children: [
      element("p", {}, "Whatever uses this token ", element("strong", {}, `(${token.id}, ${token.role})`), " is refused from then on. This cannot be undone."),
      element("p", { class: "hint" }, "It ends in the ledger at once. This edge refuses it within about ten seconds, edges far away within about a minute. No other token is disturbed."),
    ],
    act: async () => {
      const at = Date.now();
      await deleteToken(token.id);
      slot.replaceChildren();
      await reload();
      watch(token, at);
    },
  });
}

async function watch(token, since) {
  notify("wait", `“${token.name}” is deleted. Waiting for this edge to refuse it…`);
  while (Date.now() - since < LONGEST_WATCH) {
    // What does not answer now may the next time.
    const seen = await standing(token.id).catch(() => null);
    if (seen?.refused_here) {
      const seconds = Math.max(1, Math.round((Date.now() - since) / 1000));
      notify("good",
        `“${token.name}” is deleted, and this edge refuses it since ${asClock(Date.now())}, ${seconds} s after you asked. `,
        "Who still sends it is answered 401 token_revoked.");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
  }
  notify("wait", `“${token.name}” is deleted and on disk. This edge has not read the new list yet; it will within a minute or so, without you.`);
}
