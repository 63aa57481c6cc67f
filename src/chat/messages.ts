/** What people say in the places of threads: kept as history, and answered where that is wanted. */
import { MAX_MESSAGE } from "../conversation/conversations.ts";
import { followDeletion, followEdit } from "../conversation/followed-messages.ts";
import type { User } from "../engine.ts";
import { isStorable } from "../storable.ts";
import type { ChatMessageKey, ChatMessageRow } from "../store/chat-messages.ts";
import {
  findChatMessage,
  putChatMessage,
  putDeletion,
  putEarlyEdit,
  putEmptied,
} from "../store/chat-messages.ts";
import { putLimitNotice } from "../store/command-counts.ts";
import { findByDedupKey, listAsked } from "../store/messages.ts";
import { findLink, isSaidApart } from "../store/thread-links.ts";
import type { ChatMessage, ChatPerson } from "./chat-event.ts";
import { channelOf } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { Held } from "./command-context.ts";
import { describeQuiet } from "./descriptions.ts";
import { participationIn } from "./participation.ts";
import type { ChatServices } from "./services.ts";
import type { OverLimit } from "./turn-limits.ts";
import { overLimit, TURN_LIMIT } from "./turn-limits.ts";

/** What is said, and whether an answer is wanted. */
export interface Said {
  text: string;
  quote: string | null;
  wantsAnswer: boolean;
}

/** Who asks something outside of messages. */
interface Questioner {
  by: ChatPerson;
  user: User;
  platform: Pick<ChatPlatform, "words">;
  isPrivate: boolean;
}

/** How a message reads since it was edited. */
type Edit = Pick<Said, "text" | "quote">;

/**
 * Keeps a message in the thread's history, and asks for a turn. Answers with what the person is to be told,
 * such as that there is no answer for now. @throws UserError
 */
export async function takeMessage(
  services: ChatServices,
  held: Held,
  message: ChatMessage,
  said: Said,
  by: User,
): Promise<string | null> {
  const { sql } = services;
  const known = await findChatMessage(sql, message);
  if (known?.deletedAt) return null;
  const dedupKey = keyOf(message);
  const { text, quote } = editIn(known) ?? said;
  const content = { text, dedupKey, saidIn: held.link.id, ...(quote !== null && { quote }) };
  const first = await findByDedupKey(sql, held.thread.id, dedupKey);
  const limit = said.wantsAnswer && !first?.turnId ? await limitOf(services, by, message.by) : null;
  const asks = said.wantsAnswer && limit === null && isAskable(first);
  const { threads } = services.engine;
  const { messageId } = asks
    ? await threads.post(held.thread.id, content, by)
    : await threads.record(held.thread.id, content, by);
  const row = await putChatMessage(sql, message, { takenAs: "message", messageId });
  // What came while it was being stored found no message yet.
  if (row.deletedAt) await deleteStored(services, messageId);
  else {
    const edit = editIn(row);
    if (edit) await followEdit(services, messageId, edit);
  }
  return limit && (await putLimitNotice(sql, by.id, limit.until)) ? limit.told : null;
}

/** How a message reads whose edit came before it did. */
function editIn(row: ChatMessageRow | null): Edit | null {
  if (!row || row.earlyEdit === null) return null;
  return { text: row.earlyEdit, quote: row.earlyQuote };
}

/** The message reads otherwise now. Of places where no thread is held only what is known follows. */
export async function takeEdit(services: ChatServices, message: ChatMessage): Promise<void> {
  const { text, quote } = message;
  if (!(await concerns(services, message))) return;
  if (text.trim() === "") return takeEmptying(services, message);
  if (!isKeepable(text) || !isKeepable(quote ?? "")) return;
  const known = await findChatMessage(services.sql, message);
  // One that was emptied stays deleted: what stood there is not to come back in another's place.
  if (known?.deletedAt) return;
  // What is written among few since then is not for the other places, which would show it.
  if (known?.messageId && (await isSaidApart(services.sql, known.messageId))) return;
  const edit = { text, quote };
  const { takenAs, messageId, deletedAt } = await putEarlyEdit(services.sql, message, edit);
  if (takenAs === "message" && messageId !== null && deletedAt === null) {
    await followEdit(services, messageId, edit);
  }
}

/** Nothing is left of what it said: that is to be nowhere any more, as if it were deleted. */
async function takeEmptying(services: ChatServices, key: ChatMessageKey): Promise<void> {
  const { messageId } = await putEmptied(services.sql, key);
  if (messageId !== null) await deleteStored(services, messageId);
}

/** Whether the engine takes it as a message's text. */
function isKeepable(text: string): boolean {
  return text.length <= MAX_MESSAGE && isStorable(text);
}

export async function takeDeletion(services: ChatServices, key: ChatMessageKey): Promise<void> {
  if (!(await concerns(services, key))) return;
  const { messageId } = await putDeletion(services.sql, key);
  if (messageId !== null) await deleteStored(services, messageId);
}

async function concerns({ sql }: ChatServices, key: ChatMessageKey): Promise<boolean> {
  return (await findLink(sql, key.at)) !== null || (await findChatMessage(sql, key)) !== null;
}

function keyOf({ at, id }: ChatMessage): string {
  return `${at.platform}:${at.workspaceId}:${channelOf(at)}:${id}`;
}

/** Asks what was said outside of messages, or only keeps it; answers with what the person is to be told. */
export async function askWithin(
  services: ChatServices,
  { link, thread }: Held,
  { by, user, isPrivate, platform }: Questioner,
  about: { text: string; quote?: string; dedupKey: string },
): Promise<string | null> {
  const { threads } = services.engine;
  const content = { ...about, saidIn: link.id };
  const said = { text: about.text, addressed: true, addressesOther: false, isPrivate };
  if (participationIn(link.mode, said) === "hint") {
    await threads.record(thread.id, content, user);
    return describeQuiet(platform.words);
  }
  const first = await findByDedupKey(services.sql, thread.id, about.dedupKey);
  const limit = first?.turnId ? null : await limitOf(services, user, by);
  if (limit === null && isAskable(first)) await threads.post(thread.id, content, user);
  else await threads.record(thread.id, content, user);
  return limit && limit.told;
}

/** What was kept without a turn before, when the same event came first, stays without one. */
function isAskable(first: { turnId: string | null } | null): boolean {
  return first === null || first.turnId !== null;
}

/** Why this person gets no answer for now. */
export async function limitOf(
  { sql, platforms }: ChatServices,
  user: User,
  { platform, workspaceId }: ChatPerson,
): Promise<OverLimit | null> {
  const within = { ms: TURN_LIMIT.windowMs, most: TURN_LIMIT.workspace };
  const asked = await listAsked(sql, { userId: user.id, platform, workspaceId }, within);
  const word = platforms.get(platform)?.words.workspace ?? "workspace";
  return overLimit(asked, TURN_LIMIT, new Date(), word);
}

function deleteStored({ sql, relay, engine }: ChatServices, messageId: string): Promise<void> {
  const cancel = (turnId: string): Promise<unknown> => engine.turns.cancel(turnId);
  return followDeletion({ sql, relay, cancel }, messageId);
}
