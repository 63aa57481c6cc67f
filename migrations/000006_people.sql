-- People: one person over several accounts, who is told what, one conversation in several places, concerns
-- and merges, and the record of how a text was earned.

-- ------------------------------------------------------------------ who somebody is

alter table users add column is_bot boolean not null default false;

alter table identities
  -- How the person is called there; null where that was never told.
  add column display_name text,
  -- As the platform tells it, an IANA name.
  add column time_zone text,
  -- When they were last heard of there.
  add column seen_at timestamptz not null default now(),
  -- Since when private messages do not reach them there, and why; cleared when they are heard of again.
  add column unreachable_since timestamptz,
  add column unreachable_why text,
  add check ((unreachable_since is null) = (unreachable_why is null));

-- A person decides with one account.
create unique index identities_account on identities (user_id) where platform = 'github';

-- That an account on GitHub is a person's own was shown by a token of it: sealed text (src/encryption.ts).
create table connected_accounts (
  user_id uuid primary key references users on delete cascade,
  account_id text not null,
  login text not null,
  sealed text not null,
  connected_at timestamptz not null default now(),
  -- When GitHub last knew the token.
  confirmed_at timestamptz not null default now(),
  -- Until then the person lets an account elsewhere that shows the same account become theirs.
  joinable_until timestamptz
);

-- Somebody is asked to enter a code on GitHub. Ends with its process; then the person is told.
create table connection_requests (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  platform text not null,
  workspace_id text not null,
  platform_user_id text not null,
  -- Where the person is answered: a chat's `Reply`, or a place.
  reply jsonb not null,
  created_at timestamptz not null default now(),
  lease_until timestamptz not null,
  unique (platform, workspace_id, platform_user_id)
);

-- Who may decide on one RFC, whatever a workspace or GitHub says.
create table rfc_maintainers (
  rfc_slug text not null references rfcs on delete cascade,
  user_id uuid not null references users on delete cascade,
  added_by uuid references users on delete set null,
  created_at timestamptz not null default now(),
  primary key (rfc_slug, user_id)
);

-- Ids of people who turned out to be somebody else who was known: what cannot be changed still names them so.
create table former_users (
  id uuid primary key,
  user_id uuid not null references users on delete cascade
);
create index former_users_user on former_users (user_id);

-- What was refused, and to whom.
create table audit_entries (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  user_id uuid references users on delete set null,
  -- What was tried: accept, decline, edit, place, propose_merge, …
  act text not null,
  -- By which way: slack, discord, http, github, …
  door text not null,
  rfc_slug text references rfcs on delete cascade,
  -- Id of what it was about.
  subject text,
  outcome text not null check (outcome in ('refused')),
  why text not null,
  -- The same for the same event, which may be handled again.
  event_key text unique
);
create index audit_entries_rfc on audit_entries (rfc_slug, id desc);
create index audit_entries_strangers on audit_entries (at) where user_id is null;

-- ------------------------------------------------------------------ who is told what

create table thread_watches (
  user_id uuid not null references users on delete cascade,
  thread_id uuid not null references threads on delete cascade,
  created_at timestamptz not null default now(),
  primary key (user_id, thread_id)
);
create index thread_watches_thread on thread_watches (thread_id);
create index watches_rfc on watches (rfc_slug);

-- Nothing of the RFC is told, or nothing of one of its threads.
create table mutes (
  user_id uuid not null references users on delete cascade,
  rfc_slug text not null references rfcs on delete cascade,
  thread_id uuid references threads on delete cascade,
  created_at timestamptz not null default now(),
  unique nulls not distinct (user_id, rfc_slug, thread_id)
);
create index mutes_rfc on mutes (rfc_slug);

-- One message writes a row for each watcher, in its own transaction: there is nothing here that each row would
-- pay for without need.
create table notifications (
  id bigint generated always as identity,
  -- No reference, which would lock each watcher's row; whoever makes two people one keeps it right
  -- (src/store/merge-people.ts).
  user_id uuid not null,
  kind text not null check (kind in (
    'chat_reply_to_my_message', 'chat_message_in_participated_thread',
    'change_accepted', 'change_declined', 'change_stale', 'change_conflicted',
    'decision_requested', 'rfc_merged', 'rfc_closed',
    'concern_passage_changed', 'concern_settled', 'merge_word_requested', 'merge_settled')),
  category text not null check (category in ('personal-direct', 'churn')),
  -- What it is about, once for each person and kind: an id, with what tells two times apart.
  subject text not null,
  -- Of rows that are never deleted, and no references either.
  rfc_slug text not null,
  thread_id uuid,
  message_id uuid,
  change_id uuid,
  -- The open pull request of a review thread, or the one that ended.
  pr_number integer,
  created_at timestamptz not null default now(),
  -- When the person saw it in the console.
  read_at timestamptz,
  -- When it was put into a private message, or needed none.
  told_at timestamptz,
  -- The private message that it was put into.
  told_in uuid,
  primary key (user_id, id),
  -- What is told of one thing stands side by side, as it is written.
  unique (subject, user_id, kind)
);
create index notifications_untold on notifications (category, user_id) where told_at is null;
create index notifications_told on notifications (told_in) where told_in is not null;

create table notification_settings (
  user_id uuid primary key references users on delete cascade,
  digest text not null default 'daily' check (digest in ('hourly', 'daily', 'off')),
  -- IANA name, such as Europe/Berlin; null: what the platform tells, else UTC.
  time_zone text,
  -- Whether direct ones are sent in private.
  direct boolean not null default true,
  -- The next digest is due then; null where nothing was ever due.
  digest_due_at timestamptz,
  -- Direct ones that come before are sent together then.
  direct_after timestamptz
);
create index notification_settings_due on notification_settings (digest_due_at);

-- Messages to one person alone, outside of places.
create table private_messages (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references users on delete cascade,
  platform text not null,
  workspace_id text not null,
  platform_user_id text not null,
  kind text not null check (kind in ('direct', 'digest')),
  markdown text not null,
  state text not null default 'pending' check (state in ('pending', 'sending', 'sent', 'failed')),
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  lease_until timestamptz,
  lease_epoch integer not null default 0,
  platform_message_id text,
  failure text,
  created_at timestamptz not null default now(),
  sent_at timestamptz
);
create index private_messages_due on private_messages (kind desc, due_at)
  where state in ('pending', 'sending');
create index private_messages_person on private_messages (user_id);

-- ------------------------------------------------------------------ one conversation, several places

-- The place that a message was written in; null in the console.
alter table thread_messages add column said_in uuid references thread_links on delete set null;
update thread_messages m set said_in = l.id
from chat_messages c join thread_links l using (platform, workspace_id, place)
where c.message_id = m.id and l.thread_id = m.thread_id;

-- What was said before is only known for the messages of chat.
update thread_messages m set said_in = l.id
from chat_messages c join thread_links l
  on l.platform = c.platform and l.workspace_id = c.workspace_id and l.place = c.place
where c.message_id = m.id and l.thread_id = m.thread_id;

alter table thread_links
  -- When the maintainers of both sides agreed to hold the conversation here, too.
  add column agreed_at timestamptz,
  -- What people write elsewhere is shown from this message on; null: not at all, as on a pull request whose
  -- conversation is held nowhere else.
  add column remarks_from bigint,
  -- Whether the reach was told when it was linked, or has been since: from then on it is only narrowed.
  add column reach_known boolean not null default true;
update thread_links l set remarks_from = t.message_seq + 1
from threads t where t.id = l.thread_id and l.platform in ('slack', 'discord');

-- Of a remark: which edition of its message is shown; '' for the first.
alter table deliveries add column edition text not null default '';

alter table deliveries drop constraint deliveries_kind_check,
  add constraint deliveries_kind_check
    check (kind in ('answer', 'note', 'card', 'list', 'remark', 'merge'));

-- What lets another place hold the same thread, once.
create table link_invitations (
  -- SHA-256 of the code, in hex.
  code_hash text primary key,
  thread_id uuid not null references threads on delete cascade,
  link_id uuid references thread_links on delete cascade,
  invited_by uuid references users on delete set null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

-- ------------------------------------------------------------------ concerns and merges

alter table rfcs add column next_concern_number integer not null default 1;

create table concerns (
  id uuid primary key default gen_random_uuid(),
  rfc_slug text not null,
  branch_name text not null,
  number integer not null,
  thread_id uuid not null references threads on delete cascade,
  author_user_id uuid not null references users,
  text text not null,
  state text not null default 'open' check (state in ('open', 'resolved', 'withdrawn')),
  -- The passage that it is about, as a thread's anchor; null for the whole document.
  anchor jsonb,
  anchor_blob_sha text references document_blobs,
  anchor_stale_since timestamptz,
  -- The version for which its author was last asked whether that settles it.
  asked_for_blob text,
  settled_by uuid references users,
  settled_why text,
  settled_at timestamptz,
  dedup_key text,
  created_at timestamptz not null default now(),
  unique (rfc_slug, number),
  foreign key (rfc_slug, branch_name) references branches on delete cascade,
  check ((anchor is null) = (anchor_blob_sha is null)),
  check ((state = 'open') = (settled_at is null))
);
create index concerns_open on concerns (rfc_slug, branch_name) where state = 'open';
create unique index concerns_dedup on concerns (thread_id, dedup_key) where dedup_key is not null;

create table merge_proposals (
  id uuid primary key default gen_random_uuid(),
  rfc_slug text not null,
  branch_name text not null,
  pr_number integer,
  thread_id uuid not null references threads on delete cascade,
  proposed_by uuid not null references users,
  state text not null default 'open' check (state in ('open', 'agreed', 'withdrawn', 'ended')),
  wait_days integer not null check (wait_days >= 0),
  created_at timestamptz not null default now(),
  -- Before then nothing is settled.
  ends_at timestamptz not null,
  settled_at timestamptz,
  -- When its outcome was posted on the pull request.
  posted_at timestamptz,
  dedup_key text,
  foreign key (rfc_slug, branch_name) references branches on delete cascade,
  check ((state = 'open') = (settled_at is null))
);
create unique index merge_proposals_open on merge_proposals (rfc_slug, branch_name) where state = 'open';
create unique index merge_proposals_dedup on merge_proposals (thread_id, dedup_key)
  where dedup_key is not null;
create index merge_proposals_thread on merge_proposals (thread_id);

-- Who was asked for their word, and what it was.
create table merge_words (
  proposal_id uuid not null references merge_proposals on delete cascade,
  user_id uuid not null references users,
  word text check (word in ('agree', 'object')),
  said_at timestamptz,
  primary key (proposal_id, user_id),
  check ((word is null) = (said_at is null))
);

-- The comment on a pull request that lists the open concerns.
create table concern_comments (
  rfc_slug text not null,
  pr_number integer not null,
  comment_id text not null,
  -- Digest of its body.
  shown text not null,
  primary key (rfc_slug, pr_number),
  foreign key (rfc_slug, pr_number) references cached_prs on delete cascade
);

-- ------------------------------------------------------------------ the record

-- Each entry carries the hash of the one before; what a person wrote can be erased, as its hash stays.
create table record_entries (
  rfc_slug text not null references rfcs on delete cascade,
  seq bigint not null,
  kind text not null,
  -- Id of the message, change, decision, … that it is about.
  subject text not null,
  person_id uuid,
  at timestamptz not null,
  -- Null once it was erased; then the salt is gone as well.
  content jsonb,
  salt text,
  content_hash text not null,
  previous_hash text not null,
  hash text not null,
  recorded_at timestamptz not null default now(),
  primary key (rfc_slug, seq),
  check ((content is null) = (salt is null))
);
create index record_entries_subject on record_entries (rfc_slug, subject, seq desc);
create index record_entries_person on record_entries (person_id);

-- When the record was brought up to date, and why.
create table records (
  id uuid primary key default gen_random_uuid(),
  rfc_slug text not null references rfcs on delete cascade,
  cause text not null check (cause in ('merged', 'closed', 'export')),
  -- Of a pull request, its number and when it ended.
  cause_key text not null default '',
  last_seq bigint not null,
  head_hash text not null,
  made_by uuid references users on delete set null,
  commit_sha text,
  -- Why it could not be committed beside the RFC, as a sentence for people.
  problem text,
  created_at timestamptz not null default now()
);
create unique index records_cause on records (rfc_slug, cause, cause_key) where cause_key <> '';

alter table repository_settings
  alter column suggestions set default 'automatic',
  -- Whether the record is committed beside the RFC when its pull request ends.
  add column record text not null default 'kept' check (record in ('kept', 'committed'));

-- ------------------------------------------------------------------ catching up

-- When somebody last read a thread; null where only the message is known up to which they did.
alter table thread_reads add column read_at timestamptz;

-- Summaries that somebody asked for: they count as questions do.
create table summaries_asked (
  user_id uuid not null references users on delete cascade,
  platform text not null,
  workspace_id text not null,
  asked_at timestamptz not null default now()
);
create index summaries_asked_at on summaries_asked (asked_at);
