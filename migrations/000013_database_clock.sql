-- When somebody last looked at the database's clock: what waits for a time is not to wait for as long as the clock
-- was set back.
create table database_clock (
  is_only boolean primary key default true check (is_only),
  seen_at timestamptz not null
);
