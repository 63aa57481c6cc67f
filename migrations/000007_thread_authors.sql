-- Who has written in a thread is looked up with every message there; by this index in as many steps as there
-- are people, however long the thread is.
create index thread_messages_authors on thread_messages (thread_id, author_user_id)
  where role = 'user' and deleted_at is null;
