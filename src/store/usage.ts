import type { ModelUsage } from "../ports.ts";
import type { Db } from "./database.ts";

/** The usage of the thread's newest finished turn, to estimate the next one by. */
export async function lastUsage(
  db: Db,
  threadId: string,
): Promise<{ usage: ModelUsage; promptBytes: number } | null> {
  const [row] = await db<{ usage: ModelUsage & { promptBytes?: number } }[]>`
    select usage from turns where thread_id = ${threadId} and usage is not null
    order by created_at desc limit 1`;
  return row?.usage.promptBytes ? { usage: row.usage, promptBytes: row.usage.promptBytes } : null;
}
