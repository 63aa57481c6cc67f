import type { DocumentVersion } from "../ports.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { Db } from "./database.ts";
import type { DueRows } from "./due.ts";

/** A branch as it was last seen. */
export interface Branch {
  rfcSlug: string;
  branchName: string;
  headSha: string;
  blobSha: string;
  /** Why the tip could not be read the last time, for people. */
  problem: string | null;
}

/** A branch with where its document lives, for whoever watches tips. */
export interface WatchedBranch extends Branch {
  repository: string;
  /** On this branch; a rename may have parted it from the RFC's. */
  path: string;
  /** What the host knows the branch by, where that is not its name (`DocumentLocation.branch`). */
  hostRef: string | null;
}

/** Of `branches b` and `rfcs r`: where the document lives. */
export const DOCUMENT_COLUMNS = "r.repository, coalesce(b.path, r.path) as path, b.host_ref";

export async function putBlob(db: Db, sha: string, body: string): Promise<void> {
  await db`insert into document_blobs (sha, body) values (${sha}, ${body}) on conflict do nothing`;
}

export async function findBlob(db: Db, sha: string): Promise<string | null> {
  const [row] = await db<{ body: string }[]>`select body from document_blobs where sha = ${sha}`;
  return row?.body ?? null;
}

/** Makes the branch known at this version; one that is known keeps what it has. */
export async function ensureBranch(
  db: Db,
  rfcSlug: string,
  branchName: string,
  version: DocumentVersion,
  hostRef: string | null = null,
): Promise<void> {
  await putBlob(db, version.blobSha, version.body);
  await db`
    insert into branches (rfc_slug, branch_name, head_sha, blob_sha, host_ref)
    values (${rfcSlug}, ${branchName}, ${version.headSha}, ${version.blobSha}, ${hostRef})
    on conflict do nothing`;
  await recordVersion(db, rfcSlug, branchName);
}

/** What the host knows the branch by from now on; null: by its name. */
export async function setHostRef(db: Db, branch: Branch, ref: string | null): Promise<void> {
  await db`
    update branches set host_ref = ${ref}
    where rfc_slug = ${branch.rfcSlug} and branch_name = ${branch.branchName}`;
}

/** The document was renamed on this branch; on the RFC's own branch that is its new path. */
export async function setPath(db: Db, branch: Branch, path: string): Promise<void> {
  const { rfcSlug, branchName } = branch;
  await db`
    update branches set path = ${path}
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName}`;
  await db`
    update rfcs set path = ${path}
    where slug = ${rfcSlug} and default_branch = ${branchName} and not exists (
      select 1 from rfcs o
      where o.repository = rfcs.repository and o.path = ${path}
        and o.default_branch = rfcs.default_branch)`;
}

export async function findBranch(
  db: Db,
  rfcSlug: string,
  branchName: string,
  lock: "none" | "lock" = "none",
): Promise<WatchedBranch | null> {
  const [row] = await db<WatchedBranch[]>`
    select b.rfc_slug, b.branch_name, b.head_sha, b.blob_sha, b.problem, ${db.unsafe(DOCUMENT_COLUMNS)}
    from branches b join rfcs r on r.slug = b.rfc_slug
    where b.rfc_slug = ${rfcSlug} and b.branch_name = ${branchName}
    ${lock === "lock" ? db`for no key update of b` : db``}`;
  return row ?? null;
}

export async function setTip(
  db: Db,
  branch: Branch,
  tip: { headSha: string; blobSha: string },
): Promise<void> {
  await db`
    update branches
    set head_sha = ${tip.headSha}, blob_sha = ${tip.blobSha}, problem = null, synced_at = now()
    where rfc_slug = ${branch.rfcSlug} and branch_name = ${branch.branchName}`;
  await recordVersion(db, branch.rfcSlug, branch.branchName);
}

/** Adds the branch's text to the list of those that it has had, unless it is the newest one there. */
async function recordVersion(db: Db, rfcSlug: string, branchName: string): Promise<void> {
  await db`
    insert into document_versions (rfc_slug, branch_name, seq, head_sha, blob_sha)
    select b.rfc_slug, b.branch_name, coalesce(v.seq, 0) + 1, b.head_sha, b.blob_sha
    from branches b left join lateral (
      select seq, blob_sha from document_versions
      where rfc_slug = b.rfc_slug and branch_name = b.branch_name order by seq desc limit 1
    ) v on true
    where b.rfc_slug = ${rfcSlug} and b.branch_name = ${branchName}
      and v.blob_sha is distinct from b.blob_sha
    on conflict do nothing`;
}

/** Whether the branch's document read so at some time. */
export async function isVersionOf(
  db: Db,
  { rfcSlug, branchName }: Pick<Branch, "rfcSlug" | "branchName">,
  blobSha: string,
): Promise<boolean> {
  const rows = await db`
    select 1 from document_versions
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and blob_sha = ${blobSha} limit 1`;
  return rows.length > 0;
}

export async function setProblem(db: Db, branch: Branch, problem: string | null): Promise<void> {
  await db`
    update branches set problem = ${problem}, synced_at = now()
    where rfc_slug = ${branch.rfcSlug} and branch_name = ${branch.branchName}`;
}

/** A branch together with its RFC. */
export async function findRfcBranch(
  db: Db,
  rfcSlug: string,
  branchName: string,
): Promise<{ rfc: Rfc; branch: WatchedBranch } | null> {
  const [row] = await db<(Rfc & WatchedBranch)[]>`
    select b.rfc_slug, b.branch_name, b.head_sha, b.blob_sha, b.problem, ${db.unsafe(DOCUMENT_COLUMNS)},
      r.slug, r.title, r.default_branch, r.created_at
    from branches b join rfcs r on r.slug = b.rfc_slug
    where b.rfc_slug = ${rfcSlug} and b.branch_name = ${branchName}`;
  if (!row) return null;
  const { slug, title, defaultBranch, createdAt, ...branch } = row;
  const { repository, path } = branch;
  return { rfc: { slug, title, repository, path, defaultBranch, createdAt }, branch };
}

/** The repositories of all RFCs. */
export async function listRepositories(db: Db): Promise<string[]> {
  const rows = await db<{ repository: string }[]>`
    select distinct repository from rfcs order by repository`;
  return rows.map((row) => row.repository);
}

export const knownBranches: DueRows = (db) => db`select 1 from branches`;

/** Every branch that somebody talks about. */
export async function listBranches(db: Db): Promise<WatchedBranch[]> {
  return db<WatchedBranch[]>`
    select b.rfc_slug, b.branch_name, b.head_sha, b.blob_sha, b.problem, ${db.unsafe(DOCUMENT_COLUMNS)}
    from branches b join rfcs r on r.slug = b.rfc_slug
    order by r.repository, b.rfc_slug, b.branch_name`;
}

/**
 * Branches at which something pending, or the passage of a thread or a concern, stands in an earlier version
 * than the branch: it was written while the branch moved on.
 */
export const branchesBehind: DueRows = (db) => db`
  select b.rfc_slug, b.branch_name from branches b
  where exists (
      select 1 from changes c
      where c.rfc_slug = b.rfc_slug and c.branch_name = b.branch_name and c.state = 'pending'
        and c.base_blob_sha <> b.blob_sha)
    or exists (
      select 1 from threads t
      where t.rfc_slug = b.rfc_slug and t.branch_name = b.branch_name and t.anchor is not null
        and t.anchor_stale_since is null and t.anchor_blob_sha <> b.blob_sha)
    or exists (
      select 1 from concerns k
      where k.rfc_slug = b.rfc_slug and k.branch_name = b.branch_name and k.state = 'open'
        and k.anchor is not null and k.anchor_stale_since is null
        and k.anchor_blob_sha <> b.blob_sha)`;

export async function listBehind(db: Db): Promise<{ rfcSlug: string; branchName: string }[]> {
  return db<{ rfcSlug: string; branchName: string }[]>`${branchesBehind(db)}`;
}
