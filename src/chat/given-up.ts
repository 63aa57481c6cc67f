/** What people hear of something that they did and that could not be worked off. */
import type { Logger } from "../log.ts";
import type { Db } from "../store/database.ts";
import { findLink } from "../store/thread-links.ts";
import type { ChatPerson, ChatPlace, Reply } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { InboxItem } from "./inbox-worker.ts";

/** Who did something, and where an answer to them goes. */
export interface Asker {
  by: ChatPerson;
  reply: Reply;
  /** Where they spoke to others: it concerns them only while a thread is held there. */
  inPassing: ChatPlace | null;
}

export interface GivenUpDeps {
  sql: Db;
  logger: Logger;
  platform: Pick<ChatPlatform, "tell">;
  /** Null where nobody waits for an answer. */
  askerOf(payload: unknown): Asker | null;
}

/** Tells the person that it failed and what to do. Tried once; never rejects. */
export async function tellGivenUp(
  { sql, logger, platform, askerOf }: GivenUpDeps,
  { eventId, payload }: InboxItem,
  errorId: string,
): Promise<void> {
  try {
    const asker = askerOf(payload);
    if (!asker) return;
    const { by, reply, inPassing } = asker;
    if (inPassing && !(await findLink(sql, inPassing))) return;
    const words = `Something failed on our side; the log has it under ${errorId}. Try again.`;
    await platform.tell(by, reply, words);
  } catch (error) {
    logger.warn({ err: error, eventId, errorId }, "a person does not know that it was given up");
  }
}
