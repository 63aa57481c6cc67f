/**
 * What became of the messages of a place. A row may be there before its message: an edit or the deletion can
 * come first, and a deletion holds for ever.
 */
import type { ChatPerson, ChatPlace } from "../chat/chat-event.ts";
import type { Db } from "./database.ts";
import { isUuid } from "./database.ts";

/** A message, by the platform's own names. */
export interface ChatMessageKey {
  at: ChatPlace;
  id: string;
}

export interface ChatMessageRow {
  /** Null while the message has not come itself. */
  takenAs: "message" | "command" | "hint" | null;
  messageId: string | null;
  earlyEdit: string | null;
  /** What that edit quotes. */
  earlyQuote: string | null;
  deletedAt: Date | null;
  /** Whether an edit of it has nothing to tell its author: it addressed Redline before, or is gone. */
  editTold: boolean;
}

const COLUMNS = "taken_as, message_id, early_edit, early_quote, deleted_at, edit_told";

export async function findChatMessage(
  db: Db,
  { at, id }: ChatMessageKey,
): Promise<ChatMessageRow | null> {
  const [row] = await db<ChatMessageRow[]>`
    select ${db.unsafe(COLUMNS)} from chat_messages
    where platform = ${at.platform} and workspace_id = ${at.workspaceId} and place = ${at.place}
      and platform_message_id = ${id}`;
  return row ?? null;
}

/** Notes what a message became, once; answers with what is known of it, such as an edit that came first. */
export async function putChatMessage(
  db: Db,
  { at, id }: ChatMessageKey,
  became:
    | { takenAs: "message"; messageId: string }
    /** `editTold`: whether it said what it asks of Redline. */
    | { takenAs: "command"; editTold: boolean }
    | { takenAs: "hint"; personId: string },
): Promise<ChatMessageRow> {
  const editTold = became.takenAs === "command" ? became.editTold : became.takenAs === "hint";
  const hinted = became.takenAs === "hint" ? became.personId : null;
  const messageId = became.takenAs === "message" ? became.messageId : null;
  const [row] = await db<ChatMessageRow[]>`
    insert into chat_messages as c (platform, workspace_id, place, platform_message_id, taken_as,
      message_id, hinted_person, edit_told)
    values (${at.platform}, ${at.workspaceId}, ${at.place}, ${id}, ${became.takenAs}, ${messageId},
      ${hinted}, ${editTold})
    on conflict (platform, workspace_id, place, platform_message_id) do update set
      taken_as = coalesce(c.taken_as, excluded.taken_as),
      hinted_person = coalesce(c.hinted_person, excluded.hinted_person),
      edit_told = c.edit_told or excluded.edit_told,
      message_id = case when c.taken_as is null then excluded.message_id else c.message_id end
    returning ${db.unsafe(COLUMNS)}`;
  return row!;
}

/** Keeps how a message reads that has not come yet; answers with what is known of it. */
export async function putEarlyEdit(
  db: Db,
  { at, id }: ChatMessageKey,
  { text, quote }: { text: string; quote: string | null },
): Promise<ChatMessageRow> {
  const [row] = await db<ChatMessageRow[]>`
    insert into chat_messages as c (platform, workspace_id, place, platform_message_id, early_edit,
      early_quote)
    values (${at.platform}, ${at.workspaceId}, ${at.place}, ${id}, ${text}, ${quote})
    on conflict (platform, workspace_id, place, platform_message_id) do update set
      early_edit = case when c.taken_as is null then excluded.early_edit end,
      early_quote = case when c.taken_as is null then excluded.early_quote end
    returning ${db.unsafe(COLUMNS)}`;
  return row!;
}

/** Notes that a message was deleted, whether it has come or not. */
export async function putDeletion(db: Db, { at, id }: ChatMessageKey): Promise<ChatMessageRow> {
  const [row] = await db<ChatMessageRow[]>`
    insert into chat_messages as c (platform, workspace_id, place, platform_message_id, deleted_at,
      edit_told)
    values (${at.platform}, ${at.workspaceId}, ${at.place}, ${id}, now(), true)
    on conflict (platform, workspace_id, place, platform_message_id) do update set
      deleted_at = coalesce(c.deleted_at, excluded.deleted_at), early_edit = null,
      early_quote = null, edit_told = true
    returning ${db.unsafe(COLUMNS)}`;
  return row!;
}

/** Notes that an edit left nothing of a message: it counts as deleted, and may yet be edited. */
export async function putEmptied(db: Db, { at, id }: ChatMessageKey): Promise<ChatMessageRow> {
  const [row] = await db<ChatMessageRow[]>`
    insert into chat_messages as c (platform, workspace_id, place, platform_message_id, deleted_at)
    values (${at.platform}, ${at.workspaceId}, ${at.place}, ${id}, now())
    on conflict (platform, workspace_id, place, platform_message_id) do update set
      deleted_at = coalesce(c.deleted_at, excluded.deleted_at), early_edit = null,
      early_quote = null, edit_told = c.edit_told and c.deleted_at is not null
    returning ${db.unsafe(COLUMNS)}`;
  return row!;
}

/** Its author knows by now that an edit of it asks nothing. */
export async function putEditTold(db: Db, { at, id }: ChatMessageKey): Promise<void> {
  await db`
    update chat_messages set edit_told = true
    where platform = ${at.platform} and workspace_id = ${at.workspaceId} and place = ${at.place}
      and platform_message_id = ${id}`;
}

/** Whether the person was told in the place already how it can be linked. */
export async function wasHinted(db: Db, at: ChatPlace, personId: string): Promise<boolean> {
  const [row] = await db<{ hinted: boolean }[]>`
    select exists (
      select 1 from chat_messages
      where platform = ${at.platform} and workspace_id = ${at.workspaceId} and place = ${at.place}
        and taken_as = 'hint' and hinted_person = ${personId}) as hinted`;
  return row!.hinted;
}

/** A message that a form for one person is about. */
export interface DiscussedMessage {
  at: ChatPlace;
  personId: string;
  text: string;
  isPrivate: boolean;
  isPublic: boolean;
}

/** Whether the form was for this person. */
export function isAskedOf(
  { at, personId }: DiscussedMessage,
  by: Pick<ChatPerson, "platform" | "workspaceId" | "id">,
): boolean {
  return personId === by.id && at.platform === by.platform && at.workspaceId === by.workspaceId;
}

/** Answers with what the form carries. */
export async function putDiscussed(db: Db, message: DiscussedMessage): Promise<string> {
  const { platform, workspaceId, place } = message.at;
  await db`delete from discussed_messages where created_at < now() - interval '1 day'`;
  const [row] = await db<{ ref: string }[]>`
    insert into discussed_messages (platform, workspace_id, place, person_id, text, private,
      public)
    values (${platform}, ${workspaceId}, ${place}, ${message.personId}, ${message.text},
      ${message.isPrivate}, ${message.isPublic})
    returning ref`;
  return row!.ref;
}

export async function findDiscussed(db: Db, ref: string): Promise<DiscussedMessage | null> {
  if (!isUuid(ref)) return null;
  const [row] = await db<(ChatPlace & Omit<DiscussedMessage, "at">)[]>`
    select platform, workspace_id, place, person_id, text, private as is_private, public as is_public
    from discussed_messages where ref = ${ref}`;
  if (!row) return null;
  const { platform, workspaceId, place, ...message } = row;
  return { at: { platform, workspaceId, place }, ...message };
}
