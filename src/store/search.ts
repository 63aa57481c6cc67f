import type { FoundKind, SearchHit } from "../rfcs/insight.ts";
import type { Db, Sql } from "./database.ts";
import type { Sight } from "./sight.ts";
import { seesRfc, seesThread, seesThreadOf } from "./sight.ts";

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

/** The query as Postgres has it; null when it asks for nothing. */
export async function readQuery(db: Db, query: string): Promise<string | null> {
  const [row] = await db<{ query: string }[]>`
    select websearch_to_tsquery('simple', ${query})::text as query`;
  return row?.query || null;
}

/** For each word those of its possible forms that English takes for the same word, stop words aside. */
export async function listSameWords(
  db: Db,
  forms: ReadonlyMap<string, readonly string[]>,
): Promise<Map<string, string[]>> {
  const pairs = [...forms].flatMap(([word, all]) => all.map((form) => ({ word, form })));
  const rows = await db<{ word: string; forms: string[] }[]>`
    select word, array_agg(form order by form) as forms
    from unnest(${pairs.map(({ word }) => word)}::text[], ${pairs.map(({ form }) => form)}::text[])
      as possible (word, form)
    where ts_lexize('english_stem', form) = ts_lexize('english_stem', word)
      and ts_lexize('english_stem', word) <> '{}'
    group by word`;
  return new Map(rows.map(({ word, forms: same }) => [word, same]));
}

/** A hit with the text around what was found, not yet an excerpt. */
export type FoundRow = Omit<SearchHit, "excerpt"> & { text: string };

/** What is searched. */
interface Within {
  /** Null: all of them. */
  rfcSlug: string | null;
  sight: Sight;
}

/** How many of each kind match. */
export async function countFound(
  db: Db,
  query: string,
  within: Within,
): Promise<Record<FoundKind, number>> {
  const [row] = await db<Record<FoundKind, number>[]>`
    select
      (select count(*)::int from (${documents(db, query, within)}) f) as document,
      (select count(*)::int from (${messages(db, query, within)}) f) as message,
      (select count(*)::int from (${changes(db, query, within)}) f) as change`;
  return row!;
}

export interface FoundPage extends Within {
  kinds: readonly FoundKind[];
  /** Words near which the text is cut out. */
  terms: readonly string[];
  skip: number;
  take: number;
}

/** The best ones after the first `skip`. */
export async function listFound(db: Db, query: string, page: FoundPage): Promise<FoundRow[]> {
  const { kinds, terms, skip, take } = page;
  const sources = { document: documents, message: messages, change: changes };
  const all = kinds
    .map((kind) => sources[kind](db, query, page))
    .reduce((left, right) => db`${left} union all ${right}`);
  return db<FoundRow[]>`
    with found as (
      select * from (${all}) f order by rank desc, at desc nulls last, key limit ${take} offset ${skip}
    )
    select f.kind, f.rfc_slug, r.title as rfc_title, f.thread_id, f.message_id, f.change_id,
      c.number as change_number, c.state as change_state,
      coalesce(u.display_name, m.model_id) as author,
      coalesce(s.path, array(select jsonb_array_elements_text(c.placement -> 'section'))) as section,
      s.start_offset as "offset", f.at,
      substr(b.body, greatest(1, coalesce(p.first, 1) - ${AROUND}), ${NEAR}) as text
    from found f join rfcs r on r.slug = f.rfc_slug
    left join document_sections s on s.blob_sha = f.blob_sha and s.ordinal = f.ordinal
    left join thread_messages m on m.id = f.message_id
    left join changes c on c.id = f.change_id
    left join users u on u.id = coalesce(m.author_user_id, c.author_user_id)
    cross join lateral (
      select coalesce(s.body, m.text || coalesce(E'\n' || m.quote, ''),
        concat_ws(E'\n', nullif(c.reason, ''), nullif(c.proposed, ''), c.original)) as body
    ) b
    left join lateral (
      select min(nullif(strpos(lower(b.body), term), 0)) as first from unnest(${[...terms]}::text[]) term
    ) p on true
    order by f.rank desc, f.at desc nulls last, f.key`;
}

/** Longer texts count less (1); what documents say counts more than what was said about them. */
const rank = (db: Db, query: string) => db`ts_rank(search, ${query}::tsquery, 1)`;

function documents(db: Db, query: string, { rfcSlug, sight }: Within) {
  return db`
    select 'document' as kind, r.slug as rfc_slug, null::uuid as thread_id, null::uuid as message_id,
      null::uuid as change_id, s.blob_sha, s.ordinal, null::timestamptz as at,
      2 * ${rank(db, query)} as rank, r.slug || ' ' || s.ordinal as key
    from rfcs r join branches b on b.rfc_slug = r.slug and b.branch_name = r.default_branch
      join document_sections s on s.blob_sha = b.blob_sha
    where s.search @@ ${query}::tsquery and (${rfcSlug}::text is null or r.slug = ${rfcSlug})
      and ${seesRfc(db, sight, db`r.slug`)}`;
}

function messages(db: Db, query: string, { rfcSlug, sight }: Within) {
  return db`
    select 'message' as kind, t.rfc_slug, t.id as thread_id, m.id as message_id,
      null::uuid as change_id, null::text as blob_sha, null::int as ordinal, m.created_at as at,
      ${rank(db, query)} as rank, m.id::text as key
    from thread_messages m join threads t on t.id = m.thread_id
    where m.search @@ ${query}::tsquery and (${rfcSlug}::text is null or t.rfc_slug = ${rfcSlug})
      and ${seesThread(db, sight)}`;
}

function changes(db: Db, query: string, { rfcSlug, sight }: Within) {
  return db`
    select 'change' as kind, c.rfc_slug, c.thread_id, null::uuid as message_id, c.id as change_id,
      null::text as blob_sha, null::int as ordinal, c.created_at as at,
      ${rank(db, query)} as rank, c.id::text as key
    from changes c
    where c.search @@ ${query}::tsquery and c.state <> 'withdrawn'
      and (${rfcSlug}::text is null or c.rfc_slug = ${rfcSlug})
      and ${seesThreadOf(db, sight, db`c.thread_id`)}`;
}
