/** What follows from a private message that was not sent. Pure. */
import { PersonUnreachable, PlaceRefused, SendUncertain } from "../chat/chat-platform.ts";
import { HostBusy } from "../ports.ts";
import { explainDatabaseFailure } from "../store/failures.ts";

export type Outcome =
  /** `all`: also nothing else is sent in that workspace before that. */
  | { kind: "later"; at: Date; maybeSent: boolean; failed: boolean; all: boolean }
  | { kind: "unreachable"; why: string }
  | { kind: "failed"; why: string };

const DATABASE_MS = 2_000;
const UNCERTAIN_MS = 10_000;
const MOST_UNCERTAIN_MS = 60 * 60_000;
const MOST_UNCERTAIN = 10;
const REFUSED_MS = 60_000;
const MOST_REFUSED_MS = 6 * 60 * 60_000;
const MOST_REFUSED = 10;

export function outcomeOf(
  error: unknown,
  { attempts, isRepeat }: { attempts: number; isRepeat: boolean },
  now: number,
): Outcome {
  const later = { kind: "later", maybeSent: isRepeat, failed: false, all: false } as const;
  if (error instanceof PersonUnreachable) return { kind: "unreachable", why: error.message };
  if (error instanceof HostBusy) return { ...later, at: error.retryAt, all: true };
  if (error instanceof PlaceRefused) {
    if (error.scope === "content") return { kind: "failed", why: error.message };
    // Such as an app that was taken out of the workspace, or a token that is being replaced.
    if (attempts >= MOST_REFUSED) return { kind: "unreachable", why: error.message };
    const at = new Date(now + Math.min(REFUSED_MS * 2 ** attempts, MOST_REFUSED_MS));
    return { ...later, at, failed: true, all: true };
  }
  if (explainDatabaseFailure(error)) {
    // It may have been sent, and not be written down.
    return { ...later, at: new Date(now + DATABASE_MS), maybeSent: true };
  }
  if (attempts >= MOST_UNCERTAIN)
    return { kind: "failed", why: "It is not known to have arrived." };
  const at = new Date(now + Math.min(UNCERTAIN_MS * 2 ** attempts, MOST_UNCERTAIN_MS));
  const maybeSent = isRepeat || error instanceof SendUncertain;
  return { ...later, at, maybeSent, failed: true };
}
