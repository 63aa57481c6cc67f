-- The schema that the migrations make, for readers and for review; it is not run.
-- Written by: UPDATE_SCHEMA=1 npx vitest run test/store/schema.test.ts

create table branches (
  rfc_slug text not null,
  branch_name text not null,
  head_sha text not null,
  blob_sha text not null,
  problem text,
  synced_at timestamp with time zone not null default now(),
  constraint branches_blob_sha_fkey FOREIGN KEY (blob_sha) REFERENCES document_blobs(sha),
  constraint branches_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint branches_pkey PRIMARY KEY (rfc_slug, branch_name)
);

create table changes (
  id uuid not null default gen_random_uuid(),
  rfc_slug text not null,
  number bigint not null,
  branch_name text not null,
  thread_id uuid not null,
  source_message_id uuid,
  turn_id uuid,
  attempt integer,
  ordinal integer,
  text_offset integer,
  kind text not null,
  author_user_id uuid,
  state text not null default 'pending'::text,
  original text not null,
  proposed text not null,
  reason text not null default ''::text,
  insert_after text,
  insert_before text,
  warnings text[] not null default '{}'::text[],
  certainty text not null,
  placement jsonb not null,
  base_blob_sha text not null,
  drift text not null default 'fresh'::text,
  stale_since timestamp with time zone,
  commit_sha text,
  failure text,
  created_at timestamp with time zone not null default now(),
  decided_at timestamp with time zone,
  search tsvector generated always as (((setweight(to_tsvector('simple'::regconfig, search_words("left"(reason, 40000))), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, search_words("left"(proposed, 70000))), 'B'::"char")) || setweight(to_tsvector('simple'::regconfig, search_words("left"(original, 70000))), 'C'::"char"))) stored,
  constraint changes_certainty_check CHECK ((certainty = ANY (ARRAY['certain'::text, 'high'::text, 'ask'::text, 'none'::text]))),
  constraint changes_check CHECK (((kind = 'ai'::text) = (turn_id IS NOT NULL))),
  constraint changes_check1 CHECK (((turn_id IS NULL) = (source_message_id IS NULL))),
  constraint changes_check2 CHECK ((((attempt IS NULL) = (ordinal IS NULL)) AND ((attempt IS NULL) OR (turn_id IS NOT NULL)))),
  constraint changes_check3 CHECK (((kind = 'manual'::text) = (author_user_id IS NOT NULL))),
  constraint changes_check4 CHECK (((state = 'accepted'::text) = (commit_sha IS NOT NULL))),
  constraint changes_check5 CHECK (((drift = 'stale'::text) = (stale_since IS NOT NULL))),
  constraint changes_drift_check CHECK ((drift = ANY (ARRAY['fresh'::text, 'rebased'::text, 'conflict'::text, 'moved'::text, 'stale'::text]))),
  constraint changes_kind_check CHECK ((kind = ANY (ARRAY['ai'::text, 'manual'::text]))),
  constraint changes_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'accepting'::text, 'accepted'::text, 'declined'::text, 'withdrawn'::text]))),
  constraint changes_author_user_id_fkey FOREIGN KEY (author_user_id) REFERENCES users(id),
  constraint changes_base_blob_sha_fkey FOREIGN KEY (base_blob_sha) REFERENCES document_blobs(sha),
  constraint changes_rfc_slug_branch_name_fkey FOREIGN KEY (rfc_slug, branch_name) REFERENCES branches(rfc_slug, branch_name) ON DELETE CASCADE,
  constraint changes_source_message_id_fkey FOREIGN KEY (source_message_id) REFERENCES thread_messages(id),
  constraint changes_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint changes_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turns(id),
  constraint changes_pkey PRIMARY KEY (id),
  constraint changes_rfc_slug_number_key UNIQUE (rfc_slug, number),
  constraint changes_turn_id_attempt_ordinal_key UNIQUE (turn_id, attempt, ordinal)
);
CREATE INDEX changes_commit ON public.changes USING btree (rfc_slug, commit_sha) WHERE (commit_sha IS NOT NULL);
CREATE INDEX changes_history ON public.changes USING btree (rfc_slug, COALESCE(decided_at, created_at) DESC, number DESC);
CREATE INDEX changes_live ON public.changes USING btree (rfc_slug, branch_name) WHERE (state = ANY (ARRAY['pending'::text, 'accepting'::text]));
CREATE INDEX changes_search ON public.changes USING gin (search);
CREATE INDEX changes_thread ON public.changes USING btree (thread_id, number);

create table decisions (
  id uuid not null default gen_random_uuid(),
  change_id uuid not null,
  user_id uuid not null,
  verdict text not null,
  reason text,
  outcome text not null,
  created_at timestamp with time zone not null default now(),
  constraint decisions_check CHECK (((verdict = 'decline'::text) = (outcome = 'declined'::text))),
  constraint decisions_outcome_check CHECK ((outcome = ANY (ARRAY['open'::text, 'committed'::text, 'returned'::text, 'declined'::text]))),
  constraint decisions_verdict_check CHECK ((verdict = ANY (ARRAY['accept'::text, 'decline'::text]))),
  constraint decisions_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id) ON DELETE CASCADE,
  constraint decisions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint decisions_pkey PRIMARY KEY (id)
);
CREATE INDEX decisions_change ON public.decisions USING btree (change_id, created_at);
CREATE UNIQUE INDEX decisions_one_standing ON public.decisions USING btree (change_id) WHERE (outcome <> 'returned'::text);

create table document_blobs (
  sha text not null,
  body text not null,
  created_at timestamp with time zone not null default now(),
  constraint document_blobs_pkey PRIMARY KEY (sha)
);

create table document_sections (
  blob_sha text not null,
  ordinal integer not null,
  start_offset integer not null,
  path text[] not null,
  body text not null,
  search tsvector generated always as (setweight(to_tsvector('simple'::regconfig, search_words(body)), 'A'::"char")) stored,
  constraint document_sections_blob_sha_fkey FOREIGN KEY (blob_sha) REFERENCES document_blobs(sha) ON DELETE CASCADE,
  constraint document_sections_pkey PRIMARY KEY (blob_sha, ordinal)
);
CREATE INDEX document_sections_search ON public.document_sections USING gin (search);

create table document_versions (
  rfc_slug text not null,
  branch_name text not null,
  seq bigint not null,
  blob_sha text not null,
  head_sha text,
  seen_at timestamp with time zone not null default now(),
  constraint document_versions_blob_sha_fkey FOREIGN KEY (blob_sha) REFERENCES document_blobs(sha),
  constraint document_versions_rfc_slug_branch_name_fkey FOREIGN KEY (rfc_slug, branch_name) REFERENCES branches(rfc_slug, branch_name) ON DELETE CASCADE,
  constraint document_versions_pkey PRIMARY KEY (rfc_slug, branch_name, seq)
);

create table identities (
  user_id uuid not null,
  platform text not null,
  workspace_id text not null default ''::text,
  platform_user_id text not null,
  constraint identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint identities_pkey PRIMARY KEY (platform, workspace_id, platform_user_id)
);
CREATE INDEX identities_user ON public.identities USING btree (user_id);

create table loose_blocks (
  id uuid not null default gen_random_uuid(),
  thread_id uuid not null,
  message_id uuid not null,
  turn_id uuid not null,
  attempt integer not null,
  ordinal integer not null,
  text_offset integer not null,
  kind text not null,
  code text,
  fields jsonb not null,
  state text not null default 'open'::text,
  change_id uuid,
  created_at timestamp with time zone not null default now(),
  constraint loose_blocks_check CHECK (((kind = 'malformed'::text) = (code IS NOT NULL))),
  constraint loose_blocks_check1 CHECK (((state = 'promoted'::text) = (change_id IS NOT NULL))),
  constraint loose_blocks_kind_check CHECK ((kind = ANY (ARRAY['malformed'::text, 'fenced'::text, 'unmarked'::text]))),
  constraint loose_blocks_state_check CHECK ((state = ANY (ARRAY['open'::text, 'promoted'::text, 'repaired'::text, 'withdrawn'::text]))),
  constraint loose_blocks_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id),
  constraint loose_blocks_message_id_fkey FOREIGN KEY (message_id) REFERENCES thread_messages(id),
  constraint loose_blocks_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint loose_blocks_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turns(id),
  constraint loose_blocks_pkey PRIMARY KEY (id),
  constraint loose_blocks_turn_id_attempt_ordinal_key UNIQUE (turn_id, attempt, ordinal)
);
CREATE INDEX loose_blocks_thread ON public.loose_blocks USING btree (thread_id);

create table outbox (
  id bigint not null generated always as identity,
  queue text not null,
  name text not null,
  data jsonb not null,
  dedup_key text,
  created_at timestamp with time zone not null default now(),
  constraint outbox_pkey PRIMARY KEY (id),
  constraint outbox_dedup_key_key UNIQUE (dedup_key)
);

create table rfcs (
  slug text not null,
  title text not null,
  repository text not null,
  path text not null,
  default_branch text not null,
  next_change_number bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  constraint rfcs_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9._-]{0,99}$'::text)),
  constraint rfcs_title_check CHECK ((title <> ''::text)),
  constraint rfcs_pkey PRIMARY KEY (slug),
  constraint rfcs_repository_path_default_branch_key UNIQUE (repository, path, default_branch)
);

create table schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamp with time zone not null default now(),
  constraint schema_migrations_pkey PRIMARY KEY (version)
);

create table thread_events (
  thread_id uuid not null,
  seq bigint not null,
  kind text not null,
  turn_id uuid,
  payload jsonb not null,
  created_at timestamp with time zone not null default now(),
  constraint thread_events_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint thread_events_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turns(id),
  constraint thread_events_pkey PRIMARY KEY (thread_id, seq)
);
CREATE INDEX thread_events_turn ON public.thread_events USING btree (turn_id, seq) WHERE (turn_id IS NOT NULL);

create table thread_messages (
  id uuid not null default gen_random_uuid(),
  thread_id uuid not null,
  seq bigint not null,
  role text not null,
  author_user_id uuid,
  model_id text,
  text text not null,
  quote text,
  turn_id uuid,
  status text not null default 'complete'::text,
  dedup_key text,
  created_at timestamp with time zone not null default now(),
  search tsvector generated always as (
CASE
    WHEN ((status <> 'streaming'::text) AND (role <> 'system'::text)) THEN (setweight(to_tsvector('simple'::regconfig, search_words("left"(text, 150000))), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, search_words("left"(COALESCE(quote, ''::text), 40000))), 'C'::"char"))
    ELSE NULL::tsvector
END) stored,
  constraint thread_messages_check CHECK (((role = 'user'::text) = (author_user_id IS NOT NULL))),
  constraint thread_messages_check1 CHECK (((role = 'assistant'::text) = (model_id IS NOT NULL))),
  constraint thread_messages_check2 CHECK (((role <> 'assistant'::text) OR (turn_id IS NOT NULL))),
  constraint thread_messages_check3 CHECK (((role = 'assistant'::text) OR (status = 'complete'::text))),
  constraint thread_messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text, 'system'::text]))),
  constraint thread_messages_status_check CHECK ((status = ANY (ARRAY['streaming'::text, 'complete'::text, 'cut'::text, 'stopped'::text, 'failed'::text]))),
  constraint thread_messages_author_user_id_fkey FOREIGN KEY (author_user_id) REFERENCES users(id),
  constraint thread_messages_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint thread_messages_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turns(id),
  constraint thread_messages_pkey PRIMARY KEY (id),
  constraint thread_messages_thread_id_seq_key UNIQUE (thread_id, seq)
);
CREATE UNIQUE INDEX thread_messages_answer ON public.thread_messages USING btree (turn_id) WHERE (role = 'assistant'::text);
CREATE UNIQUE INDEX thread_messages_dedup ON public.thread_messages USING btree (thread_id, dedup_key) WHERE (dedup_key IS NOT NULL);
CREATE INDEX thread_messages_search ON public.thread_messages USING gin (search);

create table thread_reads (
  user_id uuid not null,
  thread_id uuid not null,
  seq bigint not null,
  constraint thread_reads_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint thread_reads_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint thread_reads_pkey PRIMARY KEY (user_id, thread_id)
);

create table threads (
  id uuid not null default gen_random_uuid(),
  rfc_slug text not null,
  branch_name text not null,
  thread_kind text not null,
  state text not null default 'open'::text,
  title text,
  model_id text,
  anchor jsonb,
  anchor_blob_sha text,
  anchor_stale_since timestamp with time zone,
  created_by uuid,
  created_at timestamp with time zone not null default now(),
  message_seq bigint not null default 0,
  event_seq bigint not null default 0,
  ready_at timestamp with time zone,
  lease_owner text,
  lease_until timestamp with time zone,
  lease_epoch bigint not null default 0,
  constraint threads_check CHECK (((thread_kind = ANY (ARRAY['range'::text, 'paragraph'::text])) = (anchor IS NOT NULL))),
  constraint threads_check1 CHECK (((anchor IS NULL) = (anchor_blob_sha IS NULL))),
  constraint threads_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text]))),
  constraint threads_thread_kind_check CHECK ((thread_kind = ANY (ARRAY['discussion'::text, 'range'::text, 'paragraph'::text, 'review'::text]))),
  constraint threads_anchor_blob_sha_fkey FOREIGN KEY (anchor_blob_sha) REFERENCES document_blobs(sha),
  constraint threads_created_by_fkey FOREIGN KEY (created_by) REFERENCES users(id),
  constraint threads_rfc_slug_branch_name_fkey FOREIGN KEY (rfc_slug, branch_name) REFERENCES branches(rfc_slug, branch_name) ON DELETE CASCADE,
  constraint threads_pkey PRIMARY KEY (id)
);
CREATE INDEX threads_branch ON public.threads USING btree (rfc_slug, branch_name);
CREATE INDEX threads_ready ON public.threads USING btree (ready_at) WHERE (ready_at IS NOT NULL);

create table turns (
  id uuid not null default gen_random_uuid(),
  thread_id uuid not null,
  state text not null default 'queued'::text,
  model_id text,
  attempt integer not null default 0,
  cancel_requested_at timestamp with time zone,
  error text,
  error_id text,
  usage jsonb,
  retry_of uuid,
  created_at timestamp with time zone not null default now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  constraint turns_check CHECK (((state = 'failed'::text) = (error IS NOT NULL))),
  constraint turns_check1 CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL))),
  constraint turns_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text]))),
  constraint turns_retry_of_fkey FOREIGN KEY (retry_of) REFERENCES turns(id),
  constraint turns_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint turns_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX turns_one_queued ON public.turns USING btree (thread_id) WHERE (state = 'queued'::text);
CREATE UNIQUE INDEX turns_one_running ON public.turns USING btree (thread_id) WHERE (state = 'running'::text);
CREATE UNIQUE INDEX turns_retried_once ON public.turns USING btree (retry_of) WHERE (retry_of IS NOT NULL);
CREATE INDEX turns_thread ON public.turns USING btree (thread_id, created_at);

create table users (
  id uuid not null default gen_random_uuid(),
  display_name text not null,
  email text,
  created_at timestamp with time zone not null default now(),
  constraint users_display_name_check CHECK ((display_name <> ''::text)),
  constraint users_pkey PRIMARY KEY (id)
);

CREATE OR REPLACE FUNCTION public.search_words(body text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN regexp_replace(regexp_replace(body, '[\u0001-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u200b\u200e-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\ufe10-\ufe19\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee]+'::text, ' '::text, 'g'::text), '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])'::text, ' \1 '::text, 'g'::text);
