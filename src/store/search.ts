import type { FoundKind, SearchHit } from "../rfcs/insight.ts";
import type { ParsedSearch } from "../rfcs/parse-search.ts";
import type { Db, Sql } from "./database.ts";

/** A section of a document, to be found by its words. */
export interface SectionRow {
  startOffset: number;
  path: string[];
  body: string;
}

/** As much of a found text as an excerpt is made from, around the first of the words. */
const AROUND = 600;
const NEAR = 4_000;

/** The texts of the RFCs' own branches whose sections are not there yet. */
export async function listUnindexed(db: Db): Promise<{ blobSha: string; body: string }[]> {
  return db<{ blobSha: string; body: string }[]>`
    select distinct on (d.sha) d.sha as blob_sha, d.body
    from rfcs r join branches b on b.rfc_slug = r.slug and b.branch_name = r.default_branch
    join document_blobs d on d.sha = b.blob_sha
    where not exists (select 1 from document_sections s where s.blob_sha = d.sha)`;
}

/** Stores a document's sections; two processes may do so at once. */
export async function insertSections(
  sql: Sql,
  blobSha: string,
  sections: readonly SectionRow[],
): Promise<void> {
  await sql.begin(async (tx) => {
    for (const [ordinal, { startOffset, path, body }] of sections.entries()) {
      await tx`
        insert into document_sections (blob_sha, ordinal, start_offset, path, body)
        values (${blobSha}, ${ordinal}, ${startOffset}, ${path}, ${body}) on conflict do nothing`;
    }
  });
}

/** Forgets the sections of texts that are no branch's any more. */
export async function deleteOldSections(db: Db): Promise<void> {
  await db`
    delete from document_sections s
    where not exists (select 1 from branches b where b.blob_sha = s.blob_sha)`;
}

/** The query as Postgres has it, null when it asks for nothing; an open one ends with a word's beginning. */
export async function readQuery(
  db: Db,
  { query, isOpen }: Pick<ParsedSearch, "query" | "isOpen">,
): Promise<string | null> {
  const [row] = await db<{ query: string }[]>`
    select websearch_to_tsquery('simple', ${query})::text as query`;
  const read = row?.query ?? "";
  if (read === "") return null;
  return isOpen && read.endsWith("'") ? `${read}:*` : read;
}

/** A hit with the text around what was found, not yet an excerpt. */
export type FoundRow = Omit<SearchHit, "excerpt"> & { text: string };

/** How many of each kind match. */
export async function countFound(
  db: Db,
  query: string,
  rfcSlug: string | null,
): Promise<Record<FoundKind, number>> {
  const [row] = await db<Record<FoundKind, number>[]>`
    select
      (select count(*)::int from (${documents(db, query, rfcSlug)}) f) as document,
      (select count(*)::int from (${messages(db, query, rfcSlug)}) f) as message,
      (select count(*)::int from (${changes(db, query, rfcSlug)}) f) as change`;
  return row!;
}

export interface FoundPage {
  kinds: readonly FoundKind[];
  rfcSlug: string | null;
  /** Words near which the text is cut out. */
  terms: readonly string[];
  skip: number;
  take: number;
}

/** The best ones after the first `skip`. */
export async function listFound(db: Db, query: string, page: FoundPage): Promise<FoundRow[]> {
  const { kinds, rfcSlug, terms, skip, take } = page;
  const sources = { document: documents, message: messages, change: changes };
  const all = kinds
    .map((kind) => sources[kind](db, query, rfcSlug))
    .reduce((left, right) => db`${left} union all ${right}`);
  return db<FoundRow[]>`
    with found as (
      select * from (${all}) f order by rank desc, at desc nulls last, key limit ${take} offset ${skip}
    )
    select f.kind, f.rfc_slug, r.title as rfc_title, f.thread_id, f.message_id, f.change_id,
      f.change_number, f.change_state, f.author, f.section, f."offset", f.at,
      substr(f.body, greatest(1, coalesce(p.first, 1) - ${AROUND}), ${NEAR}) as text
    from found f join rfcs r on r.slug = f.rfc_slug
    left join lateral (
      select min(nullif(strpos(lower(f.body), term), 0)) as first from unnest(${[...terms]}::text[]) term
    ) p on true
    order by f.rank desc, f.at desc nulls last, f.key`;
}

/** Longer texts count less (1); what documents say counts more than what was said about them. */
const RANK = "ts_rank(search, q.query, 1)";

function documents(db: Db, query: string, rfcSlug: string | null) {
  return db`
    select 'document' as kind, r.slug as rfc_slug, null::uuid as thread_id, null::uuid as message_id,
      null::uuid as change_id, null::bigint as change_number, null::text as change_state,
      null::text as author, s.path as section, s.start_offset as "offset", null::timestamptz as at,
      s.body, 2 * ${db.unsafe(RANK)} as rank, r.slug || ' ' || s.ordinal as key
    from (select ${query}::tsquery as query) q,
      rfcs r join branches b on b.rfc_slug = r.slug and b.branch_name = r.default_branch
      join document_sections s on s.blob_sha = b.blob_sha
    where s.search @@ q.query and (${rfcSlug}::text is null or r.slug = ${rfcSlug})`;
}

function messages(db: Db, query: string, rfcSlug: string | null) {
  return db`
    select 'message' as kind, t.rfc_slug, t.id as thread_id, m.id as message_id,
      null::uuid as change_id, null::bigint as change_number, null::text as change_state,
      coalesce(u.display_name, m.model_id) as author, '{}'::text[] as section, null::int as "offset",
      m.created_at as at, left(m.text, 150000) || coalesce(E'\n' || left(m.quote, 40000), '') as body,
      ${db.unsafe(RANK)} as rank, m.id::text as key
    from (select ${query}::tsquery as query) q,
      thread_messages m join threads t on t.id = m.thread_id
      left join users u on u.id = m.author_user_id
    where m.search @@ q.query and (${rfcSlug}::text is null or t.rfc_slug = ${rfcSlug})`;
}

function changes(db: Db, query: string, rfcSlug: string | null) {
  return db`
    select 'change' as kind, c.rfc_slug, c.thread_id, null::uuid as message_id, c.id as change_id,
      c.number as change_number, c.state as change_state, u.display_name as author,
      array(select jsonb_array_elements_text(c.placement -> 'section')) as section,
      null::int as "offset", c.created_at as at,
      concat_ws(E'\n', nullif(left(c.reason, 40000), ''), nullif(left(c.proposed, 70000), ''),
        left(c.original, 70000)) as body,
      ${db.unsafe(RANK)} as rank, c.id::text as key
    from (select ${query}::tsquery as query) q,
      changes c left join users u on u.id = c.author_user_id
    where c.search @@ q.query and c.state <> 'withdrawn'
      and (${rfcSlug}::text is null or c.rfc_slug = ${rfcSlug})`;
}
