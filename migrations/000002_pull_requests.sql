-- Pull requests: their state as last seen, what is shown on them, and the places where threads are held.

-- A file may be renamed on one branch; the head of a fork's pull request is read by its own ref.
alter table branches add column path text;
alter table branches add column host_ref text;

-- Whether suggestions are posted by themselves is a repository's own choice.
create table repository_settings (
  repository text primary key,
  suggestions text not null check (suggestions in ('automatic', 'on_request'))
);

-- Every event that came in, stored before it is acknowledged; the host's own id makes each count once.
create table inbox (
  id bigint generated always as identity primary key,
  source text not null,
  event_id text not null,
  kind text not null,
  -- What the event is about, such as a repository: to know where events come from at all.
  subject text not null,
  payload jsonb not null,
  received_at timestamptz not null default now(),
  unique (source, event_id)
);
create index inbox_subject on inbox (source, subject, received_at);

-- Pull requests of branches that are talked about, as they were last seen.
create table cached_prs (
  rfc_slug text not null,
  pr_number int not null,
  branch_name text not null,
  title text not null,
  url text not null,
  state text not null check (state in ('open', 'merged', 'closed')),
  head_branch text not null,
  -- `owner/name`; null when the fork is gone.
  head_repository text,
  head_sha text not null,
  base_branch text not null,
  base_sha text not null,
  merged_by text,
  closed_at timestamptz,
  -- When that was noticed here, by this database's clock.
  ended_at timestamptz,
  -- Why Redline cannot commit to the head branch, as a sentence for people.
  read_only text,
  -- The closing for which the summary was posted.
  summarised_for timestamptz,
  first_seen_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  primary key (rfc_slug, pr_number),
  foreign key (rfc_slug, branch_name) references branches on delete cascade,
  check ((state = 'open') = (closed_at is null)),
  check ((state = 'open') = (ended_at is null))
);
create index cached_prs_branch on cached_prs (rfc_slug, branch_name);

-- When a branch's pull request is to be looked at next, and who does it (src/store/looks.ts).
create table pull_request_looks (
  rfc_slug text not null,
  branch_name text not null,
  due_at timestamptz not null default now(),
  -- Moves with every wish for a look, so that one which comes during a look is not lost.
  asked bigint not null default 0,
  failures int not null default 0,
  -- Why the last look did not succeed, as a sentence for people.
  problem text,
  lease_owner text,
  lease_until timestamptz,
  lease_epoch bigint not null default 0,
  primary key (rfc_slug, branch_name),
  foreign key (rfc_slug, branch_name) references branches on delete cascade
);
create index pull_request_looks_due on pull_request_looks (due_at);

-- Somebody asked for the suggestion, where they are not posted by themselves.
alter table changes add column suggestion_asked_at timestamptz;

-- The host wants no commit of an accepted change before this.
alter table changes add column commit_after timestamptz;

-- A change as it is shown on a pull request: one comment each.
create table suggestions (
  id uuid primary key default gen_random_uuid(),
  change_id uuid not null references changes on delete cascade,
  rfc_slug text not null,
  pr_number int not null,
  -- Counts the comments of one change on one pull request.
  revision int not null,
  -- posting: written down before it is sent; live: on the pull request and open to a decision; closed: says
  -- how it ended; removed: somebody deleted the comment.
  state text not null default 'posting' check (state in ('posting', 'live', 'closed', 'removed')),
  -- suggestion: can be applied; line and file: stand in the diff as a plain comment.
  form text not null check (form in ('suggestion', 'line', 'file', 'conversation')),
  -- The head that it was mapped on.
  head_sha text not null,
  -- The body as it was last written.
  body text not null,
  comment_id text,
  node_id text,
  url text,
  -- A person settled its thread by hand.
  resolved_at timestamptz,
  created_at timestamptz not null default now(),
  closed_at timestamptz,
  unique (change_id, pr_number, revision),
  foreign key (rfc_slug, pr_number) references cached_prs on delete cascade,
  check (state <> 'live' or comment_id is not null),
  check ((state in ('closed', 'removed')) = (closed_at is not null))
);
create unique index suggestions_one_live on suggestions (change_id) where state in ('posting', 'live');
create index suggestions_pull_request on suggestions (rfc_slug, pr_number);

-- Where a thread is held beside the console.
create table thread_links (
  id uuid primary key default gen_random_uuid(),
  thread_id uuid not null references threads on delete cascade,
  platform text not null,
  workspace_id text not null default '',
  -- The platform's name of the place, such as `owner/name#12` for the pull request.
  place text not null,
  created_at timestamptz not null default now(),
  unique (platform, workspace_id, place)
);
create index thread_links_thread on thread_links (thread_id);

-- A message shown on a link, in one or more messages of the platform.
create table deliveries (
  id uuid primary key default gen_random_uuid(),
  link_id uuid not null references thread_links on delete cascade,
  message_id uuid not null references thread_messages on delete cascade,
  segment int not null default 0,
  state text not null default 'pending' check (state in ('pending', 'sent')),
  platform_message_id text,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  unique (link_id, message_id, segment),
  check ((state = 'sent') = (platform_message_id is not null)),
  check ((state = 'sent') = (sent_at is not null))
);

-- People's comments on a pull request that were dealt with, each once.
create table pull_request_comments (
  rfc_slug text not null,
  pr_number int not null,
  comment_id text not null,
  -- The message that it became; others were told of, or are nobody's business here.
  message_id uuid references thread_messages on delete cascade,
  -- The comment that an answer goes to, in a review thread.
  reply_to text,
  updated_at timestamptz not null,
  primary key (rfc_slug, pr_number, comment_id),
  foreign key (rfc_slug, pr_number) references cached_prs on delete cascade
);
create unique index pull_request_comments_message on pull_request_comments (message_id)
  where message_id is not null;

-- Messages follow the edits and deletions of the place where they were written.
alter table thread_messages add column edited_at timestamptz;
alter table thread_messages add column deleted_at timestamptz;
