// Times for people, in their own time zone.

const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const DAY = 86_400;
export const asDay = (seconds) => day.format(new Date(seconds * 1000));
export const asClock = (milliseconds) => clock.format(new Date(milliseconds));
export const fromDate = (text) => new Date(`${text}T00:00:00Z`).getTime() / 1000;

/** `in 3 days`, `2 hours ago`. */
export function fromNow(seconds, now = Date.now() / 1000) {
  const away = seconds - now;
  const units = [["day", DAY], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, size]) => Math.abs(away) >= size) ?? ["second", 1];
  // Rounded: 90 days are 90 days a second later, too.
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(away / size), unit);
}
