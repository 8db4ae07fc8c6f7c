// The page: which view shows is CSS's (`:target`); this wakes the view's code and tells who is signed in.

import { byId } from "./element.js";
import { startTokens, leaveTokens } from "./tokens.js";
import { mayLeave } from "./token-once.js";

const PLAYGROUND = new Map([
  ["inspect", () => import("./inspect.js")],
  ["decide", () => import("./decide.js")],
  ["try", () => import("./try.js")],
  ["live", () => import("./live.js")],
]);
const started = new Set();

function viewName() {
  const name = location.hash.slice(1);
  return PLAYGROUND.has(name) ? name : "tokens";
}

async function show(focus) {
  const name = viewName();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = byId(`${name}-title`);
  document.title = `${title.textContent} · Lychgate`;
  if (name !== "tokens") leaveTokens();
  if (focus) {
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  const load = PLAYGROUND.get(name);
  if (load && !started.has(name)) {
    started.add(name);
    const view = await load();
    view.start();
  }
}

// A token that was not copied is gone with its view.
addEventListener("click", (event) => {
  const hash = event.target.closest("a[href^='#']")?.hash;
  if (hash && hash !== "#main" && viewName() === "tokens" && hash !== "#tokens" && !mayLeave()) event.preventDefault();
});

addEventListener("hashchange", () => {
  // The skip link is no view.
  if (location.hash !== "#main") show(true);
});
// What was shown once must not come back from the browser's memory of pages.
addEventListener("pagehide", leaveTokens);
show(false);
startTokens();
