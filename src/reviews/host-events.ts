import type { Sql } from "../store/database.ts";
import { pruneInbox, putEvent } from "../store/inbox.ts";
import { askForLooksAt, askForLooksWithProblems } from "../store/looks.ts";
import type { HostEvent } from "./host-event.ts";

/** GitHub lets a delivery be sent again for three days. */
const KEEP_MS = 7 * 24 * 60 * 60_000;

/** Events of hosts: each is stored once, and asks for looks in the same transaction. */
export class HostEvents {
  private readonly sql: Sql;

  constructor(sql: Sql) {
    this.sql = sql;
  }

  async receive(event: HostEvent): Promise<"stored" | "known"> {
    const { source, eventId, kind, repository } = event;
    return this.sql.begin(async (tx) => {
      const subject = repository?.toLowerCase() ?? "";
      const isNew = await putEvent(tx, { source, eventId, kind, subject, payload: event });
      if (!isNew) return "known";
      // What Redline may see has changed: what failed for that reason is worth another try.
      if (repository === null) await askForLooksWithProblems(tx);
      else
        await askForLooksAt(tx, { repository, branch: event.branch, pullNumber: event.pullNumber });
      return "stored";
    });
  }

  prune(): Promise<void> {
    return pruneInbox(this.sql, KEEP_MS);
  }
}
