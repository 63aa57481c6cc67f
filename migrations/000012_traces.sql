-- One trace from what somebody said to the last of its answer that can be seen, also where a wake-up is lost: the
-- rows carry it (W3C traceparent; null where tracing is off). And since when whoever asked has waited.

alter table inbox add column traceparent text;

alter table turns
  add column traceparent text,
  -- When the event came in that the turn answers; null: as the turn itself.
  add column asked_at timestamptz;
