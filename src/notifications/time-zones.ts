/** When the next digest is due, in the time of whom it is for. Pure. */
import type { DigestRhythm } from "./notification.ts";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Of the morning. */
const MORNING = 9;

/** The zone's own way to write it; null for what is no name of a time zone. */
export function parseTimeZone(name: string): string | null {
  // Some runtimes take offsets such as +02:00, too; they know no summer.
  if (!/^[a-z][\w+/-]*$/i.test(name)) return null;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

/**
 * The first moment after `now` at which a digest is due: the next full hour, or the next nine in the morning.
 *
 * @param timeZone IANA name; one that is unknown here counts as UTC
 */
export function nextDigestAt(
  rhythm: Exclude<DigestRhythm, "off">,
  timeZone: string,
  now: Date,
): Date {
  const time = now.getTime();
  if (rhythm === "hourly") return new Date((Math.floor(time / HOUR_MS) + 1) * HOUR_MS);
  const clock = clockOf(timeZone);
  const day = Math.floor((time + offsetAt(clock, time)) / DAY_MS) * DAY_MS;
  for (const midnight of [day, day + DAY_MS]) {
    const due = momentOf(clock, midnight + MORNING * HOUR_MS);
    if (due > time) return new Date(due);
  }
  return new Date(momentOf(clock, day + 2 * DAY_MS + MORNING * HOUR_MS));
}

/** The moment at which clocks show `local`, both in milliseconds, `local` as if it were UTC. */
function momentOf(clock: Intl.DateTimeFormat, local: number): number {
  const near = local - offsetAt(clock, local);
  return local - offsetAt(clock, near);
}

/** Milliseconds that clocks are ahead of UTC at a moment. */
function offsetAt(clock: Intl.DateTimeFormat, time: number): number {
  const second = Math.floor(time / 1_000) * 1_000;
  const part = Object.fromEntries(
    clock.formatToParts(second).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
}

/** Making one takes long; there are some hundred zones. */
const clocks = new Map<string, Intl.DateTimeFormat>();
const MAX_CLOCKS = 1_000;

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  if (clocks.size >= MAX_CLOCKS) clocks.clear();
  const clock = new Intl.DateTimeFormat("en", {
    timeZone: parseTimeZone(timeZone) ?? "UTC",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  clocks.set(timeZone, clock);
  return clock;
}
