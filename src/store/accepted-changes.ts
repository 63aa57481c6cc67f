import type { AcceptedChange } from "../changes/commit-check.ts";
import type { ChangeState } from "../changes/change.ts";
import type { WatchedBranch } from "./branches.ts";
import { DOCUMENT_COLUMNS } from "./branches.ts";
import type { Db } from "./database.ts";
import { isUuid } from "./database.ts";

/** A branch with changes that were accepted on it, the newest first. */
export interface AcceptedBranch extends WatchedBranch {
  accepted: AcceptedChange[];
}

/** The branches on which changes were accepted last, and the newest of these. */
export async function listAcceptedBranches(
  db: Db,
  most: { branches: number; changes: number },
): Promise<AcceptedBranch[]> {
  return db<AcceptedBranch[]>`
    with lately as (
      select rfc_slug, branch_name, max(decided_at) as last from changes where state = 'accepted'
      group by rfc_slug, branch_name order by last desc limit ${most.branches}
    )
    select b.rfc_slug, b.branch_name, b.head_sha, b.blob_sha, b.problem, ${db.unsafe(DOCUMENT_COLUMNS)},
      a.accepted
    from lately l join branches b using (rfc_slug, branch_name) join rfcs r on r.slug = b.rfc_slug,
      lateral (
        select jsonb_agg(jsonb_build_object('id', id, 'commitSha', commit_sha)
          order by decided_at desc, number desc) as accepted
        from (
          select id, commit_sha, decided_at, number from changes c
          where c.rfc_slug = b.rfc_slug and c.branch_name = b.branch_name and c.state = 'accepted'
          order by decided_at desc, number desc limit ${most.changes}) newest) a
    order by l.last desc`;
}

/** The states of those of these ids that are changes. */
export async function listStates(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, ChangeState>> {
  const known = ids.filter(isUuid);
  const rows = await db<{ id: string; state: ChangeState }[]>`
    select id, state from changes where id = any(${known}::uuid[])`;
  return new Map(rows.map(({ id, state }) => [id, state]));
}
