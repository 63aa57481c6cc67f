/** The durable evidence of how a text was earned: what was said, proposed, decided and committed. */
import type { Change, DecisionRecord } from "./changes/change.ts";
import type { Message, Thread } from "./conversation/thread.ts";
import { UserError } from "./errors.ts";
import type { Rfc } from "./rfcs/rfc.ts";
import { listThreadChanges } from "./store/changes.ts";
import type { Db } from "./store/database.ts";
import { listDecisions } from "./store/decisions.ts";
import { listMessages } from "./store/messages.ts";
import { findRfc } from "./store/rfcs.ts";
import { listThreads } from "./store/threads.ts";

export interface Transcript {
  rfc: Rfc;
  threads: {
    thread: Thread;
    messages: Message[];
    changes: Change[];
    decisions: DecisionRecord[];
  }[];
}

/** @throws UserError not-found */
export async function gatherTranscript(db: Db, slug: string): Promise<Transcript> {
  const rfc = await findRfc(db, slug);
  if (!rfc)
    throw new UserError(
      "not-found",
      `There is no RFC “${slug}”; “redline transcript” takes a slug.`,
    );
  const threads: Transcript["threads"] = [];
  for (const thread of await listThreads(db, slug)) {
    threads.push({
      thread,
      messages: await listMessages(db, thread.id),
      changes: await listThreadChanges(db, thread.id),
      decisions: await listDecisions(db, thread.id),
    });
  }
  return { rfc, threads };
}
