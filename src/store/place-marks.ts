/** How far the discussion in a place is, and what the place was last marked to be. */
import type { PlaceState } from "../chat/chat-platform.ts";
import type { Db } from "./database.ts";
import type { HeldPlace } from "./deliveries.ts";

export interface PlaceMark {
  /** What it is to be marked as now. */
  due: PlaceState;
  marked: PlaceState | null;
  /** How often the mark that is due could not be set. */
  failures: number;
  /** Milliseconds for which it is left alone after the last of them. */
  waitMs: number;
}

/**
 * `accepted` and `closed` as the newest pull request of its branch was merged or closed, `closed` also where
 * the thread was, or the link has ended. Where there is no pull request, `accepted` is a thread whose changes
 * are all decided, and some of them accepted.
 */
export async function findPlaceMark(
  db: Db,
  { linkId, threadId }: Pick<HeldPlace, "linkId" | "threadId">,
): Promise<PlaceMark | null> {
  const [row] = await db<PlaceMark[]>`
    select l.marked_state as marked, l.mark_failures as failures,
      greatest(0, coalesce(extract(epoch from l.mark_after - now()) * 1000, 0))::float8 as wait_ms,
      case when p.state = 'merged' then 'accepted'
        when p.state = 'closed' or t.state = 'closed' or l.ended_at is not null then 'closed'
        when p.state is null and 'accepted' = any(d.states)
          and not d.states && array['pending', 'accepting'] then 'accepted'
        else 'open' end as due
    from thread_links l join threads t on t.id = ${threadId}
      left join lateral (
        select c.state from cached_prs c
        where c.rfc_slug = t.rfc_slug and c.branch_name = t.branch_name
        order by c.state = 'open' desc, c.pr_number desc limit 1) p on true
      left join lateral (
        select array_agg(c.state::text) as states from changes c where c.thread_id = t.id) d on true
    where l.id = ${linkId}`;
  return row ?? null;
}

/** It is marked so, or is not to be marked so any more. */
export async function putPlaceMark(db: Db, linkId: string, state: PlaceState): Promise<void> {
  await db`
    update thread_links set marked_state = ${state}, mark_failures = 0, mark_after = null
    where id = ${linkId}`;
}

/** It could not be set; it is left alone for so long. */
export async function noteMarkFailure(db: Db, linkId: string, waitMs: number): Promise<void> {
  await db`
    update thread_links set mark_failures = mark_failures + 1,
      mark_after = now() + ${waitMs} * interval '1 ms'
    where id = ${linkId}`;
}
