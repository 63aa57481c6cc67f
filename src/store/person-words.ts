/** What somebody wrote, beside their messages: to be taken out when they want to be forgotten. */
import type { Db } from "./database.ts";

/** Ids of what the person has said and not deleted, oldest first. */
export async function listSaidBy(db: Db, userId: string): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select id from thread_messages
    where author_user_id = ${userId} and deleted_at is null order by created_at, id`;
  return rows.map(({ id }) => id);
}

export async function countSaidBy(db: Db, userId: string): Promise<number> {
  const [row] = await db<{ said: number }[]>`
    select count(*)::int as said from thread_messages
    where author_user_id = ${userId} and deleted_at is null`;
  return row!.said;
}

/** The changes of which the person gave a reason, by proposing or deciding. */
export async function listReasonsOf(
  db: Db,
  userId: string,
): Promise<{ changeId: string; threadId: string }[]> {
  return db<{ changeId: string; threadId: string }[]>`
    select c.id as change_id, c.thread_id from changes c
    where c.author_user_id = ${userId} and c.reason <> '' or exists (
      select 1 from decisions d
      where d.change_id = c.id and d.user_id = ${userId} and d.reason is not null)
    order by c.thread_id, c.id`;
}

/** Answers with the system messages that told of them. The change's thread is to be locked. */
export async function eraseReasons(
  db: Db,
  userId: string,
  changeId: string,
): Promise<{ messageId: string; rfcSlug: string }[]> {
  // What another notice repeats comes after the words of its own.
  const notices = await db<{ messageId: string; rfcSlug: string }[]>`
    update thread_messages m set edited_at = now(),
      text = left(m.text, strpos(m.text, said.told) + length(said.told) - 1) || '.'
    from (
      select distinct c.thread_id, c.rfc_slug, ' declined change #' || c.number as told
      from decisions d join changes c on c.id = d.change_id
      where c.id = ${changeId} and d.user_id = ${userId} and d.reason is not null
    ) said
    where m.thread_id = said.thread_id and m.role = 'system' and m.dedup_key is null
      and strpos(m.text, said.told || ': ') > 0
      and strpos(m.text, said.told || ': ') = strpos(m.text, ' declined change #')
    returning m.id as message_id, said.rfc_slug`;
  await db`
    update decisions set reason = null where change_id = ${changeId} and user_id = ${userId}`;
  await db`
    update changes set reason = '' where id = ${changeId} and author_user_id = ${userId}`;
  return notices;
}

/** Stands in the place of a concern's words. */
const ERASED = "(erased)";

/** The person's concerns, and those that they settled with a word about it. */
export async function listConcernsOf(
  db: Db,
  userId: string,
): Promise<{ id: string; threadId: string }[]> {
  return db<{ id: string; threadId: string }[]>`
    select id, thread_id from concerns
    where author_user_id = ${userId} and text <> ${ERASED}
      or settled_by = ${userId} and settled_why is not null
    order by thread_id, id`;
}

/** As `eraseReasons` does. What was told of a concern is known by its key, and cut where its words begin. */
export async function eraseConcern(
  db: Db,
  userId: string,
  concernId: string,
): Promise<{ messageId: string; rfcSlug: string }[]> {
  const notices = await db<{ messageId: string; rfcSlug: string }[]>`
    with c as (select *, 'concern:' || id || ':' as key from concerns where id = ${concernId}),
    told as (
      select m.id, c.rfc_slug, case
        when m.dedup_key = c.key || 'withdrawn' then null
        when m.dedup_key = c.key || 'resolved' then
          case when c.settled_by = ${userId} then ' resolved concern #' || c.number end
        when c.author_user_id <> ${userId} then null
        when m.dedup_key = c.key || 'open' then ' raised concern #' || c.number
        else ' It says:' end as until
      from c join thread_messages m on m.thread_id = c.thread_id
        and m.role = 'system' and starts_with(m.dedup_key, c.key)
    )
    update thread_messages m set edited_at = now(),
      text = left(m.text, strpos(m.text, told.until) + length(told.until) - 1) || ${` ${ERASED}`}
    from told
    where m.id = told.id and strpos(m.text, told.until) > 0
      and not m.text like ${`%${ERASED}`}
    returning m.id as message_id, told.rfc_slug`;
  await db`
    update concerns set
      text = case when author_user_id = ${userId} then ${ERASED} else text end,
      settled_why = case when settled_by = ${userId} then null else settled_why end
    where id = ${concernId}`;
  return notices;
}

/** Where envelopes of the platforms' messages, as they are kept, name who wrote them. */
const AUTHORS = ["$.event.user", "$.event.message.user", "$.d.author.id"];

/**
 * What came in from the person's accounts and is kept: of what waits, the messages that nobody is at work on,
 * which are heard no more; of what was given up, all that has to do with them. Then early edits of theirs, and
 * what is remembered to be discussed.
 */
export async function eraseCopies(db: Db, userId: string): Promise<void> {
  const isAuthor = AUTHORS.map(
    (path) => db`
    jsonb_path_query_first(n.payload, ${path}::jsonpath) #>> '{}' = i.platform_user_id`,
  );
  await db`
    update inbox n set payload = '{}', state = 'done', lease_until = null
    from identities i
    where i.user_id = ${userId} and n.source = i.platform and n.state = 'waiting'
      and (n.lease_until is null or n.lease_until < clock_timestamp())
      and (${isAuthor[0]!} or ${isAuthor[1]!} or ${isAuthor[2]!})`;
  await db`
    update inbox n set payload = '{}' from identities i
    where i.user_id = ${userId} and n.source = i.platform and n.state = 'failed'
      and strpos(n.payload::text, '"' || i.platform_user_id || '"') > 0`;
  await db`
    update chat_messages c set early_edit = null, early_quote = null from thread_messages m
    where m.id = c.message_id and m.author_user_id = ${userId}`;
  await db`
    delete from discussed_messages d using identities i
    where i.user_id = ${userId} and d.platform = i.platform and d.workspace_id = i.workspace_id
      and d.person_id = i.platform_user_id`;
}

/** Stands in a private message that may be on its way, and whose words are to be told no more. */
const TAKEN_BACK =
  "Something was said in a conversation that you have a part in; whoever said it has taken it back.";

/**
 * Private messages to others that repeat the person's words and were not sent yet: what they told is told anew,
 * with what is left of it. What the person's messages, concerns, changes and decisions are is to be erased by then.
 */
export async function takeBackUntold(db: Db, userId: string): Promise<void> {
  const waiting = await db<{ id: string; userId: string; kind: string; isPending: boolean }[]>`
    select p.id, p.user_id, p.kind, p.state = 'pending' as is_pending from private_messages p
    where p.state in ('pending', 'sending') and p.markdown <> '' and exists (
      select 1 from notifications n
        left join thread_messages m on m.id = n.message_id
        left join changes c on c.id = n.change_id
      where n.told_in = p.id and (m.author_user_id = ${userId} or c.author_user_id = ${userId}
        or exists (
          select 1 from decisions d where d.change_id = n.change_id and d.user_id = ${userId})
        or exists (
          select 1 from concerns k
          where n.kind in ('concern_passage_changed', 'concern_settled')
            and k.id::text = split_part(n.subject, ':', 1)
            and (k.author_user_id = ${userId} or k.settled_by = ${userId}))))
    order by p.id for update`;
  const pending = waiting.filter(({ isPending }) => isPending);
  const ids = pending.map(({ id }) => id);
  await db`
    update private_messages set markdown = ${TAKEN_BACK}
    where id = any(${waiting.map(({ id }) => id)}::uuid[]) and state = 'sending'`;
  await db`
    update notifications set told_at = null, told_in = null where told_in = any(${ids}::uuid[])`;
  await db`delete from private_messages where id = any(${ids}::uuid[])`;
  const toldBy = (by: string): string[] =>
    pending.filter(({ kind }) => kind === by).map((one) => one.userId);
  await db`
    update notification_settings set direct_after = null
    where user_id = any(${toldBy("direct")}::uuid[])`;
  await db`
    update notification_settings set digest_due_at = now()
    where user_id = any(${toldBy("digest")}::uuid[])`;
}
