// The page: CSS shows the view that the address names (`:target`); this loads the view's code when it is first opened.

import { byId } from "./element.js";
import { confirmLeaving } from "./uncopied.js";

const VIEWS = new Map([
  ["tokens", () => import("./tokens.js")],
  ["inspect", () => import("./inspect.js")],
  ["narrow", () => import("./narrow.js")],
  ["decide", () => import("./decide.js")],
  ["try", () => import("./try.js")],
  ["live", () => import("./live.js")],
]);
/** The modules of the views that were opened; null while one is loading. */
const opened = new Map();

function viewName() {
  const name = location.hash.slice(1);
  return VIEWS.has(name) ? name : "tokens";
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
  if (opened.has(name)) return;
  opened.set(name, null);
  const view = await VIEWS.get(name)();
  opened.set(name, view);
  view.start();
}

/** Removes a new token that the view of tokens shows. */
const leaveTokens = () => opened.get("tokens")?.leave();

addEventListener("click", (event) => {
  const hash = event.target.closest("a[href^='#']")?.hash;
  if (hash && hash !== "#main" && viewName() === "tokens" && hash !== "#tokens" && !confirmLeaving()) event.preventDefault();
});

addEventListener("hashchange", () => {
  // The skip link leads to no view.
  if (location.hash !== "#main") show(true);
});
// A form that is submitted before its view is loaded must not reload the page.
addEventListener("submit", (event) => event.preventDefault());
// The browser's back/forward cache must not bring a token back that was shown once.
addEventListener("pagehide", leaveTokens);
show(false);
