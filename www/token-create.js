// The form that creates a token.

import { createToken } from "./api.js";
import { element } from "./element.js";
import { restrictionFields } from "./restriction-fields.js";
import { chosenExpiry, expiryChoice } from "./token-expiry.js";
import { showOnce } from "./token-once.js";

const ROLES = [
  ["read", "Read", "Clone, fetch and download what you may see, and call inference. It cannot change anything."],
  ["write", "Write", "All of that, and push, upload, open pull requests and change settings, where you may."],
];

/** The API's codes for limits that no token can have. */
const LIMIT_CODES = ["restrictions_invalid", "token_too_long"];

/** `usedRepositories` are those that earlier tokens were limited to. */
export function createForm({ slot, reload, showError, close, usedRepositories }) {
  // The same key as long as the same token is asked for: a repeated call creates nothing new.
  let key = crypto.randomUUID();
  const nameError = element("p", { class: "field-error", id: "name-error", role: "alert" });
  const limitError = element("p", { class: "field-error", id: "limit-error", role: "alert" });
  const limits = restrictionFields("token", usedRepositories);
  const submit = element("button", { type: "submit", class: "primary" }, "Create token");
  const form = element("form", { class: "panel create", "aria-labelledby": "create-title", autocomplete: "off" },
    element("h2", { id: "create-title" }, "New token"),
    element("div", { class: "field" },
      element("label", { for: "token-name" }, "Name"),
      element("input", { id: "token-name", name: "name", required: true, maxlength: "96", placeholder: "laptop, ci, training notebook", "aria-describedby": "name-error name-hint" }),
      nameError,
      element("p", { class: "hint", id: "name-hint" }, "One token for each app or machine, so that you can tell them apart and revoke one alone.")),
    element("fieldset", { class: "choices two" },
      element("legend", {}, "Role"),
      ROLES.map(([value, label, text]) =>
        element("label", { class: "choice" },
          element("input", { type: "radio", name: "role", value, checked: value === "read" }),
          element("span", {}, element("strong", {}, label), element("small", {}, text))))),
    element("p", { class: "hint" }, "Choose read unless the app must write."),
    limits.element,
    limitError,
    expiryChoice("30"),
    element("div", { class: "actions" }, submit, element("button", { type: "button", class: "plain", onclick: close }, "Cancel")));
  const showNameError = (text) => {
    nameError.textContent = text;
    form.elements.name.setAttribute("aria-invalid", text !== "");
  };
  form.addEventListener("input", () => {
    key = crypto.randomUUID();
    showNameError("");
    limitError.textContent = "";
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const token = {
        name: form.elements.name.value.trim(),
        role: form.elements.role.value,
        expires_in: chosenExpiry(form),
        restrictions: limits.chosen(),
      };
      const created = await createToken(token, key);
      close();
      await showOnce(slot, created, `“${created.name}” is ready`);
      await reload();
    } catch (error) {
      if (error.code === "name_taken") {
        showNameError(error.message);
        form.elements.name.focus();
      } else if (LIMIT_CODES.includes(error.code)) {
        limitError.textContent = error.message;
        limitError.scrollIntoView({ block: "center" });
      } else {
        showError(error);
      }
    } finally {
      submit.disabled = false;
    }
  });
  return form;
}
