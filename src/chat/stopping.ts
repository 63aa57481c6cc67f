import { UserError } from "../errors.ts";
import { listTurns } from "../store/turns.ts";
import type { ChatServices } from "./services.ts";

/** Stops what is being answered in a thread, and what waits for an answer; false when there is nothing. */
export async function stopTurns(
  { sql, engine }: Pick<ChatServices, "sql" | "engine">,
  threadId: string,
): Promise<boolean> {
  let stopped = false;
  for (const turn of await listTurns(sql, threadId)) {
    if (turn.state !== "queued" && turn.state !== "running") continue;
    try {
      await engine.turns.cancel(turn.id);
      stopped = true;
    } catch (error) {
      // It has ended in this moment.
      if (!(error instanceof UserError) || error.type !== "nothing-to-do") throw error;
    }
  }
  return stopped;
}
