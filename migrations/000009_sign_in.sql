-- Signing in on the console with an account on GitHub.

create table sessions (
  id uuid primary key default gen_random_uuid(),
  -- SHA-256 of what the browser holds, in hex.
  token_hash text not null unique,
  user_id uuid not null references users on delete cascade,
  -- The account that was shown to be theirs: a session counts only as long as it is.
  account_id text not null,
  -- What the browser calls itself.
  agent text not null,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  -- Whatever is done with it.
  ends_at timestamptz not null
);
create index sessions_user on sessions (user_id);
create index sessions_end on sessions (ends_at);
