/** What is done now and then so that the database does not grow for ever. */
import type { FollowDeps } from "../conversation/followed-messages.ts";
import { followDeletion } from "../conversation/followed-messages.ts";
import { deleteOldOwed } from "../store/owed-answers.ts";
import {
  foldSpending,
  pruneAudit,
  pruneBudgetWarnings,
  pruneEvents,
  pruneInvitations,
  pruneNotifications,
} from "../store/prune.ts";
import { eraseBeside, listExpired } from "../store/retention.ts";

/** How many days rows are kept that only serve how Redline runs. `docs/data.md` names them. */
const KEEP_DAYS = {
  events: 90,
  notifications: 180,
  audit: 365,
  invitations: 30,
  // The longest period of a budget is a month.
  budgets: 62,
};

const DAY_MS = 24 * 60 * 60_000;
const BATCH = 200;

/** Takes out old rows that nobody needs any more. */
export async function prune({ sql }: Pick<FollowDeps, "sql">, now: Date): Promise<void> {
  const before = (days: number): Date => new Date(now.getTime() - days * DAY_MS);
  await pruneEvents(sql, before(KEEP_DAYS.events));
  await pruneNotifications(sql, before(KEEP_DAYS.notifications));
  await pruneAudit(sql, before(KEEP_DAYS.audit));
  await pruneInvitations(sql, before(KEEP_DAYS.invitations));
  await pruneBudgetWarnings(sql, before(KEEP_DAYS.budgets));
  await foldSpending(sql, before(KEEP_DAYS.budgets));
  await deleteOldOwed(sql);
}

/**
 * Takes the words out of conversations that workspaces keep no longer, by the way of any deletion: marks stay,
 * and so do changes, decisions and commits. Answers with how many messages that were.
 */
export async function expire(deps: FollowDeps): Promise<number> {
  let expired = 0;
  for (;;) {
    const messages = await listExpired(deps.sql, BATCH);
    for (const messageId of messages) {
      await followDeletion(deps, messageId, (tx) => eraseBeside(tx, messageId));
    }
    expired += messages.length;
    if (messages.length < BATCH) return expired;
  }
}
