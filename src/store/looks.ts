/**
 * When a branch's pull request is to be looked at, and by whom. Whatever happens, here or on the host, only
 * asks for a look; the look itself compares what is with what ought to be. So events that are repeated, late
 * or lost do no harm. One look a branch at a time.
 */
import type { HeldLook } from "../look-runner.ts";
import type { Db } from "./database.ts";
import type { DueRows } from "./due.ts";
import type { LookRow, NextLook } from "./look-leases.ts";
import { claimRow, dueRows, endAllRows, endRow, listDueRows, renewRow } from "./look-leases.ts";

const TABLE = "pull_request_looks";

export interface LookKey {
  rfcSlug: string;
  branchName: string;
}

/** A look that this worker is to take. */
export interface Look extends LookKey, HeldLook {}

/** Begins to watch a branch; its first look is due at once. */
export async function watchBranch(db: Db, { rfcSlug, branchName }: LookKey): Promise<void> {
  await db`
    insert into pull_request_looks (rfc_slug, branch_name) values (${rfcSlug}, ${branchName})
    on conflict do nothing`;
}

/** Asks for a look at the branches of these threads. A branch without pull requests is not concerned. */
export async function askForLooks(db: Db, threadIds: readonly string[]): Promise<void> {
  await db`
    update pull_request_looks l set due_at = least(l.due_at, now()), asked = asked + 1
    from (
      select distinct rfc_slug, branch_name from threads where id = any(${[...threadIds]}::uuid[])
    ) t
    where l.rfc_slug = t.rfc_slug and l.branch_name = t.branch_name`;
}

/** Asks for a look at one branch. */
export async function askForLook(db: Db, { rfcSlug, branchName }: LookKey): Promise<void> {
  await db`
    update pull_request_looks set due_at = least(due_at, now()), asked = asked + 1
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName}`;
}

/**
 * Asks for a look wherever something on the host may concern it: the branch of that name, the pull request of
 * that number, or all of the repository when neither is given. Answers with the branches.
 */
export async function askForLooksAt(
  db: Db,
  at: { repository: string; branch: string | null; pullNumber: number | null },
): Promise<LookKey[]> {
  const { branch, pullNumber } = at;
  return db<LookKey[]>`
    update pull_request_looks l set due_at = least(l.due_at, now()), asked = asked + 1
    from rfcs r
    where r.slug = l.rfc_slug and lower(r.repository) = lower(${at.repository})
      and (${branch === null && pullNumber === null} or l.branch_name = ${branch}
        or exists (
          select 1 from cached_prs p
          where p.rfc_slug = l.rfc_slug and p.branch_name = l.branch_name
            and p.pr_number = ${pullNumber}))
    returning l.rfc_slug, l.branch_name`;
}

/** Asks for a look wherever the last one failed. */
export async function askForLooksWithProblems(db: Db): Promise<void> {
  await db`
    update pull_request_looks set due_at = now(), asked = asked + 1, failures = 0
    where problem is not null`;
}

/** Why the last look at the branch's pull request did not succeed. */
export async function lookProblem(
  db: Db,
  { rfcSlug, branchName }: LookKey,
): Promise<string | null> {
  const [row] = await db<{ problem: string | null }[]>`
    select problem from pull_request_looks
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName}`;
  return row?.problem ?? null;
}

/** The same for all branches of a repository. */
export async function listLookProblems(db: Db, repository: string): Promise<string[]> {
  const rows = await db<{ problem: string }[]>`
    select distinct l.problem from pull_request_looks l join rfcs r on r.slug = l.rfc_slug
    where r.repository = ${repository} and l.problem is not null order by l.problem`;
  return rows.map((row) => row.problem);
}

export const dueLooks: DueRows = dueRows(TABLE);

/** Looks that are due and that nobody takes, the longest due first. */
export function listDueLooks(db: Db, limit: number): Promise<LookKey[]> {
  return listDueRows(db, TABLE, ["rfc_slug", "branch_name"], limit);
}

/** Takes a look that is due, if nobody else does. */
export async function claimLook(
  db: Db,
  { rfcSlug, branchName }: LookKey,
  owner: string,
  leaseMs: number,
): Promise<Look | null> {
  const held = await claimRow(db, rowOf({ rfcSlug, branchName }), owner, leaseMs);
  return held && { rfcSlug, branchName, ...held };
}

/** Keeps the look; false when another worker has it. */
export function renewLook(db: Db, look: Look, leaseMs: number): Promise<boolean> {
  return renewRow(db, rowOf(look), look, leaseMs);
}

/** Ends a look; false when another worker has it. A wish that came meanwhile makes the next due at once. */
export function endLook(db: Db, look: Look, next: NextLook): Promise<boolean> {
  return endRow(db, rowOf(look), look, next);
}

/** Ends every lease: for the start of a process that is known to be the only one. */
export function endAllLooks(db: Db): Promise<void> {
  return endAllRows(db, TABLE);
}

function rowOf({ rfcSlug, branchName }: LookKey): LookRow {
  return { table: TABLE, key: { rfc_slug: rfcSlug, branch_name: branchName } };
}
