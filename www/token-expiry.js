// The choice of when a token expires.

import { element, radioPills } from "./element.js";
import { DAY } from "./time.js";

const CHOICES = [["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["date", "A date"], ["", "Never"]];
const MAXIMUM_YEARS = 10;

/** A field set. `more` are choices that come first. */
export function expiryChoice(chosen, more = []) {
  const date = element("input", { type: "date", name: "expiry-date", "aria-label": "Expires on", min: isoDay(1), max: isoDay(MAXIMUM_YEARS * 365) });
  const note = element("p", { class: "hint expiry-note" });
  const fields = radioPills("expiry", "Expires", [...more, ...CHOICES], chosen, date, note);
  const update = () => {
    const value = fields.querySelector(":checked").value;
    date.hidden = value !== "date";
    date.required = value === "date";
    note.textContent = value === "" ? "A token that never expires works until somebody revokes it. If it leaks, it does not stop working by itself." : "";
  };
  fields.addEventListener("change", update);
  update();
  return fields;
}

/** Seconds from now; undefined for a token that never expires. */
export function chosenExpiry(form) {
  const value = form.elements.expiry.value;
  if (value === "date") {
    const end = new Date(`${form.elements["expiry-date"].value}T00:00:00`).getTime() / 1000;
    return Math.max(1, Math.round(end - Date.now() / 1000));
  }
  return value === "" ? undefined : Number(value) * DAY;
}

const isoDay = (days) => new Date(Date.now() + days * DAY * 1000).toISOString().slice(0, 10);
