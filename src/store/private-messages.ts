/**
 * The outbox of private messages. One that is `sending` may be there already, whatever became of who sent it,
 * and is looked for before it is sent again.
 */
import type { ChatPerson, ChatPlatformName } from "../chat/chat-event.ts";
import type { Db, Sql } from "./database.ts";
import type { DueRows } from "./due.ts";

/** An account that somebody can be written to. */
export interface Mailbox {
  platform: ChatPlatformName;
  workspaceId: string;
  platformUserId: string;
}

export interface NewPrivateMessage extends Mailbox {
  id: string;
  userId: string;
  kind: "direct" | "digest";
  markdown: string;
}

/** One that is to be sent, leased. */
export interface HeldPrivateMessage extends NewPrivateMessage {
  /** Whether it may be there already. */
  isRepeat: boolean;
  /** Failures before this. */
  attempts: number;
  epoch: number;
  createdAt: Date;
}

export async function insertPrivateMessages(
  db: Db,
  messages: readonly NewPrivateMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map((one) => ({
    id: one.id,
    user_id: one.userId,
    platform: one.platform,
    workspace_id: one.workspaceId,
    platform_user_id: one.platformUserId,
    kind: one.kind,
    markdown: one.markdown,
  }));
  // One text for however many rows: each that differs would be prepared, and kept, on every connection.
  await db`
    insert into private_messages (id, user_id, platform, workspace_id, platform_user_id, kind, markdown)
    select r.* from jsonb_to_recordset(${db.json(rows)}) as r(
      id uuid, user_id uuid, platform text, workspace_id text, platform_user_id text, kind text,
      markdown text)`;
}

/** Those that are due and that nobody has. */
const dueFrom = (db: Db) => db`
  from private_messages
  where state in ('pending', 'sending') and due_at <= now()
    and (lease_until is null or lease_until < clock_timestamp())`;

export const duePrivateMessages: DueRows = (db) => db`
  select 1 ${dueFrom(db)} order by kind desc, due_at`;

/**
 * Takes the one that is longest due, of these platforms; null where none is. What concerns somebody goes out at
 * once: before all digests, of which there are many in the morning.
 */
export async function claimPrivateMessage(
  db: Db,
  platforms: readonly ChatPlatformName[],
  leaseMs: number,
): Promise<HeldPrivateMessage | null> {
  const [held] = await db<HeldPrivateMessage[]>`
    with due as (
      select id, state ${dueFrom(db)} and platform = any(${[...platforms]})
      order by kind desc, due_at limit 1 for update skip locked
    )
    update private_messages p set state = 'sending', lease_epoch = lease_epoch + 1,
      lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    from due where p.id = due.id
    returning p.id, p.user_id, p.platform, p.workspace_id, p.platform_user_id, p.kind, p.markdown,
      p.attempts, p.lease_epoch as epoch, p.created_at, due.state = 'sending' as is_repeat`;
  return held ?? null;
}

/** False when another worker has it, or when it was put off. */
export async function renewPrivateMessage(
  db: Db,
  { id, epoch }: HeldPrivateMessage,
  leaseMs: number,
): Promise<boolean> {
  const rows = await db`
    update private_messages set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
    where id = ${id} and lease_epoch = ${epoch} and lease_until is not null and state = 'sending'
    returning 1`;
  return rows.length > 0;
}

/** It was sent. Its text is the person's now, and not kept here. */
export async function putSent(
  db: Db,
  { id, epoch }: HeldPrivateMessage,
  platformMessageId: string,
): Promise<void> {
  await db`
    update private_messages set state = 'sent', sent_at = now(), lease_until = null, markdown = '',
      platform_message_id = ${platformMessageId}
    where id = ${id} and lease_epoch = ${epoch} and state = 'sending'`;
}

/** It is tried again. `maybeSent`: whether it has to be looked for then. */
export async function putLater(
  db: Db,
  { id, epoch, attempts }: HeldPrivateMessage,
  next: { inMs: number; maybeSent: boolean; failed: boolean },
): Promise<void> {
  await db`
    update private_messages set state = ${next.maybeSent ? "sending" : "pending"}, lease_until = null,
      due_at = now() + ${next.inMs} * interval '1 ms', attempts = ${next.failed ? attempts + 1 : attempts}
    where id = ${id} and lease_epoch = ${epoch} and state = 'sending'`;
}

/** Nothing that waits for the workspace is tried for so long. */
export async function postponeAll(
  db: Db,
  { platform, workspaceId }: Omit<Mailbox, "platformUserId">,
  forMs: number,
): Promise<void> {
  await db`
    update private_messages set due_at = now() + ${forMs} * interval '1 ms'
    where state in ('pending', 'sending') and due_at < now() + ${forMs} * interval '1 ms'
      and lease_until is null
      and platform = ${platform} and workspace_id = ${workspaceId}`;
}

/** It is not tried any more; the notifications in it stay in the console. */
export async function putFailed(db: Db, held: HeldPrivateMessage, why: string): Promise<boolean> {
  const rows = await db`
    update private_messages set state = 'failed', lease_until = null, markdown = '', failure = ${why}
    where id = ${held.id} and lease_epoch = ${held.epoch} and state = 'sending' returning 1`;
  return rows.length > 0;
}

/**
 * Nothing reaches the person by this account until they are heard of there again; what the message told is to
 * be told by another one, if there is one.
 */
export async function putUnreachable(
  sql: Sql,
  held: HeldPrivateMessage,
  why: string,
): Promise<void> {
  const { id, userId, platform, platformUserId } = held;
  await sql.begin(async (tx) => {
    if (!(await putFailed(tx, held, why))) return;
    // The account may be known in several workspaces.
    await tx`
      update identities set unreachable_since = now(), unreachable_why = ${why}
      where platform = ${platform} and platform_user_id = ${platformUserId}
        and unreachable_since is null`;
    await tx`update notifications set told_at = null, told_in = null where told_in = ${id}`;
    await tx`update notification_settings set direct_after = null where user_id = ${userId}`;
  });
}

/** Forgets what was sent, or given up, long ago. */
export async function prunePrivateMessages(db: Db, before: Date): Promise<void> {
  await db`
    delete from private_messages where state in ('sent', 'failed') and created_at < ${before}`;
}

export const toPerson = ({ platform, workspaceId, platformUserId }: Mailbox): ChatPerson => ({
  platform,
  workspaceId,
  id: platformUserId,
});
