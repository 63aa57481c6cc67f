import type { StreamRelay } from "../ports.ts";
import { PLACES_TOPIC, threadTopic } from "../ports.ts";
import type { Sql, Tx } from "../store/database.ts";
import { appendEvent } from "../store/events.ts";
import { askForLooks } from "../store/looks.ts";
import { askForMergePlaces, askForPlaces } from "../store/place-looks.ts";
import type { ThreadEvent } from "./thread-event.ts";

/** Appends an event to a thread inside the transaction. */
export type Emit = (threadId: string, event: ThreadEvent) => Promise<void>;

/** After these a pull request may have to show something else. */
const SHOWN: ReadonlySet<ThreadEvent["kind"]> = new Set(["change", "change_state", "document"]);

/**
 * Runs a transaction; what it emitted is told to watchers once it is committed, and only then. Pull requests
 * and places in chat that it concerns are looked at afterwards.
 */
export async function transact<T>(
  sql: Sql,
  relay: StreamRelay,
  work: (tx: Tx, emit: Emit) => Promise<T>,
): Promise<T> {
  let places: string[] = [];
  let emitted: { threadId: string; seq: number; event: ThreadEvent }[] = [];
  const result = await sql.begin(async (tx) => {
    emitted = [];
    const done = await work(tx, async (threadId, event) => {
      emitted.push({ threadId, seq: await appendEvent(tx, threadId, event), event });
    });
    if (emitted.length > 0) {
      places = await askForPlaces(tx, [...new Set(emitted.map((one) => one.threadId))]);
    }
    const shown = emitted.filter(({ event }) => SHOWN.has(event.kind));
    if (shown.length > 0) {
      const threadIds = [...new Set(shown.map((one) => one.threadId))];
      await askForLooks(tx, threadIds);
      await askForMergePlaces(tx, threadIds);
    }
    return done;
  });
  for (const { threadId, seq, event } of emitted) {
    relay.publish(threadTopic(threadId), { type: "event", seq, event });
  }
  if (places.length > 0) relay.publish(PLACES_TOPIC, { type: "places", linkIds: places });
  return result as T;
}
