import type { PullRequestState } from "../ports.ts";

export interface PaceInput {
  /** Of the branch's pull request; null where it has none. */
  state: PullRequestState | null;
  /** Whether webhooks of the repository come in. */
  hears: boolean;
  /** Pull requests that are open in all. */
  open: number;
  pollMs: number;
}

/** With webhooks a look only finds what they missed. */
const HEARD_FACTOR = 2;
/**
 * Pull requests that may be looked at in `pollMs`. A look costs one point of GitHub's GraphQL budget of 5,000
 * an hour; the rest of it is conditional and costs nothing while nothing changes.
 */
const OPEN_AT_FULL_PACE = 15;
/** Unless more was asked for. */
const LONGEST_MS = 10 * 60_000;

/** Milliseconds until a pull request is looked at again, if no event asks for it earlier. Pure. */
export function nextLookMs({ state, hears, open, pollMs }: PaceInput): number {
  const crowd = Math.max(1, open / OPEN_AT_FULL_PACE);
  const ended = state === "merged" || state === "closed" ? 2 : 1;
  const wanted = pollMs * crowd * ended * (hears ? HEARD_FACTOR : 1);
  return Math.min(wanted, Math.max(LONGEST_MS, pollMs));
}
