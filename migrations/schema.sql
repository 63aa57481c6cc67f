-- The schema that the migrations make, for readers and for review; it is not run.
-- Written by: UPDATE_SCHEMA=1 npx vitest run test/store/schema.test.ts

create table allowed_models (
  share text not null,
  pattern text not null,
  constraint allowed_models_pkey PRIMARY KEY (share, pattern)
);

create table answer_stop (
  is_stopped boolean not null default true,
  reason text,
  since timestamp with time zone not null default now(),
  constraint answer_stop_is_stopped_check CHECK (is_stopped),
  constraint answer_stop_pkey PRIMARY KEY (is_stopped)
);

create table audit_entries (
  id bigint not null generated always as identity,
  at timestamp with time zone not null default now(),
  user_id uuid,
  act text not null,
  door text not null,
  rfc_slug text,
  subject text,
  outcome text not null,
  why text not null,
  event_key text,
  constraint audit_entries_outcome_check CHECK ((outcome = 'refused'::text)),
  constraint audit_entries_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint audit_entries_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE SET NULL,
  constraint audit_entries_pkey PRIMARY KEY (id),
  constraint audit_entries_event_key_key UNIQUE (event_key)
);
CREATE INDEX audit_entries_age ON public.audit_entries USING brin (at) WITH (autosummarize='on');
CREATE INDEX audit_entries_rfc ON public.audit_entries USING btree (rfc_slug, id DESC);
CREATE INDEX audit_entries_strangers ON public.audit_entries USING btree (at) WHERE (user_id IS NULL);

create table branches (
  rfc_slug text not null,
  branch_name text not null,
  head_sha text not null,
  blob_sha text not null,
  problem text,
  synced_at timestamp with time zone not null default now(),
  path text,
  host_ref text,
  constraint branches_blob_sha_fkey FOREIGN KEY (blob_sha) REFERENCES document_blobs(sha),
  constraint branches_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint branches_pkey PRIMARY KEY (rfc_slug, branch_name)
);

create table budget_limits (
  scope text not null,
  scope_id text not null,
  unit text not null,
  period text not null,
  amount bigint,
  constraint budget_limits_amount_check CHECK ((amount >= 0)),
  constraint budget_limits_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text]))),
  constraint budget_limits_scope_check CHECK ((scope = ANY (ARRAY['workspace'::text, 'person'::text]))),
  constraint budget_limits_unit_check CHECK ((unit = ANY (ARRAY['tokens'::text, 'usd'::text]))),
  constraint budget_limits_pkey PRIMARY KEY (scope, scope_id, unit, period)
);

create table budget_warnings (
  scope text not null,
  scope_id text not null,
  unit text not null,
  period text not null,
  begins date not null,
  amount bigint not null,
  constraint budget_warnings_pkey PRIMARY KEY (scope, scope_id, unit, period, begins, amount)
);

create table cached_prs (
  rfc_slug text not null,
  pr_number integer not null,
  branch_name text not null,
  title text not null,
  url text not null,
  state text not null,
  head_branch text not null,
  head_repository text,
  head_sha text not null,
  base_branch text not null,
  base_sha text not null,
  merged_by text,
  closed_at timestamp with time zone,
  ended_at timestamp with time zone,
  read_only text,
  summarised_for timestamp with time zone,
  first_seen_at timestamp with time zone not null default now(),
  seen_at timestamp with time zone not null default now(),
  constraint cached_prs_check CHECK (((state = 'open'::text) = (closed_at IS NULL))),
  constraint cached_prs_check1 CHECK (((state = 'open'::text) = (ended_at IS NULL))),
  constraint cached_prs_state_check CHECK ((state = ANY (ARRAY['open'::text, 'merged'::text, 'closed'::text]))),
  constraint cached_prs_rfc_slug_branch_name_fkey FOREIGN KEY (rfc_slug, branch_name) REFERENCES branches(rfc_slug, branch_name) ON DELETE CASCADE,
  constraint cached_prs_pkey PRIMARY KEY (rfc_slug, pr_number)
);
CREATE INDEX cached_prs_branch ON public.cached_prs USING btree (rfc_slug, branch_name);

create table call_slots (
  key text not null,
  next_at timestamp with time zone not null,
  constraint call_slots_pkey PRIMARY KEY (key)
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
  suggestion_asked_at timestamp with time zone,
  commit_after timestamp with time zone,
  search tsvector generated always as (((setweight(to_tsvector('simple'::regconfig, search_words("left"(reason, 40000))), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, search_words("left"(proposed, 70000))), 'B'::"char")) || setweight(to_tsvector('simple'::regconfig, search_words("left"(original, 70000))), 'C'::"char"))) stored,
  dedup_key text,
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
CREATE INDEX changes_by_hand ON public.changes USING btree (author_user_id, created_at) WHERE (kind = 'manual'::text);
CREATE INDEX changes_commit ON public.changes USING btree (rfc_slug, commit_sha) WHERE (commit_sha IS NOT NULL);
CREATE UNIQUE INDEX changes_dedup ON public.changes USING btree (thread_id, dedup_key);
CREATE INDEX changes_history ON public.changes USING btree (rfc_slug, COALESCE(decided_at, created_at) DESC, number DESC);
CREATE INDEX changes_lately ON public.changes USING btree (GREATEST(created_at, decided_at), number);
CREATE INDEX changes_live ON public.changes USING btree (rfc_slug, branch_name) WHERE (state = ANY (ARRAY['pending'::text, 'accepting'::text]));
CREATE INDEX changes_search ON public.changes USING gin (search);
CREATE INDEX changes_thread ON public.changes USING btree (thread_id, number);
CREATE INDEX changes_to_decide ON public.changes USING btree (created_at, number) WHERE ((state = 'pending'::text) AND (drift <> 'stale'::text));

create table chat_messages (
  platform text not null,
  workspace_id text not null,
  place text not null,
  platform_message_id text not null,
  taken_as text,
  message_id uuid,
  early_edit text,
  early_quote text,
  hinted_person text,
  deleted_at timestamp with time zone,
  edit_told boolean not null default false,
  constraint chat_messages_check CHECK (((NOT (taken_as IS DISTINCT FROM 'message'::text)) = (message_id IS NOT NULL))),
  constraint chat_messages_taken_as_check CHECK ((taken_as = ANY (ARRAY['message'::text, 'command'::text, 'hint'::text]))),
  constraint chat_messages_message_id_fkey FOREIGN KEY (message_id) REFERENCES thread_messages(id) ON DELETE CASCADE,
  constraint chat_messages_pkey PRIMARY KEY (platform, workspace_id, place, platform_message_id)
);
CREATE INDEX chat_messages_message ON public.chat_messages USING btree (message_id);

create table command_counts (
  user_id uuid not null,
  since timestamp with time zone not null default now(),
  given integer not null default 1,
  constraint command_counts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint command_counts_pkey PRIMARY KEY (user_id)
);

create table concern_comments (
  rfc_slug text not null,
  pr_number integer not null,
  comment_id text not null,
  shown text not null,
  constraint concern_comments_rfc_slug_pr_number_fkey FOREIGN KEY (rfc_slug, pr_number) REFERENCES cached_prs(rfc_slug, pr_number) ON DELETE CASCADE,
  constraint concern_comments_pkey PRIMARY KEY (rfc_slug, pr_number)
);

create table concerns (
  id uuid not null default gen_random_uuid(),
  rfc_slug text not null,
  branch_name text not null,
  number integer not null,
  thread_id uuid not null,
  author_user_id uuid not null,
  text text not null,
  state text not null default 'open'::text,
  anchor jsonb,
  anchor_blob_sha text,
  anchor_stale_since timestamp with time zone,
  asked_for_blob text,
  settled_by uuid,
  settled_why text,
  settled_at timestamp with time zone,
  dedup_key text,
  created_at timestamp with time zone not null default now(),
  constraint concerns_check CHECK (((anchor IS NULL) = (anchor_blob_sha IS NULL))),
  constraint concerns_check1 CHECK (((state = 'open'::text) = (settled_at IS NULL))),
  constraint concerns_state_check CHECK ((state = ANY (ARRAY['open'::text, 'resolved'::text, 'withdrawn'::text]))),
  constraint concerns_anchor_blob_sha_fkey FOREIGN KEY (anchor_blob_sha) REFERENCES document_blobs(sha),
  constraint concerns_author_user_id_fkey FOREIGN KEY (author_user_id) REFERENCES users(id),
  constraint concerns_rfc_slug_branch_name_fkey FOREIGN KEY (rfc_slug, branch_name) REFERENCES branches(rfc_slug, branch_name) ON DELETE CASCADE,
  constraint concerns_settled_by_fkey FOREIGN KEY (settled_by) REFERENCES users(id),
  constraint concerns_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint concerns_pkey PRIMARY KEY (id),
  constraint concerns_rfc_slug_number_key UNIQUE (rfc_slug, number)
);
CREATE UNIQUE INDEX concerns_dedup ON public.concerns USING btree (thread_id, dedup_key) WHERE (dedup_key IS NOT NULL);
CREATE INDEX concerns_open ON public.concerns USING btree (rfc_slug, branch_name) WHERE (state = 'open'::text);

create table connected_accounts (
  user_id uuid not null,
  account_id text not null,
  login text not null,
  sealed text not null,
  connected_at timestamp with time zone not null default now(),
  confirmed_at timestamp with time zone not null default now(),
  joinable_until timestamp with time zone,
  constraint connected_accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint connected_accounts_pkey PRIMARY KEY (user_id)
);

create table connection_requests (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  platform text not null,
  workspace_id text not null,
  platform_user_id text not null,
  reply jsonb not null,
  created_at timestamp with time zone not null default now(),
  lease_until timestamp with time zone not null,
  constraint connection_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint connection_requests_pkey PRIMARY KEY (id),
  constraint connection_requests_platform_workspace_id_platform_user_id_key UNIQUE (platform, workspace_id, platform_user_id)
);

create table database_clock (
  is_only boolean not null default true,
  seen_at timestamp with time zone not null,
  constraint database_clock_is_only_check CHECK (is_only),
  constraint database_clock_pkey PRIMARY KEY (is_only)
);

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

create table deliveries (
  id uuid not null default gen_random_uuid(),
  link_id uuid not null,
  subject_id uuid not null,
  segment integer not null default 0,
  state text not null default 'pending'::text,
  platform_message_id text,
  created_at timestamp with time zone not null default now(),
  sent_at timestamp with time zone,
  kind text not null default 'answer'::text,
  text_from integer not null default 0,
  text_to integer,
  attempt integer not null default 0,
  shown text not null default ''::text,
  begun_at timestamp with time zone,
  choices jsonb,
  page integer not null default 0,
  replaced text[] not null default '{}'::text[],
  replaces_url text,
  essence text not null default ''::text,
  post_key uuid,
  edition text not null default ''::text,
  constraint deliveries_kind_check CHECK ((kind = ANY (ARRAY['answer'::text, 'note'::text, 'card'::text, 'list'::text, 'remark'::text, 'merge'::text]))),
  constraint deliveries_known CHECK (((state <> ALL (ARRAY['live'::text, 'sent'::text])) OR (platform_message_id IS NOT NULL))),
  constraint deliveries_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'posting'::text, 'live'::text, 'sent'::text, 'removed'::text]))),
  constraint deliveries_link_id_fkey FOREIGN KEY (link_id) REFERENCES thread_links(id) ON DELETE CASCADE,
  constraint deliveries_pkey PRIMARY KEY (id),
  constraint deliveries_subject UNIQUE (link_id, kind, subject_id, segment)
);
CREATE INDEX deliveries_platform_message ON public.deliveries USING btree (platform_message_id) WHERE (platform_message_id IS NOT NULL);

create table discussed_messages (
  ref uuid not null default gen_random_uuid(),
  platform text not null,
  workspace_id text not null,
  place text not null,
  person_id text not null,
  text text not null,
  private boolean not null,
  public boolean not null,
  created_at timestamp with time zone not null default now(),
  constraint discussed_messages_pkey PRIMARY KEY (ref)
);

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

create table former_users (
  id uuid not null,
  user_id uuid not null,
  constraint former_users_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint former_users_pkey PRIMARY KEY (id)
);
CREATE INDEX former_users_user ON public.former_users USING btree (user_id);

create table identities (
  user_id uuid not null,
  platform text not null,
  workspace_id text not null default ''::text,
  platform_user_id text not null,
  display_name text,
  time_zone text,
  seen_at timestamp with time zone not null default now(),
  unreachable_since timestamp with time zone,
  unreachable_why text,
  constraint identities_check CHECK (((unreachable_since IS NULL) = (unreachable_why IS NULL))),
  constraint identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint identities_pkey PRIMARY KEY (platform, workspace_id, platform_user_id)
);
CREATE UNIQUE INDEX identities_account ON public.identities USING btree (user_id) WHERE (platform = 'github'::text);
CREATE INDEX identities_user ON public.identities USING btree (user_id);

create table inbox (
  id bigint not null generated always as identity,
  source text not null,
  event_id text not null,
  kind text not null,
  subject text not null,
  payload jsonb not null,
  received_at timestamp with time zone not null default now(),
  state text not null default 'noted'::text,
  lane text not null default ''::text,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  lease_until timestamp with time zone,
  lease_epoch integer not null default 0,
  error_id text,
  traceparent text,
  constraint inbox_state_check CHECK ((state = ANY (ARRAY['noted'::text, 'waiting'::text, 'done'::text, 'failed'::text]))),
  constraint inbox_pkey PRIMARY KEY (id),
  constraint inbox_source_event_id_key UNIQUE (source, event_id)
);
CREATE INDEX inbox_ended ON public.inbox USING btree (received_at) WHERE (state <> 'waiting'::text);
CREATE INDEX inbox_subject ON public.inbox USING btree (source, subject, received_at);
CREATE INDEX inbox_waiting ON public.inbox USING btree (source, lane, id) WHERE (state = 'waiting'::text);
CREATE INDEX inbox_waiting_order ON public.inbox USING btree (source, id) WHERE (state = 'waiting'::text);

create table installations (
  platform text not null,
  workspace_id text not null,
  sealed text not null,
  installed_at timestamp with time zone not null default now(),
  constraint installations_platform_workspace_id_fkey FOREIGN KEY (platform, workspace_id) REFERENCES workspaces(platform, workspace_id) ON DELETE CASCADE,
  constraint installations_pkey PRIMARY KEY (platform, workspace_id)
);

create table limit_notices (
  user_id uuid not null,
  until timestamp with time zone not null,
  constraint limit_notices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint limit_notices_pkey PRIMARY KEY (user_id)
);

create table link_invitations (
  code_hash text not null,
  thread_id uuid not null,
  link_id uuid,
  invited_by uuid,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint link_invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES users(id) ON DELETE SET NULL,
  constraint link_invitations_link_id_fkey FOREIGN KEY (link_id) REFERENCES thread_links(id) ON DELETE CASCADE,
  constraint link_invitations_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint link_invitations_pkey PRIMARY KEY (code_hash)
);

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

create table maintainer_roles (
  platform text not null,
  workspace_id text not null,
  role_id text not null,
  name text not null,
  added_by uuid,
  created_at timestamp with time zone not null default now(),
  constraint maintainer_roles_added_by_fkey FOREIGN KEY (added_by) REFERENCES users(id),
  constraint maintainer_roles_pkey PRIMARY KEY (platform, workspace_id, role_id)
);

create table maintainers (
  platform text not null,
  workspace_id text not null,
  user_id uuid not null,
  added_by uuid,
  created_at timestamp with time zone not null default now(),
  constraint maintainers_added_by_fkey FOREIGN KEY (added_by) REFERENCES users(id),
  constraint maintainers_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint maintainers_pkey PRIMARY KEY (platform, workspace_id, user_id)
);

create table merge_proposals (
  id uuid not null default gen_random_uuid(),
  rfc_slug text not null,
  branch_name text not null,
  pr_number integer,
  thread_id uuid not null,
  proposed_by uuid not null,
  state text not null default 'open'::text,
  wait_days integer not null,
  created_at timestamp with time zone not null default now(),
  ends_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  posted_at timestamp with time zone,
  dedup_key text,
  constraint merge_proposals_check CHECK (((state = 'open'::text) = (settled_at IS NULL))),
  constraint merge_proposals_state_check CHECK ((state = ANY (ARRAY['open'::text, 'agreed'::text, 'withdrawn'::text, 'ended'::text]))),
  constraint merge_proposals_wait_days_check CHECK ((wait_days >= 0)),
  constraint merge_proposals_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES users(id),
  constraint merge_proposals_rfc_slug_branch_name_fkey FOREIGN KEY (rfc_slug, branch_name) REFERENCES branches(rfc_slug, branch_name) ON DELETE CASCADE,
  constraint merge_proposals_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint merge_proposals_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX merge_proposals_dedup ON public.merge_proposals USING btree (thread_id, dedup_key) WHERE (dedup_key IS NOT NULL);
CREATE UNIQUE INDEX merge_proposals_open ON public.merge_proposals USING btree (rfc_slug, branch_name) WHERE (state = 'open'::text);
CREATE INDEX merge_proposals_thread ON public.merge_proposals USING btree (thread_id);

create table merge_words (
  proposal_id uuid not null,
  user_id uuid not null,
  word text,
  said_at timestamp with time zone,
  constraint merge_words_check CHECK (((word IS NULL) = (said_at IS NULL))),
  constraint merge_words_word_check CHECK ((word = ANY (ARRAY['agree'::text, 'object'::text]))),
  constraint merge_words_proposal_id_fkey FOREIGN KEY (proposal_id) REFERENCES merge_proposals(id) ON DELETE CASCADE,
  constraint merge_words_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
  constraint merge_words_pkey PRIMARY KEY (proposal_id, user_id)
);

create table mutes (
  user_id uuid not null,
  rfc_slug text not null,
  thread_id uuid,
  created_at timestamp with time zone not null default now(),
  constraint mutes_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint mutes_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint mutes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint mutes_user_id_rfc_slug_thread_id_key UNIQUE NULLS NOT DISTINCT (user_id, rfc_slug, thread_id)
);
CREATE INDEX mutes_rfc ON public.mutes USING btree (rfc_slug);

create table notification_settings (
  user_id uuid not null,
  digest text not null default 'daily'::text,
  time_zone text,
  direct boolean not null default true,
  digest_due_at timestamp with time zone,
  direct_after timestamp with time zone,
  constraint notification_settings_digest_check CHECK ((digest = ANY (ARRAY['hourly'::text, 'daily'::text, 'off'::text]))),
  constraint notification_settings_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint notification_settings_pkey PRIMARY KEY (user_id)
);
CREATE INDEX notification_settings_due ON public.notification_settings USING btree (digest_due_at);

create table notifications (
  id bigint not null generated always as identity,
  user_id uuid not null,
  kind text not null,
  category text not null,
  subject text not null,
  rfc_slug text not null,
  thread_id uuid,
  message_id uuid,
  change_id uuid,
  pr_number integer,
  created_at timestamp with time zone not null default now(),
  read_at timestamp with time zone,
  told_at timestamp with time zone,
  told_in uuid,
  constraint notifications_category_check CHECK ((category = ANY (ARRAY['personal-direct'::text, 'churn'::text]))),
  constraint notifications_kind_check CHECK ((kind = ANY (ARRAY['chat_reply_to_my_message'::text, 'chat_message_in_participated_thread'::text, 'change_accepted'::text, 'change_declined'::text, 'change_stale'::text, 'change_conflicted'::text, 'decision_requested'::text, 'rfc_merged'::text, 'rfc_closed'::text, 'concern_passage_changed'::text, 'concern_settled'::text, 'merge_word_requested'::text, 'merge_settled'::text]))),
  constraint notifications_pkey PRIMARY KEY (user_id, id),
  constraint notifications_subject_user_id_kind_key UNIQUE (subject, user_id, kind)
);
CREATE INDEX notifications_age ON public.notifications USING brin (created_at) WITH (autosummarize='on');
CREATE INDEX notifications_told ON public.notifications USING btree (told_in) WHERE (told_in IS NOT NULL);
CREATE INDEX notifications_untold ON public.notifications USING btree (category, user_id) WHERE (told_at IS NULL);

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

create table overview_visits (
  user_id uuid not null,
  platform text not null,
  workspace_id text not null,
  seen_at timestamp with time zone not null default now(),
  constraint overview_visits_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint overview_visits_pkey PRIMARY KEY (user_id, platform, workspace_id)
);

create table owed_answers (
  event_key text not null,
  markdown text not null,
  created_at timestamp with time zone not null default now(),
  constraint owed_answers_pkey PRIMARY KEY (event_key)
);

create table place_looks (
  link_id uuid not null,
  due_at timestamp with time zone not null default now(),
  asked bigint not null default 0,
  failures integer not null default 0,
  problem text,
  lease_owner text,
  lease_until timestamp with time zone,
  lease_epoch bigint not null default 0,
  constraint place_looks_link_id_fkey FOREIGN KEY (link_id) REFERENCES thread_links(id) ON DELETE CASCADE,
  constraint place_looks_pkey PRIMARY KEY (link_id)
);
CREATE INDEX place_looks_due ON public.place_looks USING btree (due_at);

create table private_messages (
  id uuid not null default gen_random_uuid(),
  user_id uuid not null,
  platform text not null,
  workspace_id text not null,
  platform_user_id text not null,
  kind text not null,
  markdown text not null,
  state text not null default 'pending'::text,
  attempts integer not null default 0,
  due_at timestamp with time zone not null default now(),
  lease_until timestamp with time zone,
  lease_epoch integer not null default 0,
  platform_message_id text,
  failure text,
  created_at timestamp with time zone not null default now(),
  sent_at timestamp with time zone,
  constraint private_messages_kind_check CHECK ((kind = ANY (ARRAY['direct'::text, 'digest'::text]))),
  constraint private_messages_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sending'::text, 'sent'::text, 'failed'::text]))),
  constraint private_messages_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint private_messages_pkey PRIMARY KEY (id)
);
CREATE INDEX private_messages_due ON public.private_messages USING btree (kind DESC, due_at) WHERE (state = ANY (ARRAY['pending'::text, 'sending'::text]));
CREATE INDEX private_messages_person ON public.private_messages USING btree (user_id);

create table pull_request_comments (
  rfc_slug text not null,
  pr_number integer not null,
  comment_id text not null,
  message_id uuid,
  reply_to text,
  updated_at timestamp with time zone not null,
  constraint pull_request_comments_message_id_fkey FOREIGN KEY (message_id) REFERENCES thread_messages(id) ON DELETE CASCADE,
  constraint pull_request_comments_rfc_slug_pr_number_fkey FOREIGN KEY (rfc_slug, pr_number) REFERENCES cached_prs(rfc_slug, pr_number) ON DELETE CASCADE,
  constraint pull_request_comments_pkey PRIMARY KEY (rfc_slug, pr_number, comment_id)
);
CREATE UNIQUE INDEX pull_request_comments_message ON public.pull_request_comments USING btree (message_id) WHERE (message_id IS NOT NULL);

create table pull_request_looks (
  rfc_slug text not null,
  branch_name text not null,
  due_at timestamp with time zone not null default now(),
  asked bigint not null default 0,
  failures integer not null default 0,
  problem text,
  lease_owner text,
  lease_until timestamp with time zone,
  lease_epoch bigint not null default 0,
  constraint pull_request_looks_rfc_slug_branch_name_fkey FOREIGN KEY (rfc_slug, branch_name) REFERENCES branches(rfc_slug, branch_name) ON DELETE CASCADE,
  constraint pull_request_looks_pkey PRIMARY KEY (rfc_slug, branch_name)
);
CREATE INDEX pull_request_looks_due ON public.pull_request_looks USING btree (due_at);

create table record_entries (
  rfc_slug text not null,
  seq bigint not null,
  kind text not null,
  subject text not null,
  person_id uuid,
  at timestamp with time zone not null,
  content jsonb,
  salt text,
  content_hash text not null,
  previous_hash text not null,
  hash text not null,
  recorded_at timestamp with time zone not null default now(),
  constraint record_entries_check CHECK (((content IS NULL) = (salt IS NULL))),
  constraint record_entries_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint record_entries_pkey PRIMARY KEY (rfc_slug, seq)
);
CREATE INDEX record_entries_person ON public.record_entries USING btree (person_id);
CREATE INDEX record_entries_subject ON public.record_entries USING btree (rfc_slug, subject, seq DESC);

create table records (
  id uuid not null default gen_random_uuid(),
  rfc_slug text not null,
  cause text not null,
  cause_key text not null default ''::text,
  last_seq bigint not null,
  head_hash text not null,
  made_by uuid,
  commit_sha text,
  problem text,
  created_at timestamp with time zone not null default now(),
  constraint records_cause_check CHECK ((cause = ANY (ARRAY['merged'::text, 'closed'::text, 'export'::text]))),
  constraint records_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id) ON DELETE SET NULL,
  constraint records_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint records_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX records_cause ON public.records USING btree (rfc_slug, cause, cause_key) WHERE (cause_key <> ''::text);

create table repository_settings (
  repository text not null,
  suggestions text not null default 'automatic'::text,
  record text not null default 'kept'::text,
  constraint repository_settings_record_check CHECK ((record = ANY (ARRAY['kept'::text, 'committed'::text]))),
  constraint repository_settings_suggestions_check CHECK ((suggestions = ANY (ARRAY['automatic'::text, 'on_request'::text]))),
  constraint repository_settings_pkey PRIMARY KEY (repository)
);

create table retention_settings (
  platform text not null,
  workspace_id text not null,
  days integer not null,
  set_at timestamp with time zone not null default now(),
  constraint retention_settings_days_check CHECK (((days >= 1) AND (days <= 36500))),
  constraint retention_settings_pkey PRIMARY KEY (platform, workspace_id)
);

create table rfc_maintainers (
  rfc_slug text not null,
  user_id uuid not null,
  added_by uuid,
  created_at timestamp with time zone not null default now(),
  constraint rfc_maintainers_added_by_fkey FOREIGN KEY (added_by) REFERENCES users(id) ON DELETE SET NULL,
  constraint rfc_maintainers_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint rfc_maintainers_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint rfc_maintainers_pkey PRIMARY KEY (rfc_slug, user_id)
);

create table rfcs (
  slug text not null,
  title text not null,
  repository text not null,
  path text not null,
  default_branch text not null,
  next_change_number bigint not null default 1,
  created_at timestamp with time zone not null default now(),
  next_concern_number integer not null default 1,
  constraint rfcs_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9._-]{0,99}$'::text)),
  constraint rfcs_title_check CHECK ((title <> ''::text)),
  constraint rfcs_pkey PRIMARY KEY (slug),
  constraint rfcs_repository_path_default_branch_key UNIQUE (repository, path, default_branch)
);

create table schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamp with time zone not null default now(),
  oldest_version integer,
  constraint schema_migrations_pkey PRIMARY KEY (version)
);

create table sessions (
  id uuid not null default gen_random_uuid(),
  token_hash text not null,
  user_id uuid not null,
  account_id text not null,
  agent text not null,
  created_at timestamp with time zone not null default now(),
  seen_at timestamp with time zone not null default now(),
  ends_at timestamp with time zone not null,
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint sessions_pkey PRIMARY KEY (id),
  constraint sessions_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX sessions_end ON public.sessions USING btree (ends_at);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id);

create table spending (
  scope text not null,
  scope_id text not null,
  day date not null,
  part smallint not null default 0,
  turns integer not null default 0,
  tokens bigint not null default 0,
  microdollars bigint not null default 0,
  unpriced_tokens bigint not null default 0,
  constraint spending_scope_check CHECK ((scope = ANY (ARRAY['workspace'::text, 'person'::text]))),
  constraint spending_pkey PRIMARY KEY (scope, scope_id, day, part)
);

create table suggestions (
  id uuid not null default gen_random_uuid(),
  change_id uuid not null,
  rfc_slug text not null,
  pr_number integer not null,
  revision integer not null,
  state text not null default 'posting'::text,
  form text not null,
  head_sha text not null,
  body text not null,
  comment_id text,
  node_id text,
  url text,
  resolved_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  closed_at timestamp with time zone,
  constraint suggestions_check CHECK (((state <> 'live'::text) OR (comment_id IS NOT NULL))),
  constraint suggestions_check1 CHECK (((state = ANY (ARRAY['closed'::text, 'removed'::text])) = (closed_at IS NOT NULL))),
  constraint suggestions_form_check CHECK ((form = ANY (ARRAY['suggestion'::text, 'line'::text, 'file'::text, 'conversation'::text]))),
  constraint suggestions_state_check CHECK ((state = ANY (ARRAY['posting'::text, 'live'::text, 'closed'::text, 'removed'::text]))),
  constraint suggestions_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id) ON DELETE CASCADE,
  constraint suggestions_rfc_slug_pr_number_fkey FOREIGN KEY (rfc_slug, pr_number) REFERENCES cached_prs(rfc_slug, pr_number) ON DELETE CASCADE,
  constraint suggestions_pkey PRIMARY KEY (id),
  constraint suggestions_change_id_pr_number_revision_key UNIQUE (change_id, pr_number, revision)
);
CREATE UNIQUE INDEX suggestions_one_live ON public.suggestions USING btree (change_id) WHERE (state = ANY (ARRAY['posting'::text, 'live'::text]));
CREATE INDEX suggestions_pull_request ON public.suggestions USING btree (rfc_slug, pr_number);

create table summaries_asked (
  user_id uuid not null,
  platform text not null,
  workspace_id text not null,
  asked_at timestamp with time zone not null default now(),
  constraint summaries_asked_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX summaries_asked_at ON public.summaries_asked USING btree (asked_at);

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
CREATE INDEX thread_events_age ON public.thread_events USING btree (created_at) WHERE (kind <> ALL (ARRAY['turn'::text, 'turn_end'::text]));
CREATE INDEX thread_events_turn ON public.thread_events USING btree (turn_id, seq) WHERE (turn_id IS NOT NULL);

create table thread_links (
  id uuid not null default gen_random_uuid(),
  thread_id uuid not null,
  platform text not null,
  workspace_id text not null default ''::text,
  place text not null,
  created_at timestamp with time zone not null default now(),
  mode text not null default 'mention'::text,
  shown_from bigint not null default 1,
  url text,
  private_to uuid,
  reach text not null default 'workspace'::text,
  ended_at timestamp with time zone,
  marked_state text,
  mark_failures integer not null default 0,
  mark_after timestamp with time zone,
  agreed_at timestamp with time zone,
  remarks_from bigint,
  reach_known boolean not null default true,
  constraint thread_links_marked_state_check CHECK ((marked_state = ANY (ARRAY['open'::text, 'accepted'::text, 'closed'::text]))),
  constraint thread_links_mode_check CHECK ((mode = ANY (ARRAY['mention'::text, 'follow'::text, 'quiet'::text]))),
  constraint thread_links_reach_check CHECK ((reach = ANY (ARRAY['workspace'::text, 'channel'::text]))),
  constraint thread_links_private_to_fkey FOREIGN KEY (private_to) REFERENCES users(id),
  constraint thread_links_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint thread_links_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX thread_links_platform_workspace_id_place_key ON public.thread_links USING btree (platform, workspace_id, place) WHERE (ended_at IS NULL);
CREATE INDEX thread_links_thread ON public.thread_links USING btree (thread_id);

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
  edited_at timestamp with time zone,
  deleted_at timestamp with time zone,
  search tsvector generated always as (
CASE
    WHEN ((status <> 'streaming'::text) AND (role <> 'system'::text)) THEN (setweight(to_tsvector('simple'::regconfig, search_words("left"(text, 150000))), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, search_words("left"(COALESCE(quote, ''::text), 40000))), 'C'::"char"))
    ELSE NULL::tsvector
END) stored,
  said_in uuid,
  constraint thread_messages_check CHECK (((role = 'user'::text) = (author_user_id IS NOT NULL))),
  constraint thread_messages_check1 CHECK (((role = 'assistant'::text) = (model_id IS NOT NULL))),
  constraint thread_messages_check2 CHECK (((role <> 'assistant'::text) OR (turn_id IS NOT NULL))),
  constraint thread_messages_check3 CHECK (((role = 'assistant'::text) OR (status = 'complete'::text))),
  constraint thread_messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text, 'system'::text]))),
  constraint thread_messages_status_check CHECK ((status = ANY (ARRAY['streaming'::text, 'complete'::text, 'cut'::text, 'stopped'::text, 'failed'::text]))),
  constraint thread_messages_author_user_id_fkey FOREIGN KEY (author_user_id) REFERENCES users(id),
  constraint thread_messages_said_in_fkey FOREIGN KEY (said_in) REFERENCES thread_links(id) ON DELETE SET NULL,
  constraint thread_messages_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint thread_messages_turn_id_fkey FOREIGN KEY (turn_id) REFERENCES turns(id),
  constraint thread_messages_pkey PRIMARY KEY (id),
  constraint thread_messages_thread_id_seq_key UNIQUE (thread_id, seq)
);
CREATE UNIQUE INDEX thread_messages_answer ON public.thread_messages USING btree (turn_id) WHERE (role = 'assistant'::text);
CREATE INDEX thread_messages_authors ON public.thread_messages USING btree (thread_id, author_user_id) WHERE ((role = 'user'::text) AND (deleted_at IS NULL));
CREATE UNIQUE INDEX thread_messages_dedup ON public.thread_messages USING btree (thread_id, dedup_key) WHERE (dedup_key IS NOT NULL);
CREATE INDEX thread_messages_said ON public.thread_messages USING btree (created_at) WHERE (role = 'user'::text);
CREATE INDEX thread_messages_search ON public.thread_messages USING gin (search);

create table thread_reads (
  user_id uuid not null,
  thread_id uuid not null,
  seq bigint not null,
  read_at timestamp with time zone,
  constraint thread_reads_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint thread_reads_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint thread_reads_pkey PRIMARY KEY (user_id, thread_id)
);

create table thread_watches (
  user_id uuid not null,
  thread_id uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint thread_watches_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint thread_watches_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint thread_watches_pkey PRIMARY KEY (user_id, thread_id)
);
CREATE INDEX thread_watches_thread ON public.thread_watches USING btree (thread_id);

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
  share text not null default 'console'::text,
  closed_at timestamp with time zone,
  events_pruned bigint not null default 0,
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
CREATE INDEX threads_leased ON public.threads USING btree (share) WHERE (lease_owner IS NOT NULL);
CREATE INDEX threads_ready ON public.threads USING btree (ready_at) WHERE (ready_at IS NOT NULL);
CREATE INDEX threads_waiting ON public.threads USING btree (share, ready_at) WHERE ((ready_at IS NOT NULL) AND (lease_owner IS NULL));

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
  share text not null default 'console'::text,
  asked_by uuid,
  cost_microdollars bigint,
  reserved_tokens bigint not null default 0,
  reserved_microdollars bigint not null default 0,
  first_text_at timestamp with time zone,
  traceparent text,
  asked_at timestamp with time zone,
  constraint turns_check CHECK (((state = 'failed'::text) = (error IS NOT NULL))),
  constraint turns_check1 CHECK (((state = ANY (ARRAY['done'::text, 'failed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL))),
  constraint turns_cost_microdollars_check CHECK ((cost_microdollars >= 0)),
  constraint turns_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text]))),
  constraint turns_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES users(id) ON DELETE SET NULL,
  constraint turns_retry_of_fkey FOREIGN KEY (retry_of) REFERENCES turns(id),
  constraint turns_thread_id_fkey FOREIGN KEY (thread_id) REFERENCES threads(id) ON DELETE CASCADE,
  constraint turns_pkey PRIMARY KEY (id)
);
CREATE INDEX turns_finished ON public.turns USING btree (finished_at) WHERE (finished_at IS NOT NULL);
CREATE UNIQUE INDEX turns_one_queued ON public.turns USING btree (thread_id) WHERE (state = 'queued'::text);
CREATE UNIQUE INDEX turns_one_running ON public.turns USING btree (thread_id) WHERE (state = 'running'::text);
CREATE UNIQUE INDEX turns_retried_once ON public.turns USING btree (retry_of) WHERE (retry_of IS NOT NULL);
CREATE INDEX turns_thread ON public.turns USING btree (thread_id, created_at);

create table users (
  id uuid not null default gen_random_uuid(),
  display_name text not null,
  email text,
  created_at timestamp with time zone not null default now(),
  is_bot boolean not null default false,
  constraint users_display_name_check CHECK ((display_name <> ''::text)),
  constraint users_pkey PRIMARY KEY (id)
);

create table watches (
  user_id uuid not null,
  rfc_slug text not null,
  created_at timestamp with time zone not null default now(),
  constraint watches_rfc_slug_fkey FOREIGN KEY (rfc_slug) REFERENCES rfcs(slug) ON DELETE CASCADE,
  constraint watches_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint watches_pkey PRIMARY KEY (user_id, rfc_slug)
);
CREATE INDEX watches_rfc ON public.watches USING btree (rfc_slug);

create table workspace_deletions (
  platform text not null,
  workspace_id text not null,
  begun_at timestamp with time zone not null default now(),
  constraint workspace_deletions_pkey PRIMARY KEY (platform, workspace_id)
);

create table workspace_repositories (
  platform text not null,
  workspace_id text not null,
  repository text not null,
  created_at timestamp with time zone not null default now(),
  constraint workspace_repositories_pkey PRIMARY KEY (platform, workspace_id, repository)
);

create table workspaces (
  platform text not null,
  workspace_id text not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint workspaces_pkey PRIMARY KEY (platform, workspace_id)
);

CREATE OR REPLACE FUNCTION public.search_words(body text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN regexp_replace(regexp_replace(body, '[\u0001-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u200b\u200e-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\ufe10-\ufe19\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\uffe0-\uffee]+'::text, ' '::text, 'g'::text), '([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])'::text, ' \1 '::text, 'g'::text);
