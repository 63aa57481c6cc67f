-- Discord: roles that decide, changes proposed in a form, how far a place says its discussion is, and cards
-- that are too old to be edited.

-- Roles of a workspace whose people may accept and decline, beside those who are named one by one.
create table maintainer_roles (
  platform text not null,
  workspace_id text not null,
  -- The platform's id.
  role_id text not null,
  -- As it was called when it was named.
  name text not null,
  added_by uuid references users,
  created_at timestamptz not null default now(),
  primary key (platform, workspace_id, role_id)
);

-- How far the place was last marked to be; null while it bears no mark of Redline's.
alter table thread_links add column marked_state text
  check (marked_state in ('open', 'accepted', 'closed'));
-- How often that mark could not be set since it is due.
alter table thread_links add column mark_failures int not null default 0;
-- Until when that is left alone.
alter table thread_links add column mark_after timestamptz;

-- The messages that it took the place of, since they took no more changes, and the address of the newest.
alter table deliveries add column replaced text[] not null default '{}';
alter table deliveries add column replaces_url text;
-- A digest of what it says that must not be out of date; '' where that is not known.
alter table deliveries add column essence text not null default '';
-- What the message that stands for it is posted with; null for the first, which has the id.
alter table deliveries add column post_key uuid;

-- The proposer's own key of a change: the same key again is the same change.
alter table changes add column dedup_key text;
create unique index changes_dedup on changes (thread_id, dedup_key);
-- Who proposed how often lately.
create index changes_by_hand on changes (author_user_id, created_at) where kind = 'manual';

-- Whether an edit of it has nothing to tell its author: it addressed Redline before, or is gone.
alter table chat_messages add column edit_told boolean not null default false;

-- Until when a person knows that there are no answers for them.
create table limit_notices (
  user_id uuid primary key references users on delete cascade,
  until timestamptz not null
);
