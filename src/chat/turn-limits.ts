/** How often people may ask for answers. Pure. */

export interface TurnLimit {
  /** Answers within the window. */
  person: number;
  workspace: number;
  windowMs: number;
}

export const TURN_LIMIT: TurnLimit = { person: 10, workspace: 60, windowMs: 5 * 60_000 };

/**
 * Why no answer is asked for now, for the person; null when it may be. Times are those of the last questions,
 * newest first.
 */
export function overLimit(
  asked: { person: readonly Date[]; workspace: readonly Date[] },
  limit: TurnLimit,
  now: Date,
): string | null {
  const waits = [
    { who: "You have", ms: waitOf(asked.person, limit.person) },
    { who: "Your workspace has", ms: waitOf(asked.workspace, limit.workspace) },
  ];
  const [longest] = waits.toSorted((a, b) => b.ms - a.ms);
  if (!longest || longest.ms <= 0) return null;
  return `${longest.who} asked a lot within a few minutes; your message is kept, and I answer again ${describeWait(longest.ms)}. Ask then once more.`;

  function waitOf(times: readonly Date[], most: number): number {
    const oldest = times[most - 1];
    return oldest ? oldest.getTime() + limit.windowMs - now.getTime() : 0;
  }
}

function describeWait(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  return minutes <= 1 ? "in a minute" : `in ${minutes} minutes`;
}
