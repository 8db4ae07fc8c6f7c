// The view of a person's own tokens: the list, and the actions on each token. What the actions need is loaded when first used.

import { CallError, hubOrigin, listTokens, openSession, signOut } from "./api.js";
import { byId, clearMessages, element, fill, notify } from "./element.js";
import { limitList } from "./restrictions.js";
import { asDay, DAY, fromDate, fromNow } from "./time.js";
import { confirmLeaving, unguard } from "./uncopied.js";

/** With this many tokens, there is a search field. */
const SEARCHABLE = 6;
const UNUSED_DAYS = 60;
const REASONS = new Map([
  ["requested", "revoked"],
  ["refreshed", "refreshed"],
  ["replaced", "refreshed"],
  ["reported", "reported as leaked"],
]);

const body = byId("tokens-body");
const state = { session: null, tokens: [], search: "", showInactive: false };
// These stay when the list is drawn again: the form that is being filled in, and the token that is shown once.
const slots = { form: element("div", {}), once: element("div", { "aria-live": "polite" }) };
const list = element("div", {});

export async function start() {
  byId("new-token").addEventListener("click", () => openForm());
  await loadSession();
}

/** Removes the token that was shown once. */
export function leave() {
  unguard();
  fill(slots.once);
}

async function loadSession() {
  try {
    state.session = await openSession();
  } catch (error) {
    showWithoutGate(error);
    return;
  }
  showAccount();
  if (state.session === null) {
    showSignedOut();
    return;
  }
  byId("new-token").hidden = false;
  fill(list, element("p", { class: "quiet" }, "Looking for your tokens…"));
  fill(body, slots.once, slots.form, list);
  await reload();
}

async function reload() {
  try {
    state.tokens = await listTokens();
  } catch (error) {
    showError(error);
    if (state.tokens.length === 0) {
      fill(list, element("button", { type: "button", onclick: reload }, "Load the list again"));
    }
    return;
  }
  drawList();
}

/** Shows an error, and leaves alone what was entered. */
function showError(error) {
  if (!(error instanceof CallError)) throw error;
  if (error.code === "subject_blocked") {
    showBlocked(error);
    return;
  }
  notify("bad", error.message, error.kind === "signed_out" || error.code.startsWith("csrf") ? resumeButton() : null);
}

const resumeButton = () => element("button", { type: "button", class: "plain", onclick: resume }, "I have signed in, go on");

/** Continues with a new session on the same page, and keeps what was entered. */
async function resume() {
  const before = state.session?.subject;
  try {
    state.session = await openSession();
  } catch (error) {
    showError(error);
    return;
  }
  if (state.session === null) {
    notify("bad", "Nobody is signed in yet. Sign in from your hub, then press the button again.", resumeButton());
    return;
  }
  clearMessages();
  if (state.session.subject !== before) location.reload();
  showAccount();
  await reload();
}

// The account

function showAccount() {
  if (state.session === null) {
    fill(byId("account"));
    return;
  }
  const signOutButton = element("button", { type: "button", class: "plain", id: "sign-out" }, "Sign out");
  signOutButton.addEventListener("click", async () => {
    if (!confirmLeaving()) return;
    try {
      await signOut();
    } catch (error) {
      if (error.kind !== "signed_out") {
        showError(error);
        return;
      }
    }
    state.session = null;
    leave();
    fill(slots.form);
    showAccount();
    showSignedOut();
    notify("good", "You are signed out.");
    byId("tokens-title").focus();
  });
  fill(byId("account"), element("span", { class: "who" }, state.session.subject), signOutButton);
}

function showSignedOut() {
  byId("new-token").hidden = true;
  const hub = element("a", { href: "/" }, "your hub");
  hubOrigin().then((origin) => (hub.href = `${origin}/`));
  fill(
    body,
    element("div", { class: "panel empty" },
      element("h2", {}, "You are not signed in"),
      element("p", {}, "Sign in at ", hub, " and choose “Access tokens” there. The hub sends you back here, signed in. The gate itself knows no passwords."),
      element("p", {}, "You can use the playground without signing in: ",
        element("a", { href: "#inspect" }, "inspect a token"), ", see ",
        element("a", { href: "#decide" }, "how a request is decided"), ", or ",
        element("a", { href: "#try" }, "try a gate of your own"), "."),
      element("button", { type: "button", onclick: loadSession }, "I have signed in")),
  );
}

function showBlocked(error) {
  byId("new-token").hidden = true;
  fill(slots.once);
  fill(slots.form);
  fill(body, element("div", { class: "panel empty" },
    element("h2", {}, "You are blocked"),
    element("p", {}, error.message)));
}

function showWithoutGate(error) {
  if (error.kind === "blocked") {
    showBlocked(error);
    return;
  }
  const isOffline = error.kind === "offline";
  fill(
    body,
    element("div", { class: "panel empty" },
      element("h2", {}, isOffline ? "The gate cannot be reached" : "No account here"),
      element("p", {}, isOffline
        ? "The page cannot tell whether you are signed in. Check the connection and try again; the playground works without it."
        : "This copy of the page is not served by a gate that keeps tokens, so there are none to show. The playground works all the same."),
      element("div", { class: "actions" },
        element("button", { type: "button", onclick: loadSession }, "Try again"),
        element("a", { class: "button plain", href: "#inspect" }, "Inspect a token"))),
  );
}

// The list

function drawList() {
  const inactive = state.tokens.filter((token) => !isLive(token));
  const live = state.tokens.filter(isLive);
  const shown = (state.showInactive ? state.tokens : live).filter(matches);
  if (state.tokens.length === 0) {
    fill(list, slots.form.childElementCount === 0 ? firstToken() : null);
    return;
  }
  fill(
    list,
    advice(live),
    element("div", { class: "list-tools" },
      state.tokens.length >= SEARCHABLE ? searchField() : null,
      inactive.length > 0
        ? element("label", { class: "check" },
            element("input", { type: "checkbox", id: "show-inactive", checked: state.showInactive, onchange: (event) => { state.showInactive = event.target.checked; drawRows(); } }),
            element("span", {}, `Also revoked and expired ones (${inactive.length})`))
        : null),
    element("div", { id: "token-rows" }, table(shown)),
  );
}

function drawRows() {
  const shown = state.tokens.filter((token) => (state.showInactive || isLive(token)) && matches(token));
  fill(byId("token-rows"), table(shown));
}

function searchField() {
  return element("div", { class: "search" },
    element("label", { for: "token-search", class: "sr" }, "Search by name or id"),
    element("input", { id: "token-search", type: "search", placeholder: "Search by name or id", value: state.search, oninput: (event) => { state.search = event.target.value; drawRows(); } }));
}

const isLive = (token) => token.state === "live" || token.state === "in_grace";
const matches = (token) => {
  const wanted = state.search.trim().toLowerCase();
  return token.name.toLowerCase().includes(wanted) || token.id.includes(wanted);
};
const isUnused = (token) => {
  const since = token.last_used_on === null ? token.issued_at : fromDate(token.last_used_on);
  return Date.now() / 1000 - since > UNUSED_DAYS * DAY;
};

function firstToken() {
  return element("div", { class: "panel empty" },
    element("h2", {}, "No tokens yet"),
    element("p", {}, "Create your first one: a read token is enough to clone and to download. It is shown once, with lines to paste for git, curl and Python."),
    element("button", { type: "button", class: "primary", onclick: () => openForm() }, "Create a token"));
}

function advice(live) {
  const permanent = live.filter((token) => token.expires_at === null && token.state === "live").length;
  const unused = live.filter(isUnused).length;
  const texts = [
    unused > 0 && `${count(unused, "token has", "tokens have")} not been used for ${UNUSED_DAYS} days: revoke those that nothing needs.`,
    permanent > 0 && `${count(permanent, "token never expires", "tokens never expire")}: if one leaks, it works until somebody notices. Refresh it with an expiry date.`,
  ].filter(Boolean);
  return texts.length > 0 ? element("ul", { class: "advice" }, texts.map((text) => element("li", {}, text))) : null;
}

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

const COLUMNS = ["Name", "Role", "Created", "Last used", "Expires", "State", "Actions"];

function table(tokens) {
  if (tokens.length === 0) {
    return element("p", { class: "quiet none" }, state.search ? "No token has this in its name or id." : "No live tokens. Revoked and expired ones are hidden.");
  }
  return element("table", { class: "token-table", role: "table" },
    element("caption", { class: "sr" }, "Your access tokens, newest first"),
    element("thead", { role: "rowgroup" },
      element("tr", { role: "row" }, COLUMNS.map((name) =>
        element("th", { scope: "col", role: "columnheader" }, name === "Actions" ? element("span", { class: "sr" }, name) : name)))),
    element("tbody", { role: "rowgroup" }, tokens.map(row)));
}

function row(token) {
  const cell = (label, ...children) => element("td", { role: "cell", "data-label": label }, ...children);
  return element("tr", { role: "row", "data-id": token.id, class: isLive(token) ? null : "over" },
    element("th", { scope: "row", role: "rowheader" }, element("span", { class: "name" }, token.name), element("code", { class: "id" }, token.id), limitList(token.restrictions)),
    cell("Role", element("span", { class: `chip ${token.role}` }, token.role)),
    cell("Created", asDay(token.issued_at)),
    cell("Last used", token.last_used_on === null ? element("span", { class: "quiet" }, "never") : lastUse(token.last_used_on)),
    cell("Expires", expiry(token)),
    cell("State", element("span", { class: `state ${token.state}` }, stateText(token))),
    element("td", { role: "cell", class: "row-actions" }, actions(token)));
}

function lastUse(date) {
  const days = Math.floor((Date.now() / 1000 - fromDate(date)) / DAY);
  return days <= 0 ? "today" : days === 1 ? "yesterday" : asDay(fromDate(date));
}

function expiry(token) {
  if (token.expires_at === null) return element("span", { class: "never" }, "never");
  return element("span", { title: asDay(token.expires_at) }, isLive(token) ? fromNow(token.expires_at) : asDay(token.expires_at));
}

function stateText(token) {
  switch (token.state) {
    case "live": return "live";
    case "in_grace": return `revoked ${fromNow(token.revoked_at)}`;
    case "expired": return "expired";
    default: return REASONS.get(token.revocation_reason) ?? "revoked";
  }
}

function actions(token) {
  const button = (verb, kind, action) =>
    element("button", { type: "button", class: kind, "aria-label": `${verb} ${token.name}`, onclick: action }, verb);
  const context = { slot: slots.once, reload, showError };
  return [
    token.state === "live" || token.state === "expired"
      ? button("Refresh", "plain", () => confirmLeaving() && act(import("./token-refresh.js"), ({ askToRefresh }) => askToRefresh(token, context)))
      : null,
    isLive(token)
      ? button("Revoke", "plain danger", () => act(import("./token-revoke.js"), ({ askToRevoke }) => askToRevoke(token, context)))
      : null,
  ];
}

/** Runs an action once its code is loaded. */
async function act(loading, action) {
  let module;
  try {
    module = await loading;
  } catch {
    showError(new CallError("offline", "This part of the page could not be loaded. Check the connection and try again."));
    return;
  }
  action(module);
}

const openForm = () => confirmLeaving() && act(import("./token-create.js"), ({ createForm }) => {
  clearMessages();
  leave();
  const close = () => {
    clearMessages();
    fill(slots.form);
    if (state.tokens.length === 0) drawList();
    byId("new-token").focus();
  };
  const form = createForm({ slot: slots.once, reload, showError, close, usedRepositories: usedRepositories() });
  fill(slots.form, form);
  if (state.tokens.length === 0) fill(list);
  form.querySelector("input").focus();
});

/** The repositories that any token was limited to, those of the newest first. */
const usedRepositories = () => [...new Set(state.tokens.flatMap(({ restrictions }) => restrictions.flatMap(({ repositories }) => repositories ?? [])))];
