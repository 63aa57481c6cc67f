/** How much there is that the person has not seen yet, for every page. */
import type { NotificationJson } from "../../views/people-view.ts";
import { peopleApi } from "../people-api.ts";
import { coalesce } from "../state/coalesce.ts";
import { createStore } from "../state/store.ts";

export const unread = createStore(0);
/** The newest ones, as they were told last. */
let newest: readonly NotificationJson[] = [];

const EVERY_MS = 15_000;
const NEWEST = "50";

/** What cannot be asked now is asked again soon; the page itself tells that the server is gone. */
const look = coalesce(async () => {
  try {
    const page = await peopleApi.notifications({ limit: NEWEST });
    newest = page.notifications;
    unread.set(page.unread);
  } catch {
    // As said.
  }
});

/** Asks now and then while the page is seen; returns the way to stop. */
export function watchNews(): () => void {
  const lookIfSeen = (): void => {
    if (document.visibilityState === "visible") void look();
  };
  const timer = setInterval(lookIfSeen, EVERY_MS);
  document.addEventListener("visibilitychange", lookIfSeen);
  void look();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", lookIfSeen);
  };
}

export async function markSeen(ids: number[] | "all"): Promise<void> {
  await peopleApi.markRead(ids);
  await look();
}

/** Whoever reads a thread has seen what they were told about it. */
export async function markThreadSeen(threadId: string): Promise<void> {
  await look();
  const ids = newest
    .filter((one) => one.thread_id === threadId && one.read_at === null)
    .map(({ id }) => id);
  // What is not noted waits a little longer; nothing is lost.
  if (ids.length > 0) await markSeen(ids).catch(() => {});
}
