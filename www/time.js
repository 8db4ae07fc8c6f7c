// Times for people, in their own time zone.

const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const minute = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const DAY = 86_400;
export const asDay = (seconds) => day.format(new Date(seconds * 1000));
export const asTime = (seconds) => minute.format(new Date(seconds * 1000));
export const asClock = (milliseconds) => clock.format(new Date(milliseconds));
export const fromDate = (text) => new Date(`${text}T00:00:00Z`).getTime() / 1000;

/** `in 3 days`, `2 hours ago`. */
export function fromNow(seconds, now = Date.now() / 1000) {
  const distance = seconds - now;
  const units = [["day", DAY], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, size]) => Math.abs(distance) >= size) ?? ["second", 1];
  // Rounded, so that 90 days are still 90 days a second later.
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(distance / size), unit);
}
