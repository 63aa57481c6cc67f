/** Stored messages follow what became of them where they were written. */
import { UserError } from "../errors.ts";
import type { StreamRelay } from "../ports.ts";
import { noteDeletion } from "../record/bring-up.ts";
import type { Sql, Tx } from "../store/database.ts";
import { deleteMessage, editMessage, findThreadOf } from "../store/messages.ts";
import { lockThreads } from "../store/threads.ts";
import { transact } from "./transact.ts";

export interface FollowDeps {
  sql: Sql;
  relay: StreamRelay;
  cancel(turnId: string): Promise<unknown>;
}

/** What else is written down in the same transaction. */
type Beside = (tx: Tx) => Promise<unknown>;

const NOTHING: Beside = () => Promise.resolve();

/** The message reads otherwise now; without `quote` it quotes what it did. */
export async function followEdit(
  { sql, relay }: Pick<FollowDeps, "sql" | "relay">,
  messageId: string,
  { text, quote }: { text: string; quote?: string | null },
  beside: Beside = NOTHING,
): Promise<void> {
  const threadId = await findThreadOf(sql, messageId);
  await transact(sql, relay, async (tx, emit) => {
    if (threadId !== null) await lockThreads(tx, [threadId]);
    await beside(tx);
    if (threadId === null || !(await editMessage(tx, messageId, text, quote))) return;
    await emit(threadId, { kind: "message", messageId, role: "user" });
  });
}

/** The message was deleted; an answer that nobody else waits for is not given any more. */
export async function followDeletion(
  { sql, relay, cancel }: FollowDeps,
  messageId: string,
  beside: Beside = NOTHING,
): Promise<void> {
  const threadId = await findThreadOf(sql, messageId);
  const abandoned = await transact(sql, relay, async (tx, emit) => {
    if (threadId !== null) await lockThreads(tx, [threadId]);
    await beside(tx);
    if (threadId === null) return null;
    const deleted = await deleteMessage(tx, messageId);
    if (!deleted) return null;
    await emit(threadId, { kind: "message", messageId, role: deleted.role });
    await noteDeletion(tx, messageId);
    return deleted.abandonedTurnId;
  });
  if (abandoned === null) return;
  try {
    await cancel(abandoned);
  } catch (error) {
    // It may have begun in this moment; then it is answered, and the answer says to what.
    if (!(error instanceof UserError)) throw error;
  }
}
