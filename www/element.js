// Elements, made of values. Text is always text: nothing here reads markup.

/** An element; attributes that begin with `on` are listeners, and those that are false, null or undefined are left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Puts these children in the place of all that were there. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

/** Says something at the top of the page, where a screen reader hears it too. */
export function notify(kind, text, ...more) {
  const close = element("button", { type: "button", class: "plain close", "aria-label": "Dismiss" }, "×");
  const notice = element("div", { class: `notice ${kind}` }, element("p", {}, text, ...more), close);
  close.addEventListener("click", () => notice.remove());
  fill(byId("notices"), notice);
  notice.scrollIntoView({ block: "nearest" });
}

export const silence = () => fill(byId("notices"));

let tabSets = 0;
const STEPS = new Map([["ArrowRight", 1], ["ArrowLeft", -1]]);

/** Tabs as WAI-ARIA has them: arrow keys move, and one panel shows. `panels` are [label, element]. */
export function tabs(label, panels) {
  const set = (tabSets += 1);
  const buttons = panels.map(([name], at) =>
    element("button", { type: "button", role: "tab", id: `tab-${set}-${at}`, "aria-controls": `panel-${set}-${at}` }, name),
  );
  const bodies = panels.map(([, body], at) =>
    element("div", { role: "tabpanel", id: `panel-${set}-${at}`, "aria-labelledby": `tab-${set}-${at}` }, body),
  );
  const select = (chosen) => {
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", at === chosen);
      button.tabIndex = at === chosen ? 0 : -1;
      bodies[at].hidden = at !== chosen;
    });
  };
  const list = element("div", { role: "tablist", "aria-label": label, class: "tabs" }, buttons);
  buttons.forEach((button, at) => button.addEventListener("click", () => select(at)));
  list.addEventListener("keydown", (event) => {
    const step = STEPS.get(event.key);
    if (!step) return;
    const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    select(next);
    buttons[next].focus();
    event.preventDefault();
  });
  select(0);
  return element("div", { class: "tabset" }, list, bodies);
}

/** A button that copies a text, says so, and calls `copied`. */
export function copyButton(text, what, copied) {
  const button = element("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      if (copied) copied();
    } catch {
      button.textContent = "Select it and press Ctrl+C";
    }
    setTimeout(() => (button.textContent = "Copy"), 2500);
  });
  return button;
}
