import type { MergeProposal, MergeState, MergeWord } from "../concerns/concern.ts";
import type { Db } from "./database.ts";
import { isUuid } from "./database.ts";
import type { DueRows } from "./due.ts";

/** A proposal without what may hold it. */
type ProposalRow = Omit<MergeProposal, "words" | "openConcerns" | "pendingChanges">;

const COLUMNS = `p.id, p.rfc_slug, p.branch_name, p.pr_number, p.thread_id, p.proposed_by as proposed_by_id,
  u.display_name as proposed_by, p.state, p.wait_days, p.created_at, p.ends_at, p.settled_at`;
const FROM = "merge_proposals p join users u on u.id = p.proposed_by";

export interface NewProposalRow {
  rfcSlug: string;
  branchName: string;
  threadId: string;
  prNumber: number | null;
  proposedBy: string;
  waitDays: number;
  dedupKey: string | null;
}

/** Asks everybody who is listed; whoever proposes it agrees. Answers with its id. */
export async function insertProposal(db: Db, row: NewProposalRow): Promise<string> {
  const [stored] = await db<{ id: string }[]>`
    insert into merge_proposals (rfc_slug, branch_name, thread_id, pr_number, proposed_by, wait_days,
      ends_at, dedup_key)
    values (${row.rfcSlug}, ${row.branchName}, ${row.threadId}, ${row.prNumber}, ${row.proposedBy},
      ${row.waitDays}, now() + ${row.waitDays} * interval '1 day', ${row.dedupKey})
    returning id`;
  const { id } = stored!;
  await db`
    insert into merge_words (proposal_id, user_id, word, said_at)
    values (${id}, ${row.proposedBy}, 'agree', now())`;
  await db`
    insert into merge_words (proposal_id, user_id)
    select ${id}, listed.user_id from (${listed(db, row.rfcSlug)}) listed
    on conflict do nothing`;
  return id;
}

/** Whom the RFC and the workspaces where it is held name as maintainers; bots are asked nothing. */
function listed(db: Db, rfcSlug: string) {
  return db`
    select m.user_id from rfc_maintainers m join users u on u.id = m.user_id and not u.is_bot
    where m.rfc_slug = ${rfcSlug}
    union
    select m.user_id from maintainers m join users u on u.id = m.user_id and not u.is_bot
    where exists (
      select 1 from thread_links n join threads t on t.id = n.thread_id
      where t.rfc_slug = ${rfcSlug} and n.ended_at is null and n.private_to is null
        and n.platform = m.platform and n.workspace_id = m.workspace_id)`;
}

/** Whether the person is asked, and is still listed or proposed it. */
export async function isAsked(
  db: Db,
  { id, rfcSlug, proposedById }: Pick<MergeProposal, "id" | "rfcSlug" | "proposedById">,
  userId: string,
): Promise<boolean> {
  const [row] = await db<{ asked: boolean }[]>`
    select exists (
        select 1 from merge_words where proposal_id = ${id} and user_id = ${userId})
      and (${userId}::uuid = ${proposedById}::uuid
        or ${userId}::uuid in (${listed(db, rfcSlug)})) as asked`;
  return row!.asked;
}

/** Writes down a word; false when it was the same already. */
export async function putWord(
  db: Db,
  proposalId: string,
  { userId, word }: { userId: string; word: MergeWord },
): Promise<boolean> {
  const rows = await db`
    update merge_words set word = ${word}, said_at = now()
    where proposal_id = ${proposalId} and user_id = ${userId} and word is distinct from ${word}
    returning 1`;
  return rows.length > 0;
}

/** False when it is not open any more. Belongs to the branch's pull request, if one came since. */
export async function settleProposal(
  db: Db,
  id: string,
  state: Exclude<MergeState, "open">,
): Promise<boolean> {
  const rows = await db`
    update merge_proposals p set state = ${state}, settled_at = now(),
      pr_number = coalesce(p.pr_number, (
        select c.pr_number from cached_prs c
        where c.rfc_slug = p.rfc_slug and c.branch_name = p.branch_name and c.state = 'open'
        order by c.pr_number desc limit 1))
    where p.id = ${id} and p.state = 'open' returning 1`;
  return rows.length > 0;
}

export async function findProposal(db: Db, id: string): Promise<MergeProposal | null> {
  if (!isUuid(id)) return null;
  return only(
    db,
    await db<ProposalRow[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)} where p.id = ${id}`,
  );
}

/** The one that was stored under the proposer's key. */
export async function findProposalByKey(
  db: Db,
  threadId: string,
  key: string,
): Promise<MergeProposal | null> {
  return only(
    db,
    await db<ProposalRow[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)}
    where p.thread_id = ${threadId} and p.dedup_key = ${key}`,
  );
}

/** The branch's newest. */
export async function findNewestProposal(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<MergeProposal | null> {
  return only(
    db,
    await db<ProposalRow[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)}
    where p.rfc_slug = ${rfcSlug} and p.branch_name = ${branchName}
    order by p.created_at desc, p.id limit 1`,
  );
}

/** Of one thread, oldest first. */
export async function listThreadProposals(db: Db, threadId: string): Promise<MergeProposal[]> {
  const rows = await db<ProposalRow[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)}
    where p.thread_id = ${threadId} order by p.created_at, p.id`;
  return Promise.all(rows.map((row) => whole(db, row)));
}

async function only(db: Db, [row]: readonly ProposalRow[]): Promise<MergeProposal | null> {
  return row ? whole(db, row) : null;
}

async function whole(db: Db, row: ProposalRow): Promise<MergeProposal> {
  const { id, rfcSlug, branchName } = row;
  const words = await db<MergeProposal["words"]>`
    select w.user_id, u.display_name as name, w.word, w.said_at
    from merge_words w join users u on u.id = w.user_id
    where w.proposal_id = ${id} order by w.said_at nulls last, u.display_name, u.id`;
  const openConcerns = await db<MergeProposal["openConcerns"]>`
    select c.number, c.text, u.display_name as author
    from concerns c join users u on u.id = c.author_user_id
    where c.rfc_slug = ${rfcSlug} and c.branch_name = ${branchName} and c.state = 'open'
    order by c.number`;
  const pending = await db<{ number: number }[]>`
    select number from changes
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and state in ('pending', 'accepting')
    order by number`;
  return {
    ...row,
    words: [...words],
    openConcerns: [...openConcerns],
    pendingChanges: pending.map(({ number }) => number),
  };
}

/** Under this key the thread is told, once, that the wait is over and something holds the proposal. */
export function heldKey(proposalId: string): string {
  return `merge:${proposalId}:held`;
}

/**
 * Open proposals of which there is something to settle or to say: the wait is over, or the pull request has
 * ended. What is held and was told so waits for what holds it.
 */
export const dueProposals: DueRows = (db) => db`
  select p.id, p.rfc_slug, p.branch_name, p.thread_id from merge_proposals p
  where p.state = 'open' and (
    exists (
      select 1 from cached_prs c
      where c.rfc_slug = p.rfc_slug and c.pr_number = p.pr_number and c.state <> 'open')
    or p.ends_at <= now() and (
      not exists (
        select 1 from thread_messages m
        where m.thread_id = p.thread_id and m.dedup_key = 'merge:' || p.id || ':held')
      or not exists (
          select 1 from concerns k
          where k.rfc_slug = p.rfc_slug and k.branch_name = p.branch_name and k.state = 'open')
        and not exists (
          select 1 from merge_words w where w.proposal_id = p.id and w.word = 'object')))`;

/** Those, the one that should have ended the longest ago first. */
export async function listDueProposals(
  db: Db,
  limit: number,
): Promise<{ id: string; rfcSlug: string; branchName: string; threadId: string }[]> {
  return db<{ id: string; rfcSlug: string; branchName: string; threadId: string }[]>`
    ${dueProposals(db)}
    order by p.ends_at limit ${limit}`;
}

/** Of a proposal's pull request: how it ended; null while it is open, or where there is none. */
export async function findEnd(
  db: Db,
  { rfcSlug, prNumber }: Pick<MergeProposal, "rfcSlug" | "prNumber">,
): Promise<"merged" | "closed" | null> {
  const [row] = await db<{ state: "merged" | "closed" }[]>`
    select state from cached_prs
    where rfc_slug = ${rfcSlug} and pr_number = ${prNumber} and state <> 'open'`;
  return row?.state ?? null;
}

/**
 * Those of the branch's proposals that were made while it had no pull request belong to this one: what is open,
 * and, when it is the newest, what was agreed on.
 */
export async function adoptProposals(
  db: Db,
  { rfcSlug, branchName }: Pick<MergeProposal, "rfcSlug" | "branchName">,
  prNumber: number,
): Promise<void> {
  await db`
    update merge_proposals p set pr_number = ${prNumber}
    where p.rfc_slug = ${rfcSlug} and p.branch_name = ${branchName} and p.pr_number is null
      and (p.state = 'open' or p.state = 'agreed' and not exists (
        select 1 from merge_proposals o
        where o.rfc_slug = p.rfc_slug and o.branch_name = p.branch_name
          and o.created_at > p.created_at))`;
}

/** Settled proposals of a pull request whose outcome is not on it yet, oldest first. */
export async function listUnposted(
  db: Db,
  rfcSlug: string,
  prNumber: number,
): Promise<MergeProposal[]> {
  const rows = await db<ProposalRow[]>`
    select ${db.unsafe(COLUMNS)} from ${db.unsafe(FROM)}
    where p.rfc_slug = ${rfcSlug} and p.pr_number = ${prNumber} and p.posted_at is null
      and p.state in ('agreed', 'withdrawn')
    order by p.settled_at, p.id`;
  return Promise.all(rows.map((row) => whole(db, row)));
}

export async function setPosted(db: Db, id: string): Promise<void> {
  await db`update merge_proposals set posted_at = now() where id = ${id} and posted_at is null`;
}
