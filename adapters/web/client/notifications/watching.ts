/** What a person wants to hear of an RFC or of one of its threads. */
import type { WatchedRfcJson } from "../../views/people-view.ts";
import { peopleApi } from "../people-api.ts";
import { createStore } from "../state/store.ts";

/** `mine`: what concerns the person; of a thread: as of its whole RFC. */
export type Level = "everything" | "mine" | "nothing";

/** Null until it is known; the same for every part of the page. */
export const watching = createStore<WatchedRfcJson[] | null>(null);

export async function loadWatching(): Promise<WatchedRfcJson[]> {
  const known = await peopleApi.watching();
  watching.set(known);
  return known;
}

export async function chooseLevel(
  level: Level,
  about: { rfc_slug: string; thread_id?: string },
): Promise<void> {
  const wish = { watched: level === "everything", muted: level === "nothing" };
  watching.set(await peopleApi.watch({ ...about, ...wish }));
}

/** Pure. */
export function levelOf({ watched, muted }: { watched: boolean; muted: boolean }): Level {
  if (muted) return "nothing";
  return watched ? "everything" : "mine";
}

/** Of the RFC, or of one of its threads. Pure. */
export function knownLevel(
  known: readonly WatchedRfcJson[],
  slug: string,
  threadId: string | null,
): Level {
  const rfc = known.find((one) => one.rfc_slug === slug);
  const subject = threadId === null ? rfc : rfc?.threads.find((one) => one.thread_id === threadId);
  return subject ? levelOf(subject) : "mine";
}
