-- Chat: workspaces, who may decide there, what comes in, and what is shown in the places of threads.

create table workspaces (
  platform text not null,
  workspace_id text not null,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (platform, workspace_id)
);

-- An app's tokens for one workspace, encrypted (src/encryption.ts).
create table installations (
  platform text not null,
  workspace_id text not null,
  -- The platform's own record of it, tokens included: sealed text.
  sealed text not null,
  installed_at timestamptz not null default now(),
  primary key (platform, workspace_id),
  foreign key (platform, workspace_id) references workspaces on delete cascade
);

-- Who may accept and decline in a workspace, where GitHub does not tell.
create table maintainers (
  platform text not null,
  workspace_id text not null,
  user_id uuid not null references users on delete cascade,
  added_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (platform, workspace_id, user_id)
);

-- Repositories that a workspace may talk about. Not asked where there is one workspace for all.
create table workspace_repositories (
  platform text not null,
  workspace_id text not null,
  -- In lower case.
  repository text not null,
  created_at timestamptz not null default now(),
  primary key (platform, workspace_id, repository)
);

-- Events that are worked off here, in the order of their lane; those of GitHub are only noted.
alter table inbox add column state text not null default 'noted'
  check (state in ('noted', 'waiting', 'done', 'failed'));
alter table inbox add column lane text not null default '';
alter table inbox add column attempts int not null default 0;
alter table inbox add column due_at timestamptz not null default now();
alter table inbox add column lease_until timestamptz;
alter table inbox add column lease_epoch int not null default 0;
-- Why it could not be worked off; the log has more under it.
alter table inbox add column error_id text;
create index inbox_waiting on inbox (source, lane, id) where state = 'waiting';
create index inbox_waiting_order on inbox (source, id) where state = 'waiting';
-- What is old enough to be forgotten.
create index inbox_ended on inbox (received_at) where state <> 'waiting';

-- For the overview: what waits for a decision, and what was proposed or decided lately.
create index changes_to_decide on changes (created_at, number)
  where state = 'pending' and drift <> 'stale';
create index changes_lately on changes (greatest(created_at, decided_at), number);

-- A place where a thread is held. One that was unlinked stays, so that what is shown there can be closed.
alter table thread_links add column mode text not null default 'mention'
  check (mode in ('mention', 'follow', 'quiet'));
-- Messages from this one on are shown there.
alter table thread_links add column shown_from bigint not null default 1;
-- For people, in a browser or the platform's own app.
alter table thread_links add column url text;
-- Whose conversation with Redline alone it is; others must not hear of it.
alter table thread_links add column private_to uuid references users;
-- Who may hear of it: everybody in the workspace, or only those who are in the place's channel.
alter table thread_links add column reach text not null default 'workspace'
  check (reach in ('workspace', 'channel'));
alter table thread_links add column ended_at timestamptz;
alter table thread_links drop constraint thread_links_platform_workspace_id_place_key;
create unique index thread_links_platform_workspace_id_place_key
  on thread_links (platform, workspace_id, place) where ended_at is null;

-- What a person wrote in a place, by the platform's name of that message. Its edits and its deletion may come
-- before it does.
create table chat_messages (
  platform text not null,
  workspace_id text not null,
  place text not null,
  platform_message_id text not null,
  -- Null while it has not come itself. command and hint: answered, and no part of the history.
  taken_as text check (taken_as in ('message', 'command', 'hint')),
  message_id uuid references thread_messages on delete cascade,
  -- How it reads, where the edit came first.
  early_edit text,
  -- What that edit quotes.
  early_quote text,
  -- Who was told how the place can be linked.
  hinted_person text,
  deleted_at timestamptz,
  check ((taken_as is not distinct from 'message') = (message_id is not null)),
  primary key (platform, workspace_id, place, platform_message_id)
);
create index chat_messages_message on chat_messages (message_id);
-- Who asked how often lately.
create index thread_messages_asked on thread_messages (created_at)
  where role = 'user' and turn_id is not null;

-- How often somebody gave commands within a minute.
create table command_counts (
  user_id uuid primary key references users on delete cascade,
  since timestamptz not null default now(),
  given int not null default 1
);

-- What somebody is still to be told of an event that took effect.
create table owed_answers (
  -- The same whenever the same event is handled again.
  event_key text primary key,
  markdown text not null,
  created_at timestamptz not null default now()
);

-- A message that somebody wants to discuss, until they have said in which RFC and what about it.
create table discussed_messages (
  -- What the form carries.
  ref uuid primary key default gen_random_uuid(),
  platform text not null,
  workspace_id text not null,
  place text not null,
  -- The platform's id of who was asked.
  person_id text not null,
  text text not null,
  private boolean not null,
  public boolean not null,
  created_at timestamptz not null default now()
);

-- When a place is to be brought up to date next, and who does it (src/store/place-looks.ts).
create table place_looks (
  link_id uuid primary key references thread_links on delete cascade,
  due_at timestamptz not null default now(),
  asked bigint not null default 0,
  failures int not null default 0,
  problem text,
  lease_owner text,
  lease_until timestamptz,
  lease_epoch bigint not null default 0
);
create index place_looks_due on place_looks (due_at);

-- Something that is shown in a place, in one message of the platform or, for a long answer, several.
alter table deliveries drop constraint deliveries_link_id_message_id_segment_key;
alter table deliveries drop constraint deliveries_message_id_fkey;
alter table deliveries drop constraint deliveries_check;
alter table deliveries drop constraint deliveries_check1;
alter table deliveries drop constraint deliveries_state_check;
alter table deliveries rename column message_id to subject_id;
-- answer and note: a message; card: a change; list: a turn with its changes.
alter table deliveries add column kind text not null default 'answer'
  check (kind in ('answer', 'note', 'card', 'list'));
-- pending: not begun; posting: begun, and it is not known whether the platform has it; live: a stream is
-- open; sent: shown; removed: somebody deleted it, or the platform does not take it at all.
alter table deliveries add constraint deliveries_state_check
  check (state in ('pending', 'posting', 'live', 'sent', 'removed'));
alter table deliveries add constraint deliveries_known
  check (state not in ('live', 'sent') or platform_message_id is not null);
alter table deliveries add constraint deliveries_subject unique (link_id, kind, subject_id, segment);
-- Of an answer: where the segment begins and ends in its text (UTF-16 units); open while it grows.
alter table deliveries add column text_from int not null default 0;
alter table deliveries add column text_to int;
-- The attempt whose text that is.
alter table deliveries add column attempt int not null default 0;
-- A digest of what is shown; '' where that is not known.
alter table deliveries add column shown text not null default '';
-- When it was begun: what the platform has since then is looked through for it.
alter table deliveries add column begun_at timestamptz;
-- Of a card: the places that it offers, each in the version that it was shown in.
alter table deliveries add column choices jsonb;
-- Of a list: the page that it is opened at, from 0.
alter table deliveries add column page int not null default 0;
create index deliveries_platform_message on deliveries (platform_message_id)
  where platform_message_id is not null;

-- When the next call of a kind may be made, for all processes together (src/store/call-slots.ts).
create table call_slots (
  key text primary key,
  next_at timestamptz not null
);

-- Who wants to hear of an RFC.
create table watches (
  user_id uuid not null references users on delete cascade,
  rfc_slug text not null references rfcs on delete cascade,
  created_at timestamptz not null default now(),
  primary key (user_id, rfc_slug)
);

-- When somebody last looked at the overview of a workspace: what changed since then is told apart.
create table overview_visits (
  user_id uuid not null references users on delete cascade,
  platform text not null,
  workspace_id text not null,
  seen_at timestamptz not null default now(),
  primary key (user_id, platform, workspace_id)
);
