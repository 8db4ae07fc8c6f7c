// The part of a form that limits a token: to repositories, areas, networks and requests.

import { element, fill, radioPills } from "./element.js";

/** The areas of the included route table (src/routes/hub.routes), and what each is for. */
const AREAS = [
  ["git", "clone, fetch and push, with git-lfs"],
  ["files", "download and upload with huggingface_hub"],
  ["api", "look up, create and manage repositories"],
  ["discussions", "pull requests and comments"],
  ["settings", "of repositories and organizations"],
  ["jobs", "run jobs and inference endpoints"],
  ["account", "your webhooks and notifications"],
  ["inference", "ask models"],
  ["mcp", "tools for agents"],
];

/**
 * Fields with ids that begin with `id`. `usedRepositories` are offered for completion.
 * `chosen()` gives the restrictions in the API's form; the browser checks before a form is submitted that none is half filled in.
 */
export function restrictionFields(id, usedRepositories = []) {
  const repositories = entryList({
    id: `${id}-repository`,
    label: "Repository",
    placeholder: "acme/widget",
    hint: "Or acme/* for all of acme, datasets/acme/corpus for a dataset, or the address of a repository.",
    suggestions: usedRepositories,
    separators: /[\s,]+/,
    clean: repositoryName,
  });
  const otherAreas = entryList({
    id: `${id}-area`,
    label: "Other area",
    hint: "If your gate has a route table of its own, with other areas.",
    separators: /[\s,]+/,
  });
  const networks = entryList({
    id: `${id}-network`,
    label: "Network",
    placeholder: "203.0.113.0/24",
    hint: "The token is refused to clients with other addresses.",
    separators: /[\s,]+/,
  });
  const requests = entryList({
    id: `${id}-request`,
    label: "Request",
    placeholder: "POST /v1/chat/completions",
    hint: "The token is refused for all other requests.",
    separators: /[\n;]+/,
  });
  const areas = AREAS.map(([name, text]) =>
    element("label", { class: "check" },
      element("input", { type: "checkbox", name: `${id}-areas`, value: name }),
      element("span", {}, element("code", {}, name), " ", element("small", {}, text))));
  const boxes = areas.map((label) => label.firstChild);
  const someRepositories = choice(`${id}-repositories`, "Which repositories?", "All that you may use", "Only some", repositories.element);
  const someAreas = choice(`${id}-purpose`, "What for?", "Everything that its role allows", "Only some areas",
    element("div", {}, element("div", { class: "areas" }, areas), otherAreas.element));
  const more = element("details", { class: "more" },
    element("summary", {}, "More limits: networks, requests"), networks.element, requests.element);

  const check = () => {
    repositories.require(someRepositories.isLimited() ? "Add a repository, or choose all." : "");
    const isEmpty = !boxes.some((box) => box.checked) && otherAreas.values().length === 0;
    boxes[0].setCustomValidity(someAreas.isLimited() && isEmpty ? "Choose an area, or everything." : "");
  };
  const fields = element("div", { class: "limit-fields", oninput: check, onchange: check }, someRepositories.element, someAreas.element, more);

  return {
    element: fields,
    chosen: () => {
      const chosenAreas = someAreas.isLimited()
        ? [...boxes.filter((box) => box.checked).map((box) => box.value), ...otherAreas.values()]
        : [];
      return [
        { repositories: someRepositories.isLimited() ? repositories.values() : [] },
        { areas: chosenAreas },
        { networks: networks.values() },
        { requests: requests.values() },
      ].filter((restriction) => Object.values(restriction)[0].length > 0);
    },
  };
}

/** Two radio buttons; what comes with the second shows once it is chosen. */
function choice(name, legend, everything, some, content) {
  content.hidden = true;
  const fields = radioPills(name, legend, [["all", everything], ["some", some]], "all", content);
  const isLimited = () => fields.querySelector(":checked[type=radio]").value === "some";
  fields.addEventListener("change", () => (content.hidden = !isLimited()));
  return { element: fields, isLimited };
}

/** A field to which several entries can be added. What is in it and was not added yet counts too. */
function entryList({ id, label, placeholder, hint, suggestions = [], separators, clean = (text) => text }) {
  const entries = new Set();
  const input = element("input", { id, class: "code", list: suggestions.length > 0 ? `${id}-suggestions` : null, placeholder, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-describedby": `${id}-hint` });
  const list = element("ul", { class: "entries", "aria-label": `Added: ${label.toLowerCase()}`, "aria-live": "polite" });
  const pending = () => input.value.split(separators).map((text) => clean(text.trim())).filter((text) => text !== "");
  const values = () => [...new Set([...entries, ...pending()])];
  let reason = "";
  const check = () => input.setCustomValidity(values().length === 0 ? reason : "");
  const changed = () => {
    draw();
    check();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const draw = () =>
    fill(list, [...entries].map((entry) =>
      element("li", {}, element("code", {}, entry), element("button", { type: "button", class: "plain", "aria-label": `Remove ${entry}`, onclick: () => {
        entries.delete(entry);
        changed();
        input.focus();
      } }, "×"))));
  const add = () => {
    for (const entry of pending()) entries.add(entry);
    input.value = "";
    changed();
    input.focus();
  };
  input.addEventListener("input", check);
  input.addEventListener("keydown", (event) => {
    // Enter adds what was written; in an empty field it submits the form as usual.
    if (event.key !== "Enter" || input.value.trim() === "") return;
    event.preventDefault();
    add();
  });
  return {
    element: element("div", { class: "field" },
      element("label", { for: id }, label),
      element("div", { class: "with-button" }, input, element("button", { type: "button", "aria-label": `Add ${label.toLowerCase()}`, onclick: add }, "Add")),
      suggestions.length > 0 ? element("datalist", { id: `${id}-suggestions` }, suggestions.map((value) => element("option", { value }))) : null,
      list,
      element("p", { class: "hint", id: `${id}-hint` }, hint)),
    values,
    /** Why at least one entry is needed; empty if none is. */
    require: (why) => {
      reason = why;
      check();
    },
  };
}

/** The name of a repository whose name or address was given. */
const repositoryName = (text) => text.replace(/^https?:\/\/[^/]+/, "").replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
