-- The overview for operators: how long answers took, and what happened when.

alter table turns
  -- When the first of its answer could be seen; null where nothing came.
  add column first_text_at timestamptz;
create index turns_finished on turns (finished_at) where finished_at is not null;

-- Also of messages that ask nothing; the one before knew those alone that ask.
create index thread_messages_said on thread_messages (created_at) where role = 'user';
drop index thread_messages_asked;
