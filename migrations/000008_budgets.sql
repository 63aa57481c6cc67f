-- What turns cost and whose they are, limits on that, fair shares of the workers, and the stop of all answers.

-- 'share' is the workspace that a turn is charged to: 'console', or platform and workspace with a '/' between.
alter table turns
  add column share text not null default 'console',
  -- Who asked: the author of the newest message that the turn answers.
  add column asked_by uuid references users (id) on delete set null,
  -- Millionths of a US dollar; null while it has no usage, and where its model has no price.
  add column cost_microdollars bigint check (cost_microdollars >= 0),
  -- While it runs: what it is likely to use, which nobody else may count on.
  add column reserved_tokens bigint not null default 0,
  add column reserved_microdollars bigint not null default 0;

-- Whose turn waits, or runs, in a thread: taken from the turn that made the thread ready.
alter table threads add column share text not null default 'console';

create index threads_waiting on threads (share, ready_at)
  where ready_at is not null and lease_owner is null;
create index threads_leased on threads (share) where lease_owner is not null;

-- Turns from before are charged to where their newest question was asked.
update turns u set share = m.share, asked_by = m.author_user_id
from (
  select distinct on (m.turn_id) m.turn_id, m.author_user_id,
    case when l.id is null then 'console'
      when l.platform = 'github' then 'github/' || split_part(l.place, '/', 1)
      else l.platform || '/' || l.workspace_id end as share
  from thread_messages m left join thread_links l on l.id = m.said_in
  where m.role = 'user' and m.turn_id is not null
  order by m.turn_id, m.seq desc
) m
where m.turn_id = u.id and u.state in ('queued', 'running');

update threads t set share = u.share
from turns u
where u.thread_id = t.id and u.state in ('queued', 'running') and t.ready_at is not null;

-- Summed up by day (UTC), so that a turn need not add up what came before it.
create table spending (
  scope text not null check (scope in ('workspace', 'person')),
  -- A share, or a user's id.
  scope_id text not null,
  day date not null,
  -- Any of a few parts of the sum, so that turns which end in one moment need not wait for each other.
  part smallint not null default 0,
  turns integer not null default 0,
  tokens bigint not null default 0,
  microdollars bigint not null default 0,
  -- Of tokens, those of models without a price.
  unpriced_tokens bigint not null default 0,
  primary key (scope, scope_id, day, part)
);

-- What an operator has set in place of the settings; an amount of null means no limit.
create table budget_limits (
  scope text not null check (scope in ('workspace', 'person')),
  scope_id text not null,
  unit text not null check (unit in ('tokens', 'usd')),
  period text not null check (period in ('day', 'month')),
  -- Tokens, or millionths of a US dollar.
  amount bigint check (amount >= 0),
  primary key (scope, scope_id, unit, period)
);

-- A workspace without a row may use every model.
create table allowed_models (
  share text not null,
  -- An id, or its beginning with a '*' behind it.
  pattern text not null,
  primary key (share, pattern)
);

-- That a budget is nearly used was told, once in a period for each amount that it had.
create table budget_warnings (
  scope text not null,
  scope_id text not null,
  unit text not null,
  period text not null,
  begins date not null,
  -- As in 'budget_limits'.
  amount bigint not null,
  primary key (scope, scope_id, unit, period, begins, amount)
);

-- At most one row: while it is there, no answer is given anywhere.
create table answer_stop (
  is_stopped boolean primary key default true check (is_stopped),
  reason text,
  since timestamptz not null default now()
);
