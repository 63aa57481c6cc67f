/** How often people may ask for answers. Pure. */

export interface TurnLimit {
  /** Answers within the window; also changes that one person proposes by hand. */
  person: number;
  workspace: number;
  windowMs: number;
}

export const TURN_LIMIT: TurnLimit = { person: 10, workspace: 60, windowMs: 5 * 60_000 };

/** Why there is no answer for now, for the person, and until when. */
export interface OverLimit {
  told: string;
  until: Date;
}

/**
 * Why no answer is asked for now; null when it may be. Times are those of the last questions,
 * newest first; `word` is the platform's for a workspace.
 */
export function overLimit(
  asked: { person: readonly Date[]; workspace: readonly Date[] },
  limit: TurnLimit,
  now: Date,
  word: string,
): OverLimit | null {
  const { windowMs } = limit;
  const waits = [
    { who: "You have", ms: waitOf(asked.person, limit.person, { windowMs, now }) },
    { who: `Your ${word} has`, ms: waitOf(asked.workspace, limit.workspace, { windowMs, now }) },
  ];
  const [longest] = waits.toSorted((a, b) => b.ms - a.ms);
  if (!longest || longest.ms <= 0) return null;
  const told = `${longest.who} asked a lot within a few minutes; your message is kept, and I answer again ${describeWait(longest.ms)}. Ask then once more.`;
  return { told, until: new Date(now.getTime() + longest.ms) };
}

/** Why the person proposes nothing by hand now; null when they may. Times are those of the last changes. */
export function proposedTooOften(
  times: readonly Date[],
  limit: TurnLimit,
  now: Date,
): string | null {
  const ms = waitOf(times, limit.person, { windowMs: limit.windowMs, now });
  if (ms <= 0) return null;
  return `You have proposed a lot within a few minutes; propose this again ${describeWait(ms)}.`;
}

function waitOf(
  times: readonly Date[],
  most: number,
  { windowMs, now }: { windowMs: number; now: Date },
): number {
  const oldest = times[most - 1];
  return oldest ? oldest.getTime() + windowMs - now.getTime() : 0;
}

function describeWait(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  return minutes <= 1 ? "in a minute" : `in ${minutes} minutes`;
}
