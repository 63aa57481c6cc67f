/** The rows of a record: its entries, and when it was brought up to date. */
import { entryFields } from "../record/entry-fields.ts";
import type { RecordCause, RecordEntry, RecordMark } from "../record/record.ts";
import type { Db } from "./database.ts";

const ENTRY = `seq, kind, subject, person_id, at, content, salt, content_hash, previous_hash, hash`;
const MARK = `id, cause, last_seq, head_hash, made_by, commit_sha, problem, created_at,
  (select u.display_name from users u where u.id = made_by) as made_by_name`;
/** Rows of one statement. */
const BATCH = 1_000;

/** Whoever adds to an RFC's record, or takes from it, does so alone until the transaction ends. */
export async function lockRecord(db: Db, rfcSlug: string): Promise<void> {
  await db`select pg_advisory_xact_lock(hashtextextended(${`record of ${rfcSlug}`}, 0))`;
}

export async function findHead(
  db: Db,
  rfcSlug: string,
): Promise<{ seq: number; hash: string } | null> {
  const [row] = await db<{ seq: number; hash: string }[]>`
    select seq, hash from record_entries where rfc_slug = ${rfcSlug} order by seq desc limit 1`;
  return row ?? null;
}

export async function insertEntries(
  db: Db,
  rfcSlug: string,
  entries: readonly RecordEntry[],
): Promise<void> {
  for (let from = 0; from < entries.length; from += BATCH) {
    const rows = entries.slice(from, from + BATCH).map(entryFields);
    await db`
      insert into record_entries (rfc_slug, ${db.unsafe(ENTRY)})
      select ${rfcSlug}, ${db.unsafe(ENTRY)} from jsonb_to_recordset(${db.json(rows)}) as r (
        seq bigint, kind text, subject text, person_id uuid, at timestamptz, content jsonb, salt text,
        content_hash text, previous_hash text, hash text)`;
  }
}

/** In their order; up to `lastSeq` where it is given. */
export async function listEntries(
  db: Db,
  rfcSlug: string,
  lastSeq: number | null = null,
): Promise<RecordEntry[]> {
  return db<RecordEntry[]>`
    select ${db.unsafe(ENTRY)} from record_entries
    where rfc_slug = ${rfcSlug} and (${lastSeq}::bigint is null or seq <= ${lastSeq}) order by seq`;
}

export async function findRfcOfMessage(db: Db, messageId: string): Promise<string | null> {
  const [row] = await db<{ rfcSlug: string }[]>`
    select t.rfc_slug from thread_messages m join threads t on t.id = m.thread_id
    where m.id = ${messageId}`;
  return row?.rfcSlug ?? null;
}

/** What was said in a message is in the record no more; answers with the entries' places. */
export async function eraseMessage(db: Db, rfcSlug: string, messageId: string): Promise<number[]> {
  const rows = await db<{ seq: number }[]>`
    update record_entries set content = null, salt = null
    where rfc_slug = ${rfcSlug} and subject = ${messageId}
      and kind in ('message', 'message_edited') and content is not null
    returning seq`;
  return rows.map(({ seq }) => seq);
}

/** Takes the words of these people out of an RFC's record; answers with the entries' places. */
export async function eraseWords(
  db: Db,
  rfcSlug: string,
  personIds: readonly string[],
): Promise<number[]> {
  const rows = await db<{ seq: number }[]>`
    update record_entries set content = null, salt = null
    where rfc_slug = ${rfcSlug} and person_id = any(${[...personIds]}::uuid[])
      and content is not null and case kind
        when 'message' then true
        when 'message_edited' then true
        when 'change' then content->>'reason' <> ''
        when 'decision' then content->>'reason' is not null
        when 'concern' then content->>'text' <> '(erased)'
        when 'concern_settled' then content->>'why' is not null
        else false end
    returning seq`;
  return rows.map(({ seq }) => seq).toSorted((a, b) => a - b);
}

/** The RFCs whose records hold something of these people's. */
export async function listRecordedWith(db: Db, personIds: readonly string[]): Promise<string[]> {
  const rows = await db<{ rfcSlug: string }[]>`
    select distinct rfc_slug from record_entries
    where person_id = any(${[...personIds]}::uuid[]) order by rfc_slug`;
  return rows.map(({ rfcSlug }) => rfcSlug);
}

/** Every id that a person has or had. */
export async function listIdsOf(db: Db, userId: string): Promise<string[]> {
  const rows = await db<{ id: string }[]>`select id from former_users where user_id = ${userId}`;
  return [userId, ...rows.map(({ id }) => id)];
}

/** People's names by the ids that the record has of them. */
export async function listNames(
  db: Db,
  ids: readonly string[],
): Promise<{ id: string; name: string }[]> {
  return db<{ id: string; name: string }[]>`
    select i.id, u.display_name as name from unnest(${[...ids]}::uuid[]) as i (id)
    left join former_users f on f.id = i.id join users u on u.id = coalesce(f.user_id, i.id)
    order by i.id`;
}

/** Under a key of its own a mark is made once; answers with the one that stands. */
export async function putMark(
  db: Db,
  rfcSlug: string,
  mark: {
    cause: RecordCause;
    causeKey: string;
    lastSeq: number;
    headHash: string;
    madeBy: string | null;
  },
): Promise<RecordMark> {
  const { cause, causeKey, lastSeq, headHash, madeBy } = mark;
  const [made] = await db<RecordMark[]>`
    insert into records (rfc_slug, cause, cause_key, last_seq, head_hash, made_by)
    values (${rfcSlug}, ${cause}, ${causeKey}, ${lastSeq}, ${headHash}, ${madeBy})
    on conflict (rfc_slug, cause, cause_key) where cause_key <> '' do nothing
    returning ${db.unsafe(MARK)}`;
  if (made) return made;
  const [known] = await db<RecordMark[]>`
    select ${db.unsafe(MARK)} from records
    where rfc_slug = ${rfcSlug} and cause = ${cause} and cause_key = ${causeKey}`;
  return known!;
}

export async function setMarkCommit(
  db: Db,
  markId: string,
  { commitSha, problem }: Pick<RecordMark, "commitSha" | "problem">,
): Promise<void> {
  await db`
    update records set commit_sha = ${commitSha}, problem = ${problem} where id = ${markId}`;
}

/** Newest first. */
export async function listMarks(db: Db, rfcSlug: string): Promise<RecordMark[]> {
  return db<RecordMark[]>`
    select ${db.unsafe(MARK)} from records where rfc_slug = ${rfcSlug} order by created_at desc, id`;
}

/** `committed`: also beside the RFC, when its pull request ends. */
export type RecordMode = "kept" | "committed";

export async function recordMode(db: Db, repository: string): Promise<RecordMode> {
  const [row] = await db<{ record: RecordMode }[]>`
    select record from repository_settings where repository = ${repository.toLowerCase()}`;
  return row?.record ?? "kept";
}

export async function setRecordMode(db: Db, repository: string, mode: RecordMode): Promise<void> {
  await db`
    insert into repository_settings (repository, record) values (${repository.toLowerCase()}, ${mode})
    on conflict (repository) do update set record = excluded.record`;
}

/** Threads of the RFC that are, or were, held where not everybody of a workspace may look. */
export async function listClosedThreads(db: Db, rfcSlug: string): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select t.id from threads t where t.rfc_slug = ${rfcSlug} and exists (
      select 1 from thread_links n
      where n.thread_id = t.id and (n.private_to is not null or n.reach = 'channel'))`;
  return rows.map(({ id }) => id);
}
