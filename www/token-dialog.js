// A question in the browser's own dialog: Escape closes it, and the focus returns.

import { element } from "./element.js";

/** Asks. `act` is called with the form and returns what then gets the focus. If it throws, the dialog stays open and shows why. */
export function ask({ title, children, verb, kind, act }) {
  const error = element("p", { class: "field-error", role: "alert" });
  const submit = element("button", { type: "submit", class: kind }, verb);
  const form = element("form", { method: "dialog" },
    element("h2", { id: "dialog-title" }, title),
    children,
    error,
    element("div", { class: "actions" }, submit, element("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel")));
  const dialog = element("dialog", { "aria-labelledby": "dialog-title" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    error.textContent = "";
    try {
      const next = await act(form);
      dialog.close();
      // The button that opened the dialog may be gone, and the focus with it.
      next.focus();
    } catch (problem) {
      error.textContent = problem.message;
    } finally {
      submit.disabled = false;
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
