import type { Db } from "./database.ts";

/** The comment that lists an RFC's open concerns on a pull request. */
export interface ConcernComment {
  commentId: string;
  /** Digest of its body, with addresses as they are kept. */
  shown: string;
}

interface PullRequestKey {
  rfcSlug: string;
  prNumber: number;
}

export async function findConcernComment(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
): Promise<ConcernComment | null> {
  const [row] = await db<ConcernComment[]>`
    select comment_id, shown from concern_comments
    where rfc_slug = ${rfcSlug} and pr_number = ${prNumber}`;
  return row ?? null;
}

export async function putConcernComment(
  db: Db,
  { rfcSlug, prNumber }: PullRequestKey,
  { commentId, shown }: ConcernComment,
): Promise<void> {
  await db`
    insert into concern_comments (rfc_slug, pr_number, comment_id, shown)
    values (${rfcSlug}, ${prNumber}, ${commentId}, ${shown})
    on conflict (rfc_slug, pr_number)
    do update set comment_id = excluded.comment_id, shown = excluded.shown`;
}
