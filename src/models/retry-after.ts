/**
 * When a provider says to come back, and how to say that to a person.
 */

/**
 * Milliseconds from `now` that a response asks to wait, by `retry-after-ms` (OpenAI, Azure) or
 * `retry-after` (seconds or an HTTP date, RFC 9110 section 10.2.3); undefined where it does not say.
 */
export function retryAfterMs(headers: Headers | undefined, now: number): number | undefined {
  const exact = numberOf(headers?.get("retry-after-ms"));
  if (exact !== undefined) return exact;
  const value = headers?.get("retry-after");
  const seconds = numberOf(value);
  if (seconds !== undefined) return seconds * 1000;
  // Date.parse reads much that is no date, such as "-1".
  const date = value?.endsWith(" GMT") ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function numberOf(value: string | null | undefined): number | undefined {
  return value != null && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

/** "in 20 seconds", "in 5 minutes", "in 2 hours"; rounded up; "in a minute" where nobody said. */
export function inWords(ms: number | undefined): string {
  if (ms === undefined) return "in a minute";
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 100) return `in ${counted(seconds, "second")}`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100
    ? `in ${counted(minutes, "minute")}`
    : `in ${counted(Math.ceil(minutes / 60), "hour")}`;
}

const counted = (count: number, unit: string): string =>
  `${count} ${unit}${count === 1 ? "" : "s"}`;
