import type { Suggestion } from "../reviews/suggestion.ts";
import type { Db } from "./database.ts";

const COLUMNS = `id, change_id, rfc_slug, pr_number, revision, state, form, head_sha, body, comment_id,
  node_id, url, resolved_at, closed_at`;

/** Everything that was ever shown on the pull request, oldest first. */
export async function listSuggestions(
  db: Db,
  rfcSlug: string,
  prNumber: number,
): Promise<Suggestion[]> {
  return db<Suggestion[]>`
    select ${db.unsafe(COLUMNS)} from suggestions
    where rfc_slug = ${rfcSlug} and pr_number = ${prNumber} order by created_at, revision`;
}

export type NewSuggestion = Pick<
  Suggestion,
  "changeId" | "rfcSlug" | "prNumber" | "revision" | "form" | "headSha" | "body"
>;

/**
 * Writes down what is about to be sent, or what is to be sent in place of it. What was sent meanwhile by
 * somebody else stays.
 */
export async function putPosting(db: Db, rows: readonly NewSuggestion[]): Promise<void> {
  for (const row of rows) {
    await db`
      insert into suggestions (change_id, rfc_slug, pr_number, revision, form, head_sha, body)
      values (${row.changeId}, ${row.rfcSlug}, ${row.prNumber}, ${row.revision}, ${row.form},
        ${row.headSha}, ${row.body})
      on conflict (change_id, pr_number, revision) do update set
        form = excluded.form, head_sha = excluded.head_sha, body = excluded.body
      where suggestions.state = 'posting'`;
  }
}

/** The comment is on the pull request, perhaps after all. */
export async function markLive(
  db: Db,
  at: { changeId: string; prNumber: number; revision: number },
  comment: { id: string; nodeId: string; url: string },
): Promise<void> {
  await db`
    update suggestions set state = 'live', comment_id = ${comment.id}, node_id = ${comment.nodeId},
      url = ${comment.url}, closed_at = null
    where change_id = ${at.changeId} and pr_number = ${at.prNumber} and revision = ${at.revision}
      and state in ('posting', 'removed')`;
}

export async function setSuggestionBody(
  db: Db,
  id: string,
  set: { body: string; headSha?: string },
): Promise<void> {
  await db`
    update suggestions set body = ${set.body}, head_sha = coalesce(${set.headSha ?? null}, head_sha)
    where id = ${id}`;
}

export async function endSuggestion(
  db: Db,
  id: string,
  state: "closed" | "removed",
  body?: string,
): Promise<void> {
  await db`
    update suggestions set state = ${state}, closed_at = now(), body = coalesce(${body ?? null}, body)
    where id = ${id} and state in ('posting', 'live')`;
}

/** Records that a thread was settled, or opened again, by hand; false when that is known. */
export async function setResolved(db: Db, id: string, resolved: boolean): Promise<boolean> {
  const rows = await db`
    update suggestions set resolved_at = ${resolved ? db`now()` : null}
    where id = ${id} and (resolved_at is null) = ${resolved} returning 1`;
  return rows.length > 0;
}

/** What the last comment about a change says of its end is written anew. */
export async function reopenLast(db: Db, changeId: string): Promise<void> {
  await db`
    update suggestions s set state = 'live', closed_at = null
    where s.change_id = ${changeId} and s.state = 'closed' and s.comment_id is not null
      and exists (select 1 from changes c where c.id = s.change_id and c.state <> 'pending')
      and not exists (
        select 1 from suggestions o
        where o.change_id = s.change_id and o.pr_number = s.pr_number and o.revision > s.revision)`;
}
