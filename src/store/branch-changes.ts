import type { Change } from "../changes/change.ts";
import type { Db } from "./database.ts";
import { selectChanges } from "./changes.ts";

/** A change with what its comment on a pull request tells of it. */
export interface ReviewedChange {
  change: Change;
  /** Its turn is over: it will not be withdrawn as part of another attempt. */
  isReady: boolean;
  suggestionAskedAt: Date | null;
  threadTitle: string | null;
  /** Who accepted or declined it, and why. */
  decidedBy: string | null;
  declineReason: string | null;
}

/** Every change of a branch, by number. */
export async function listReviewedChanges(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<ReviewedChange[]> {
  const changes = await selectChanges(
    db,
    db`where c.rfc_slug = ${rfcSlug} and c.branch_name = ${branchName} order by c.number`,
  );
  const more = await db<(Omit<ReviewedChange, "change"> & { id: string })[]>`
    select c.id, coalesce(t.state not in ('queued', 'running'), true) as is_ready,
      c.suggestion_asked_at, h.title as thread_title, u.display_name as decided_by,
      d.reason as decline_reason
    from changes c
      join threads h on h.id = c.thread_id
      left join turns t on t.id = c.turn_id
      left join decisions d on d.change_id = c.id and d.outcome <> 'returned'
      left join users u on u.id = d.user_id
    where c.rfc_slug = ${rfcSlug} and c.branch_name = ${branchName}`;
  const moreOf = new Map(more.map(({ id, ...rest }) => [id, rest]));
  return changes.flatMap((change) => {
    const rest = moreOf.get(change.id);
    return rest ? [{ change, ...rest }] : [];
  });
}

/** Somebody wants the change on the pull request. */
export async function askForSuggestion(db: Db, changeId: string): Promise<void> {
  await db`update changes set suggestion_asked_at = now() where id = ${changeId}`;
}

/** Pending changes of a branch that are older than `before`: ids with their threads. */
export async function listPendingBefore(
  db: Db,
  rfcSlug: string,
  branchName: string,
  before: Date,
): Promise<{ id: string; threadId: string; number: number }[]> {
  return db<{ id: string; threadId: string; number: number }[]>`
    select id, thread_id, number from changes
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and state = 'pending'
      and created_at < ${before}
    order by number`;
}
