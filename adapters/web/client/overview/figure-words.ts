/** Figures in words, short. */
import type { StatisticsJson } from "../../views/statistics-view.ts";
import type { Unit } from "./scale.ts";

type Hour = StatisticsJson["hours"][number];

/** Also of what there may be nothing to tell of. */
export function inWords(value: number | null, unit: Unit): string {
  return value === null ? "–" : inUnit(value, unit);
}

export function inUnit(value: number, unit: Unit): string {
  if (unit === "duration") return duration(value);
  return unit === "money" ? money(value) : count(value);
}

/** `12`, `1,234`, `12.3k`, `1.2M` */
export function count(value: number): string {
  return Math.abs(value) < 10_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** @param ms milliseconds; `0.4 s`, `12 s`, `3 min`, `1 h 5 min` */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1).replace(/\.0$/, "")} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return joined([minutes, "min"], [Math.round(seconds) % 60, "s"]);
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? joined([hours, "h"], [minutes % 60, "min"])
    : joined([Math.floor(hours / 24), "days"], [hours % 24, "h"]);
}

function joined(...parts: [number, string][]): string {
  return parts
    .filter(([value], at) => at === 0 || value > 0)
    .map((part) => part.join(" "))
    .join(" ");
}

/** @param microdollars millionths; below a cent with two digits that count: `$0.0042` */
export function money(microdollars: number): string {
  const dollars = microdollars / 1e6;
  if (dollars === 0 || dollars >= 0.01) return DOLLARS.format(dollars);
  return `$${dollars.toLocaleString("en", { maximumSignificantDigits: 2, maximumFractionDigits: 6 })}`;
}

export function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`;
}

/** `14:00–15:00`, with the day where there are several. */
export function hourName({ at }: Pick<Hour, "at">, withDay: boolean): string {
  const begin = new Date(at);
  const end = new Date(begin.getTime() + 3_600_000);
  const times = `${TIME.format(begin)}–${TIME.format(end)}`;
  return withDay ? `${DAY.format(begin)}, ${times}` : times;
}

/** Below a plot, where there is little room: `14:00`, `2 PM`, or `Tue 24`. */
export function tickName(date: Date, isDay: boolean): string {
  return (isDay ? SHORT_DAY : SHORT_TIME).format(date);
}

/** How the time is said that `hours` hours are. */
export function periodName(hours: number): string {
  return hours <= 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const DOLLARS = new Intl.NumberFormat("en", { style: "currency", currency: "USD" });
const TIME = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const SHORT_TIME = new Intl.DateTimeFormat(
  [],
  TIME.resolvedOptions().hour12 ? { hour: "numeric" } : { hour: "2-digit", minute: "2-digit" },
);
const SHORT_DAY = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric" });
const DAY = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric", month: "short" });
