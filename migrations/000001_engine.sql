-- The engine: RFCs and their branches, conversations, turns, changes, and the outbox.

create table users (
  id uuid primary key default gen_random_uuid(),
  display_name text not null check (display_name <> ''),
  email text,
  created_at timestamptz not null default now()
);

-- Who somebody is on one platform. `workspace_id` is '' where the platform has no workspaces.
create table identities (
  user_id uuid not null references users on delete cascade,
  platform text not null,
  workspace_id text not null default '',
  platform_user_id text not null,
  primary key (platform, workspace_id, platform_user_id)
);
create index identities_user on identities (user_id);

create table rfcs (
  slug text primary key check (slug ~ '^[a-z0-9][a-z0-9._-]{0,99}$'),
  title text not null check (title <> ''),
  repository text not null,
  path text not null,
  default_branch text not null,
  -- Changes are numbered per RFC, so that people can say "accept 12".
  next_change_number bigint not null default 1,
  created_at timestamptz not null default now(),
  unique (repository, path, default_branch)
);

-- Every document text that was seen at a tip, by the sha of its Git blob: changes are anchored in them.
create table document_blobs (
  sha text primary key,
  body text not null,
  created_at timestamptz not null default now()
);

create table branches (
  rfc_slug text not null references rfcs on delete cascade,
  branch_name text not null,
  head_sha text not null,
  blob_sha text not null references document_blobs,
  -- Why the tip could not be read, as a sentence for people; null while all is well.
  problem text,
  synced_at timestamptz not null default now(),
  primary key (rfc_slug, branch_name)
);

create table threads (
  id uuid primary key default gen_random_uuid(),
  rfc_slug text not null,
  branch_name text not null,
  thread_kind text not null check (thread_kind in ('discussion', 'range', 'paragraph', 'review')),
  state text not null default 'open' check (state in ('open', 'closed')),
  title text,
  -- The thread's own choice of model; null means the default.
  model_id text,
  -- A placement (src/changes/placement.ts) for `range` and `paragraph`, and the blob that it is in.
  anchor jsonb,
  anchor_blob_sha text references document_blobs,
  anchor_stale_since timestamptz,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  -- Order of messages and of durable events: both counters move under the row's lock, so that commit
  -- order is the thread's order, which a sequence does not promise.
  message_seq bigint not null default 0,
  event_seq bigint not null default 0,
  -- Ownership of the running turn (src/store/turns.ts). `ready_at` is set while a turn waits.
  ready_at timestamptz,
  lease_owner text,
  lease_until timestamptz,
  lease_epoch bigint not null default 0,
  foreign key (rfc_slug, branch_name) references branches on delete cascade,
  check ((thread_kind in ('range', 'paragraph')) = (anchor is not null)),
  check ((anchor is null) = (anchor_blob_sha is null))
);
create index threads_ready on threads (ready_at) where ready_at is not null;
create index threads_branch on threads (rfc_slug, branch_name);

create table turns (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references threads on delete cascade,
  state text not null default 'queued'
    check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  -- Model asked for by the newest trigger; null means the thread's or the default one.
  model_id text,
  attempt int not null default 0,
  cancel_requested_at timestamptz,
  -- What went wrong, as a sentence for people; the log has the rest under `error_id`.
  error text,
  error_id text,
  usage jsonb,
  retry_of uuid references turns,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  check ((state = 'failed') = (error is not null)),
  check ((state in ('done', 'failed', 'cancelled')) = (finished_at is not null))
);
-- Triggers that arrive while a turn is queued join it, and one turn of a thread runs at a time.
create unique index turns_one_queued on turns (thread_id) where state = 'queued';
create unique index turns_one_running on turns (thread_id) where state = 'running';
create index turns_thread on turns (thread_id, created_at);
create unique index turns_retried_once on turns (retry_of) where retry_of is not null;

create table thread_messages (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references threads on delete cascade,
  seq bigint not null,
  role text not null check (role in ('user', 'assistant', 'system')),
  author_user_id uuid references users,
  model_id text,
  text text not null,
  quote text,
  -- The turn that a user message asked for, or that an assistant message is the answer of.
  turn_id uuid references turns,
  -- Of an assistant message: streaming, or how it ended.
  status text not null default 'complete'
    check (status in ('streaming', 'complete', 'cut', 'stopped', 'failed')),
  -- The sender's own key, so that a message that is sent again shows once.
  dedup_key text,
  created_at timestamptz not null default now(),
  unique (thread_id, seq),
  check ((role = 'user') = (author_user_id is not null)),
  check ((role = 'assistant') = (model_id is not null)),
  check (role <> 'assistant' or turn_id is not null),
  check (role = 'assistant' or status = 'complete')
);
create unique index thread_messages_dedup on thread_messages (thread_id, dedup_key)
  where dedup_key is not null;
-- One assistant message a turn, whatever is retried.
create unique index thread_messages_answer on thread_messages (turn_id) where role = 'assistant';

create table changes (
  id uuid primary key default gen_random_uuid(),
  rfc_slug text not null,
  number bigint not null,
  branch_name text not null,
  thread_id uuid not null references threads on delete cascade,
  source_message_id uuid references thread_messages,
  turn_id uuid references turns,
  attempt int,
  -- Position among the blocks of the reply, and length of the prose when the block closed (UTF-16 units).
  ordinal int,
  text_offset int,
  kind text not null check (kind in ('ai', 'manual')),
  author_user_id uuid references users,
  state text not null default 'pending'
    check (state in ('pending', 'accepting', 'accepted', 'declined', 'withdrawn')),
  -- The author's characters, never trimmed or normalised.
  original text not null,
  proposed text not null,
  reason text not null default '',
  insert_after text,
  insert_before text,
  warnings text[] not null default '{}',
  -- Where it stands in the document of `base_blob_sha` (src/changes/placement.ts).
  certainty text not null check (certainty in ('certain', 'high', 'ask', 'none')),
  placement jsonb not null,
  base_blob_sha text not null references document_blobs,
  -- What the newest tip did to it; 'fresh' is the only one that can be accepted as it is.
  drift text not null default 'fresh' check (drift in ('fresh', 'rebased', 'conflict', 'moved', 'stale')),
  stale_since timestamptz,
  commit_sha text,
  -- Why the last accept did not become a commit, as a sentence for people.
  failure text,
  created_at timestamptz not null default now(),
  decided_at timestamptz,
  foreign key (rfc_slug, branch_name) references branches on delete cascade,
  unique (rfc_slug, number),
  unique (turn_id, attempt, ordinal),
  check ((kind = 'ai') = (turn_id is not null)),
  check ((turn_id is null) = (source_message_id is null)),
  -- A promoted block belongs to its turn, but is none of its reply's blocks.
  check ((attempt is null) = (ordinal is null) and (attempt is null or turn_id is not null)),
  check ((kind = 'manual') = (author_user_id is not null)),
  check ((state = 'accepted') = (commit_sha is not null)),
  check ((drift = 'stale') = (stale_since is not null))
);
create index changes_live on changes (rfc_slug, branch_name) where state in ('pending', 'accepting');
create index changes_thread on changes (thread_id, number);

-- A block that did not become a change: malformed, in a code fence, or without the turn's tag. It is shown
-- with a way on: repair (asks the model again) or promote (makes it a change that asks for its place).
create table loose_blocks (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references threads on delete cascade,
  message_id uuid not null references thread_messages,
  turn_id uuid not null references turns,
  attempt int not null,
  ordinal int not null,
  text_offset int not null,
  kind text not null check (kind in ('malformed', 'fenced', 'unmarked')),
  code text,
  fields jsonb not null,
  state text not null default 'open' check (state in ('open', 'promoted', 'repaired', 'withdrawn')),
  change_id uuid references changes,
  created_at timestamptz not null default now(),
  unique (turn_id, attempt, ordinal),
  check ((kind = 'malformed') = (code is not null)),
  check ((state = 'promoted') = (change_id is not null))
);
create index loose_blocks_thread on loose_blocks (thread_id);

create table decisions (
  id uuid primary key default gen_random_uuid(),
  change_id uuid not null references changes on delete cascade,
  user_id uuid not null references users,
  verdict text not null check (verdict in ('accept', 'decline')),
  reason text,
  -- Of an accept: open until its commit job ends; returned when the change went back to pending.
  outcome text not null check (outcome in ('open', 'committed', 'returned', 'declined')),
  created_at timestamptz not null default now(),
  check ((verdict = 'decline') = (outcome = 'declined'))
);
create index decisions_change on decisions (change_id, created_at);
-- Two people accepting or declining at once: one decision stands.
create unique index decisions_one_standing on decisions (change_id) where outcome <> 'returned';

-- What happened in a thread that its watchers are told, in order (src/conversation/thread-event.ts).
create table thread_events (
  thread_id uuid not null references threads on delete cascade,
  seq bigint not null,
  kind text not null,
  turn_id uuid references turns,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  primary key (thread_id, seq)
);
create index thread_events_turn on thread_events (turn_id, seq) where turn_id is not null;

-- Jobs to be handed to the queue, written in the transaction that wants them done.
create table outbox (
  id bigint generated always as identity primary key,
  queue text not null,
  name text not null,
  data jsonb not null,
  -- Kept while a job of the same key waits here, so that asking twice asks once.
  dedup_key text unique,
  created_at timestamptz not null default now()
);
