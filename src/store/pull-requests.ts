import type { PullRequest, PullRequestState } from "../ports.ts";
import type { Db, Tx } from "./database.ts";
import { tellOfEnd } from "./fan-out.ts";
import { askForPlacesOf } from "./place-looks.ts";

/** A pull request as it was last seen. */
export interface CachedPullRequest {
  rfcSlug: string;
  number: number;
  branchName: string;
  title: string;
  url: string;
  state: PullRequestState;
  headBranch: string;
  headRepository: string | null;
  headSha: string;
  baseBranch: string;
  baseSha: string;
  mergedBy: string | null;
  closedAt: Date | null;
  /** When its end was noticed here. */
  endedAt: Date | null;
  /** Why Redline cannot commit to its head branch. */
  readOnly: string | null;
  /** The closing for which the summary was posted. */
  summarisedFor: Date | null;
  firstSeenAt: Date;
}

const COLUMNS = `rfc_slug, pr_number as number, branch_name, title, url, state, head_branch,
  head_repository, head_sha, base_branch, base_sha, merged_by, closed_at, ended_at, read_only,
  summarised_for, first_seen_at`;

/**
 * Stores what the host says now, asks for looks at the places that its state concerns, and tells people of
 * its end. One that had ended before it was known needs no summary, and is nobody's news.
 */
export async function putPullRequest(
  db: Tx,
  at: { rfcSlug: string; branchName: string },
  pull: PullRequest,
  readOnly: string | null,
): Promise<CachedPullRequest> {
  const [row] = await db<(CachedPullRequest & { before: PullRequestState | null })[]>`
    with known as (
      select state from cached_prs where rfc_slug = ${at.rfcSlug} and pr_number = ${pull.number}
    )
    insert into cached_prs (rfc_slug, pr_number, branch_name, title, url, state, head_branch,
      head_repository, head_sha, base_branch, base_sha, merged_by, closed_at, ended_at, read_only, summarised_for)
    values (${at.rfcSlug}, ${pull.number}, ${at.branchName}, ${pull.title}, ${pull.url},
      ${pull.state}, ${pull.headBranch}, ${pull.headRepository}, ${pull.headSha}, ${pull.baseBranch},
      ${pull.baseSha}, ${pull.mergedBy?.login ?? null}, ${closedAt(pull)},
      ${pull.state === "open" ? null : db`now()`}, ${readOnly}, ${closedAt(pull)})
    on conflict (rfc_slug, pr_number) do update set
      title = excluded.title, url = excluded.url, state = excluded.state,
      head_branch = excluded.head_branch, head_repository = excluded.head_repository,
      head_sha = excluded.head_sha, base_branch = excluded.base_branch, base_sha = excluded.base_sha,
      merged_by = excluded.merged_by, closed_at = excluded.closed_at,
      ended_at = case when excluded.ended_at is null then null
        else coalesce(cached_prs.ended_at, excluded.ended_at) end, read_only = excluded.read_only,
      seen_at = now()
    returning ${db.unsafe(COLUMNS)}, (select state from known) as before`;
  const { before, ...stored } = row!;
  if (before !== stored.state) await askForPlacesOf(db, stored.rfcSlug, stored.branchName);
  const { state, closedAt: ended } = stored;
  if (before === "open" && state !== "open" && ended !== null) {
    const mergedById = pull.mergedBy?.id ?? null;
    await tellOfEnd(db, { ...stored, state, closedAt: ended, mergedById });
  }
  return stored;
}

function closedAt(pull: PullRequest): Date | null {
  return pull.state === "open" ? null : (pull.closedAt ?? new Date());
}

/** The branch's pull requests: open ones first, then the newest. */
export async function listPullRequests(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<CachedPullRequest[]> {
  return db<CachedPullRequest[]>`
    select ${db.unsafe(COLUMNS)} from cached_prs
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName}
    order by state = 'open' desc, pr_number desc`;
}

/** Pull requests of the branch that have ended, and do not say so everywhere yet. */
export async function listUnfinished(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<CachedPullRequest[]> {
  return db<CachedPullRequest[]>`
    select ${db.unsafe(COLUMNS)} from cached_prs p
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and state <> 'open'
      and (summarised_for is distinct from closed_at or exists (
        select 1 from suggestions s
        where s.rfc_slug = p.rfc_slug and s.pr_number = p.pr_number
          and s.state in ('posting', 'live')))
    order by pr_number`;
}

export async function setSummarised(db: Db, pull: CachedPullRequest): Promise<void> {
  await db`
    update cached_prs set summarised_for = closed_at
    where rfc_slug = ${pull.rfcSlug} and pr_number = ${pull.number}`;
}

/** Stands for every closing: what was said of it, if anything, is brought up to date and never said anew. */
const SAID_BEFORE = new Date(0);

export function isSaidBefore({ summarisedFor }: CachedPullRequest): boolean {
  return summarisedFor?.getTime() === SAID_BEFORE.getTime();
}

/** Has the summaries of ended pull requests of the thread's branch compared with what there is by now. */
export async function reopenSummaries(db: Db, threadId: string): Promise<void> {
  await db`
    update cached_prs p set summarised_for = ${SAID_BEFORE} from threads t
    where t.id = ${threadId} and p.rfc_slug = t.rfc_slug and p.branch_name = t.branch_name
      and p.summarised_for = p.closed_at`;
}

/** How many pull requests are open in all. */
export async function countOpen(db: Db): Promise<number> {
  const [row] = await db<{ open: number }[]>`
    select count(*)::int as open from cached_prs where state = 'open'`;
  return row!.open;
}

export type SuggestionMode = "automatic" | "on_request";

/** Whether suggestions of a repository are posted by themselves. */
export async function suggestionMode(db: Db, repository: string): Promise<SuggestionMode> {
  const [row] = await db<{ suggestions: SuggestionMode }[]>`
    select suggestions from repository_settings where repository = ${repository.toLowerCase()}`;
  return row?.suggestions ?? "automatic";
}

export async function setSuggestionMode(
  db: Db,
  repository: string,
  mode: SuggestionMode,
): Promise<void> {
  await db`
    insert into repository_settings (repository, suggestions)
    values (${repository.toLowerCase()}, ${mode})
    on conflict (repository) do update set suggestions = excluded.suggestions`;
}

/** The RFCs that a pull request of a repository is about, as far as it was seen. */
export async function listRfcsOfPull(
  db: Db,
  repository: string,
  number: number,
): Promise<{ slug: string; branchName: string }[]> {
  return db<{ slug: string; branchName: string }[]>`
    select r.slug, p.branch_name from cached_prs p join rfcs r on r.slug = p.rfc_slug
    where p.pr_number = ${number} and lower(r.repository) = ${repository.toLowerCase()}
    order by r.slug`;
}

/** The branches of the RFC that have an open pull request, as they were last seen. */
export async function listOpenBranches(db: Db, rfcSlug: string): Promise<string[]> {
  const rows = await db<{ branchName: string }[]>`
    select distinct branch_name from cached_prs where rfc_slug = ${rfcSlug} and state = 'open'`;
  return rows.map((row) => row.branchName);
}
