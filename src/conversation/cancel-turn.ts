/** Stops a turn from wherever somebody asks for it. */
import { UserError } from "../errors.ts";
import type { StreamRelay } from "../ports.ts";
import { CONTROL_TOPIC } from "../ports.ts";
import type { Sql } from "../store/database.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { lockThreads } from "../store/threads.ts";
import { findTurn, requestCancel } from "../store/turns.ts";
import type { Turn } from "./thread.ts";
import { transact } from "./transact.ts";

/** What it has written stays, marked as stopped. @throws UserError */
export async function cancelTurn(
  { sql, relay }: { sql: Sql; relay: StreamRelay },
  turnId: string,
): Promise<Turn> {
  const seen = await findTurn(sql, turnId);
  if (!seen) throw new UserError("not-found", "There is no such turn.");
  const turn = await transact(sql, relay, async (tx, emit) => {
    await lockThreads(tx, [seen.threadId]);
    const found = (await findTurn(tx, turnId))!;
    if (found.state !== "queued" && found.state !== "running") {
      throw new UserError("nothing-to-do", `This turn is ${found.state} already.`);
    }
    await requestCancel(tx, found);
    if (found.state === "queued") {
      const note = "The answer was stopped before it began.";
      const messageId = await insertSystemMessage(tx, found.threadId, note, turnId);
      await emit(found.threadId, { kind: "message", messageId, role: "system" });
      await emit(found.threadId, {
        kind: "turn_end",
        turnId,
        messageId: null,
        state: "cancelled",
        at: 0,
        changeIds: [],
        problem: null,
      });
    }
    return (await findTurn(tx, turnId))!;
  });
  relay.publish(CONTROL_TOPIC, { type: "cancel", turnId });
  return turn;
}
