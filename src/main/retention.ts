/** `redline retention`: how long workspaces keep what was said. Part of the composition root. */
import { listRetention, setRetention } from "../store/retention.ts";
import type { RetentionChange } from "./arguments.ts";
import { assertSchema, withDatabase } from "./with-database.ts";

export function retention(change: RetentionChange | null): Promise<number> {
  return withDatabase(async (sql) => {
    await assertSchema(sql);
    if (change === null) {
      const rows = await listRetention(sql);
      const lines = rows.map(
        ({ platform, workspaceId, days }) => `${platform} ${workspaceId}  ${daysOf(days)}`,
      );
      process.stdout.write(`${lines.join("\n") || "Every workspace keeps what was said."}\n`);
      return 0;
    }
    const { workspace, days } = change;
    await setRetention(sql, workspace, days);
    const place = `${workspace.platform} ${workspace.workspaceId}`;
    process.stdout.write(
      days === null
        ? `${place} keeps what was said.\n`
        : `${place}: ${daysOf(days)} after a conversation has ended, what was said in it is erased. Changes, decisions and commits stay. The first look is within the hour.\n`,
    );
    return 0;
  });
}

const daysOf = (days: number): string => `${days} ${days === 1 ? "day" : "days"}`;
