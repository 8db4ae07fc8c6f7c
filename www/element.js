// Builds elements from values. Text stays text: nothing here parses markup.

const isShown = (child) => child !== null && child !== undefined && child !== false;

/** An element. Attributes that begin with `on` are listeners; those that are false, null or undefined are left out. */
export function element(name, attributes = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (!isShown(value)) continue;
    if (key.startsWith("on")) created.addEventListener(key.slice(2), value);
    else created.setAttribute(key, value === true ? "" : value);
  }
  created.append(...children.flat(Infinity).filter(isShown));
  return created;
}

export const byId = (id) => document.getElementById(id);

/** Replaces all children. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(isShown));
}

/** Shows a message at the top of the page, which screen readers announce. */
export function notify(kind, text, ...more) {
  const close = element("button", { type: "button", class: "plain close", "aria-label": "Dismiss" }, "×");
  const notice = element("div", { class: `notice ${kind}` }, element("p", {}, text, ...more), close);
  close.addEventListener("click", () => notice.remove());
  fill(byId("notices"), notice);
  notice.scrollIntoView({ block: "nearest" });
}

export const clearMessages = () => fill(byId("notices"));

/** Radio buttons with a legend. `choices` are [value, label]; what else belongs to them comes below. */
export function radioPills(name, legend, choices, chosen, ...more) {
  return element("fieldset", { class: "pick-one" },
    element("legend", {}, legend),
    element("div", { class: "pills" }, choices.map(([value, label]) =>
      element("label", { class: "pill" }, element("input", { type: "radio", name, value, checked: value === chosen }), element("span", {}, label)))),
    more);
}

let tabSets = 0;
const STEPS = new Map([["ArrowRight", 1], ["ArrowLeft", -1]]);

/** Tabs after the WAI-ARIA pattern: arrow keys move between them, and one panel shows. `panels` are [label, element]. */
export function tabs(label, panels) {
  const set = (tabSets += 1);
  const buttons = panels.map(([name], index) =>
    element("button", { type: "button", role: "tab", id: `tab-${set}-${index}`, "aria-controls": `panel-${set}-${index}` }, name),
  );
  const bodies = panels.map(([, body], index) =>
    element("div", { role: "tabpanel", id: `panel-${set}-${index}`, "aria-labelledby": `tab-${set}-${index}` }, body),
  );
  const select = (selected) => {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", index === selected);
      button.tabIndex = index === selected ? 0 : -1;
      bodies[index].hidden = index !== selected;
    });
  };
  const list = element("div", { role: "tablist", "aria-label": label, class: "tabs" }, buttons);
  buttons.forEach((button, index) => button.addEventListener("click", () => select(index)));
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

/** A button that copies a text and calls `onCopied`. */
export function copyButton(text, what, onCopied) {
  const button = element("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
      if (onCopied) onCopied();
    } catch {
      button.textContent = "Select it and press Ctrl+C";
    }
    setTimeout(() => (button.textContent = "Copy"), 2500);
  });
  return button;
}

/** Tabs of lines to paste. `lines` are [label, text, hint]; `onCopied` is called with a text that was copied. */
export function readyLines(lines, onCopied) {
  return tabs("Ready lines", lines.map(([name, text, hint]) => [
    name,
    element("div", { class: "lines" },
      element("pre", { tabindex: "0", role: "group", "aria-label": `${name} lines` }, element("code", {}, text)),
      copyButton(text, `the ${name} lines`, onCopied && (() => onCopied(text))),
      element("p", { class: "hint" }, hint)),
  ]));
}
