/** `redline retention`: how long workspaces keep what was said. Part of the composition root. */
import { UserError } from "../errors.ts";
import type { Sql } from "../store/database.ts";
import { countExpired, isKnownWorkspace, listRetention, setRetention } from "../store/retention.ts";
import { isAgreed } from "./agreement.ts";
import type { RetentionChange } from "./arguments.ts";
import { assertSchema, withDatabase } from "./with-database.ts";

export function retention(change: RetentionChange | null): Promise<number> {
  return withDatabase(async (sql) => {
    await assertSchema(sql);
    return change === null ? list(sql) : set(sql, change);
  });
}

async function list(sql: Sql): Promise<number> {
  const rows = await listRetention(sql);
  const lines = rows.map(
    ({ platform, workspaceId, days }) => `${platform} ${workspaceId}  ${daysOf(days)}`,
  );
  process.stdout.write(`${lines.join("\n") || "Every workspace keeps what was said."}\n`);
  return 0;
}

async function set(sql: Sql, { workspace, days, yes }: RetentionChange): Promise<number> {
  const place = `${workspace.platform} ${workspace.workspaceId}`;
  if (!(await isKnownWorkspace(sql, workspace))) {
    throw new UserError("not-found", `Nothing is known of ${place}; look at its id.`);
  }
  if (days === null) {
    await setRetention(sql, workspace, null);
    process.stdout.write(`${place} keeps what was said.\n`);
    return 0;
  }
  const { messages, threads } = await countExpired(sql, workspace, days);
  process.stdout.write(
    `${place}: ${daysOf(days)} after a conversation has ended, what was said in it is erased, for good. Changes, decisions and commits stay. At the first look, within the hour, ${messages} messages of ${threads} conversations go.\n`,
  );
  const words = { to: "set that", otherwise: "Nothing was set" };
  if (!yes && !(await isAgreed(workspace.workspaceId, words))) return 1;
  await setRetention(sql, workspace, days);
  return 0;
}

const daysOf = (days: number): string => `${days} ${days === 1 ? "day" : "days"}`;
