import { transact } from "../conversation/transact.ts";
import type { Metrics } from "../metrics.ts";
import type { StreamRelay } from "../ports.ts";
import { moveState } from "../store/changes.ts";
import type { Sql } from "../store/database.ts";
import { lockThreads } from "../store/threads.ts";

/** Withdraws changes that their author has written again. */
export async function supersede(
  { sql, relay, metrics }: { sql: Sql; relay: StreamRelay; metrics: Metrics },
  threadId: string,
  changeIds: readonly string[],
): Promise<void> {
  if (changeIds.length === 0) return;
  const withdrawn = await transact(sql, relay, async (tx, emit) => {
    let count = 0;
    await lockThreads(tx, [threadId]);
    for (const changeId of changeIds) {
      if (await moveState(tx, changeId, ["pending"], "withdrawn")) {
        await emit(threadId, { kind: "change_state", changeId });
        count += 1;
      }
    }
    return count;
  });
  metrics.count("changes_total", { state: "withdrawn" }, withdrawn);
}
