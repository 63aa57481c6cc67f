-- How long what is said is kept, what was pruned, and workspaces that are being deleted.

-- Since when it is closed; null while it is open. From before, that is not known.
alter table threads add column closed_at timestamptz;
update threads set closed_at = now() where state = 'closed';

-- A workspace without a row keeps everything.
create table retention_settings (
  platform text not null,
  workspace_id text not null,
  -- After the end of a conversation.
  days integer not null check (days between 1 and 36500),
  set_at timestamptz not null default now(),
  primary key (platform, workspace_id)
);

-- While its row is there, a workspace is deleted, and nothing that comes from it is heard.
create table workspace_deletions (
  platform text not null,
  workspace_id text not null,
  begun_at timestamptz not null default now(),
  primary key (platform, workspace_id)
);

-- How many of a thread's events are gone: those that are there and these are all that it counts.
alter table threads add column events_pruned bigint not null default 0;

-- What stays for good is not looked through again and again.
create index thread_events_age on thread_events (created_at) where kind not in ('turn', 'turn_end');
-- Rows come in the order of their time: a block range index is small, and costs next to nothing to keep.
create index notifications_age on notifications using brin (created_at) with (autosummarize = on);
create index audit_entries_age on audit_entries using brin (at) with (autosummarize = on);
