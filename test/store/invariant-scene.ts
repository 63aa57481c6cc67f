import { randomUUID } from "node:crypto";
import type { Sql } from "../../src/store/database.ts";
import type { Graces } from "../../src/store/invariants.ts";

export const MINUTE = 60_000;
export const graces = (ms: number): Graces => ({
  threads: ms,
  events: ms,
  places: ms,
  accepts: ms,
  tips: ms,
  jobs: ms,
  people: ms,
  joins: ms,
  deletions: ms,
});

export type Scene = Record<
  "thread" | "turn" | "question" | "answer" | "change" | "link" | "user",
  string
>;

/** Leaves nothing but one thread with a question that was answered with a change, shown on a link. */
export async function plantScene(sql: Sql): Promise<Scene> {
  await sql`truncate rfcs, users, document_blobs, inbox, outbox, notifications, spending, workspace_deletions
    cascade`;
  const id = () => randomUUID();
  const ids: Scene = {
    thread: id(),
    turn: id(),
    question: id(),
    answer: id(),
    change: id(),
    link: id(),
    user: id(),
  };
  const { thread, turn, user } = ids;
  await sql`insert into users (id, display_name) values (${user}, 'Ada')`;
  await sql`insert into document_blobs (sha, body) values ('b', 'text'), ('older', 'text')`;
  await sql`
    insert into rfcs (slug, title, repository, path, default_branch)
    values ('rfc', 'The RFC', 'acme/rfcs', 'rfc.md', 'main')`;
  await sql`
    insert into branches (rfc_slug, branch_name, head_sha, blob_sha) values ('rfc', 'main', 'h', 'b')`;
  await sql`
    insert into threads (id, rfc_slug, branch_name, thread_kind, message_seq, event_seq)
    values (${thread}, 'rfc', 'main', 'discussion', 2, 1)`;
  await sql`
    insert into turns (id, thread_id, state, attempt, started_at, finished_at)
    values (${turn}, ${thread}, 'done', 1, now(), now())`;
  await sql`
    insert into thread_messages (id, thread_id, seq, role, author_user_id, text, turn_id)
    values (${ids.question}, ${thread}, 1, 'user', ${user}, 'Why?', ${turn})`;
  await sql`
    insert into thread_messages (id, thread_id, seq, role, model_id, text, turn_id)
    values (${ids.answer}, ${thread}, 2, 'assistant', 'm', 'Because.', ${turn})`;
  await sql`
    insert into thread_events (thread_id, seq, kind, turn_id, payload)
    values (${thread}, 1, 'turn_end', ${turn}, '{}')`;
  await sql`
    insert into changes (id, rfc_slug, number, branch_name, thread_id, kind, source_message_id, turn_id,
      attempt, ordinal, text_offset, original, proposed, certainty, placement, base_blob_sha)
    values (${ids.change}, 'rfc', 1, 'main', ${thread}, 'ai', ${ids.answer}, ${turn}, 1, 0, 0, 'a', 'b',
      'certain', '{}', 'b')`;
  await sql`
    insert into thread_links (id, thread_id, platform, workspace_id, place)
    values (${ids.link}, ${thread}, 'slack', 'T1', 'C1/1')`;
  return ids;
}
