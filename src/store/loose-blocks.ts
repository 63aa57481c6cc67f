import type { LooseBlock } from "../changes/loose-block.ts";
import type { Db } from "./database.ts";
import { isUuid } from "./database.ts";

const COLUMNS = "id, thread_id, message_id, kind, code, fields, state, change_id, text_offset";

export async function listLooseBlocks(db: Db, threadId: string): Promise<LooseBlock[]> {
  return db<LooseBlock[]>`
    select ${db.unsafe(COLUMNS)} from loose_blocks
    where thread_id = ${threadId} and state <> 'withdrawn' order by created_at, ordinal`;
}

export interface LooseBlockOfTurn extends LooseBlock {
  turnId: string;
}

/** With "lock", the row is locked until the transaction ends. */
export async function findLooseBlock(
  db: Db,
  id: string,
  lock: "none" | "lock" = "none",
): Promise<LooseBlockOfTurn | null> {
  if (!isUuid(id)) return null;
  const [row] = await db<LooseBlockOfTurn[]>`
    select ${db.unsafe(COLUMNS)}, turn_id from loose_blocks where id = ${id}
    ${lock === "lock" ? db`for no key update` : db``}`;
  return row ?? null;
}

export async function settleLooseBlock(
  db: Db,
  id: string,
  to: { state: "promoted"; changeId: string } | { state: "repaired" },
): Promise<void> {
  await db`
    update loose_blocks set state = ${to.state},
      change_id = ${to.state === "promoted" ? to.changeId : null}
    where id = ${id} and state = 'open'`;
}
