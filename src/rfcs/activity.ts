import type { ActivityDay } from "./insight.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Every day of the last `count` up to `today` (UTC), oldest first, with what `known` says of it. Pure. */
export function activityByDay(
  known: readonly ActivityDay[],
  today: Date,
  count: number,
): ActivityDay[] {
  const days = new Map<string, ActivityDay>();
  for (let back = count - 1; back >= 0; back -= 1) {
    const day = new Date(today.getTime() - back * DAY_MS).toISOString().slice(0, 10);
    days.set(day, { day, messages: 0, proposed: 0, accepted: 0, declined: 0 });
  }
  for (const { day, messages, proposed, accepted, declined } of known) {
    const sum = days.get(day);
    if (!sum) continue;
    sum.messages += messages;
    sum.proposed += proposed;
    sum.accepted += accepted;
    sum.declined += declined;
  }
  return [...days.values()];
}
