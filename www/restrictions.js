// What limits a token beyond its role: as the API has it (`{areas: ["git"]}`), as the core reads it (`areas=git`), and in words.

import { element } from "./element.js";
import { asDay, asTime } from "./time.js";

/** Kinds whose value is a list of entries, with the word for one entry. */
const LISTS = new Map([
  ["repositories", "repository"],
  ["areas", "area"],
  ["networks", "network"],
  ["requests", "request"],
]);

const separatorOf = (kind) => (kind === "requests" ? ";" : ",");

/** `{areas: ["git", "api"]}` as `areas=git,api`. */
export function toText(restriction) {
  const [[kind, value]] = Object.entries(restriction);
  return `${kind}=${LISTS.has(kind) ? value.join(separatorOf(kind)) : value}`;
}

/** The reverse of `toText`. */
function fromText(text) {
  const kind = text.slice(0, text.indexOf("="));
  const value = text.slice(kind.length + 1);
  return { [kind]: LISTS.has(kind) ? value.split(separatorOf(kind)) : kind === "expires" ? Number(value) : value };
}

/** All that a restriction allows: `the repositories acme/widget and datasets/acme/*`. */
export function inWords(restriction) {
  const [[kind, value]] = Object.entries(restriction);
  if (kind === "role") return value === "read" ? "reading" : "reading and writing";
  if (kind === "expires") return `the time until ${asTime(value)}`;
  const entries = new Intl.ListFormat("en").format(value);
  return `the ${value.length === 1 ? LISTS.get(kind) : kind} ${entries}`;
}

/** The same in a few words: `acme/widget and 2 more`. */
function inShort(restriction) {
  const [[kind, value]] = Object.entries(restriction);
  if (kind === "role") return value;
  if (kind === "expires") return `until ${asDay(value)}`;
  return `${kind === "networks" ? "from " : ""}${value[0]}${value.length > 1 ? ` and ${value.length - 1} more` : ""}`;
}

/** A list of all that each of these restrictions, in the core's form, allows. */
export function allowedList(texts) {
  return element("ul", { class: "allowed" }, texts.map((text) => element("li", {}, inWords(fromText(text)))));
}

/** A list of what a token is limited to, in a few words each; more entries unfold. Null if nothing limits it. */
export function limitList(restrictions) {
  if (restrictions.length === 0) return null;
  return element("ul", { class: "limits", "aria-label": "Limited to" }, restrictions.map((restriction) => {
    const [value] = Object.values(restriction);
    return element("li", {}, Array.isArray(value) && value.length > 1
      ? element("details", {}, element("summary", {}, inShort(restriction)), element("span", {}, inWords(restriction)))
      : inShort(restriction));
  }));
}
