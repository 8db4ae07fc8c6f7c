// A question before something is done, in a dialog of the browser's own: Escape closes it, and focus comes back.

import { element } from "./element.js";

/** Asks; `act` gets the form, and gives what has the focus then. What it throws is shown in the dialog, which stays open. */
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
      // What was pressed to come here may be gone, and the focus with it.
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
