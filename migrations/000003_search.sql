-- Looking back and over: the order of a document's versions, full-text search, and what somebody has read.

-- The texts that a branch's document has had, in the order in which its tips were seen.
create table document_versions (
  rfc_slug text not null,
  branch_name text not null,
  seq bigint not null,
  blob_sha text not null references document_blobs,
  -- The tip that had it first; null for versions from before this was kept.
  head_sha text,
  seen_at timestamptz not null default now(),
  primary key (rfc_slug, branch_name, seq),
  foreign key (rfc_slug, branch_name) references branches on delete cascade
);
insert into document_versions (rfc_slug, branch_name, seq, blob_sha, head_sha, seen_at)
select rfc_slug, branch_name,
  row_number() over (partition by rfc_slug, branch_name order by is_tip, seen_at),
  blob_sha, head_sha, seen_at
from (
  select rfc_slug, branch_name, blob_sha, head_sha, synced_at as seen_at, true as is_tip from branches
  union all
  -- Accepted changes stay in the version that they were accepted in.
  select distinct c.rfc_slug, c.branch_name, d.sha, null, d.created_at, false
  from changes c join document_blobs d on d.sha = c.base_blob_sha
  join branches b using (rfc_slug, branch_name)
  where c.state = 'accepted' and d.sha <> b.blob_sha
) known;

-- A text as words with spaces between them, for search (`parse-search.ts` does the same to what is asked).
-- The server's own parser counts every sign outside of ASCII as a letter where the locale is C, and knows no
-- words in scripts without spaces: of these each character is a word.
create function search_words(body text) returns text
  language sql immutable parallel safe strict
  return regexp_replace(
    regexp_replace(body,
      '[\u0001-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u200b\u200e-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\ufe10-\ufe19\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee]+',
      ' ', 'g'),
    '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])',
    ' \1 ', 'g');

-- Words as they are written ('simple'): the texts are in many languages, and nothing says in which. What is
-- indexed is bounded because a tsvector holds 1 MB at the most; an answer is indexed when it is finished.
alter table thread_messages add column search tsvector generated always as (
  case when status <> 'streaming' and role <> 'system' then
    setweight(to_tsvector('simple', search_words(left(text, 150000))), 'A')
      || setweight(to_tsvector('simple', search_words(left(coalesce(quote, ''), 40000))), 'C')
  end) stored;
create index thread_messages_search on thread_messages using gin (search);

alter table changes add column search tsvector generated always as (
  setweight(to_tsvector('simple', search_words(left(reason, 40000))), 'A')
    || setweight(to_tsvector('simple', search_words(left(proposed, 70000))), 'B')
    || setweight(to_tsvector('simple', search_words(left(original, 70000))), 'C')) stored;
create index changes_search on changes using gin (search);

-- The sections of documents, made when somebody searches, for the versions that are tips then.
create table document_sections (
  blob_sha text not null references document_blobs on delete cascade,
  ordinal int not null,
  -- Of the section's first character, in UTF-16 units of the document.
  start_offset int not null,
  -- Headings above it, outermost first, its own included.
  path text[] not null,
  body text not null,
  search tsvector generated always as (
    setweight(to_tsvector('simple', search_words(body)), 'A')) stored,
  primary key (blob_sha, ordinal)
);
create index document_sections_search on document_sections using gin (search);

-- How far somebody has read a thread: what was answered since waits for them.
create table thread_reads (
  user_id uuid not null references users on delete cascade,
  thread_id uuid not null references threads on delete cascade,
  seq bigint not null,
  primary key (user_id, thread_id)
);

-- For the history of decisions, newest first, and for "which change did this commit".
create index changes_history on changes (rfc_slug, coalesce(decided_at, created_at) desc, number desc);
create index changes_commit on changes (rfc_slug, commit_sha) where commit_sha is not null;
