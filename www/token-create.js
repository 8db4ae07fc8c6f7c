// The form that creates a token.

import { createToken } from "./api.js";
import { element } from "./element.js";
import { chosenExpiry, expiryChoice } from "./token-expiry.js";
import { showOnce } from "./token-once.js";

const ROLES = [
  ["read", "Read", "Clone, fetch and download what you may see, and call inference. It cannot change anything."],
  ["write", "Write", "All of that, and push, upload, open pull requests and change settings, where you may."],
];

export function createForm({ slot, reload, fail, close }) {
  // One call, however often it is sent: a new key only once something else is asked for.
  let key = crypto.randomUUID();
  const taken = element("p", { class: "field-error", id: "name-error", role: "alert" });
  const submit = element("button", { type: "submit", class: "primary" }, "Create token");
  const form = element("form", { class: "panel create", "aria-labelledby": "create-title", autocomplete: "off" },
    element("h2", { id: "create-title" }, "New token"),
    element("div", { class: "field" },
      element("label", { for: "token-name" }, "Name"),
      element("input", { id: "token-name", name: "name", required: true, maxlength: "96", placeholder: "laptop, ci, training notebook", "aria-describedby": "name-error name-hint" }),
      taken,
      element("p", { class: "hint", id: "name-hint" }, "One token for each app or machine, so that you can tell them apart and revoke one alone.")),
    element("fieldset", { class: "choices two" },
      element("legend", {}, "Role"),
      ROLES.map(([value, label, text]) =>
        element("label", { class: "choice" },
          element("input", { type: "radio", name: "role", value, checked: value === "read" }),
          element("span", {}, element("strong", {}, label), element("small", {}, text))))),
    element("p", { class: "hint" }, "Take read unless the app must write."),
    expiryChoice("30"),
    element("div", { class: "actions" }, submit, element("button", { type: "button", class: "plain", onclick: close }, "Cancel")));
  const tell = (text) => {
    taken.textContent = text;
    form.elements.name.setAttribute("aria-invalid", text !== "");
  };
  form.addEventListener("input", () => {
    key = crypto.randomUUID();
    tell("");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const made = await createToken(
        { name: form.elements.name.value.trim(), role: form.elements.role.value, expires_in: chosenExpiry(form) },
        key,
      );
      close();
      await showOnce(slot, made, `“${made.name}” is ready`);
      await reload();
    } catch (error) {
      if (error.code === "name_taken") {
        tell(error.message);
        form.elements.name.focus();
      } else {
        fail(error);
      }
    } finally {
      submit.disabled = false;
    }
  });
  return form;
}
