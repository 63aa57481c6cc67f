/** What people say in the places of threads: kept as history, and answered where that is wanted. */
import { transact } from "../conversation/transact.ts";
import type { User } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { ChatMessageKey, ChatMessageRow } from "../store/chat-messages.ts";
import {
  findChatMessage,
  putChatMessage,
  putDeletion,
  putEarlyEdit,
} from "../store/chat-messages.ts";
import {
  deleteMessage,
  editMessage,
  findByDedupKey,
  findThreadOf,
  listAsked,
} from "../store/messages.ts";
import { findLink } from "../store/thread-links.ts";
import { lockThreads } from "../store/threads.ts";
import type { ChatMessage, ChatPerson } from "./chat-event.ts";
import { channelOf } from "./chat-event.ts";
import type { Held } from "./command-context.ts";
import type { ChatServices } from "./services.ts";
import { overLimit, TURN_LIMIT } from "./turn-limits.ts";

/** What is said, and whether an answer is wanted. */
export interface Said {
  text: string;
  quote: string | null;
  wantsAnswer: boolean;
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
  const { engine, sql } = services;
  const known = await findChatMessage(sql, message);
  if (known?.deletedAt) return null;
  const dedupKey = keyOf(message);
  const { text, quote } = editIn(known) ?? said;
  const content = { text, dedupKey, ...(quote !== null && { quote }) };
  const limit = said.wantsAnswer ? await limitOf(services, held, by, message.by, dedupKey) : null;
  const { messageId } =
    said.wantsAnswer && limit === null
      ? await engine.threads.post(held.thread.id, content, by)
      : await engine.threads.record(held.thread.id, content, by);
  const row = await putChatMessage(sql, message, { takenAs: "message", messageId });
  // What came while it was being stored found no message yet.
  if (row.deletedAt) await deleteStored(services, messageId);
  else {
    const edit = editIn(row);
    if (edit) await editStored(services, messageId, edit);
  }
  return limit;
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
  if (text.trim() === "" || !isStorable(text) || !isStorable(quote ?? "")) return;
  const edit = { text, quote };
  const { takenAs, messageId, deletedAt } = await putEarlyEdit(services.sql, message, edit);
  if (takenAs === "message" && messageId !== null && deletedAt === null) {
    await editStored(services, messageId, edit);
  }
}

function isStorable(text: string): boolean {
  return text.length <= LONGEST && !text.includes("\0") && text.isWellFormed();
}

export async function takeDeletion(services: ChatServices, key: ChatMessageKey): Promise<void> {
  if (!(await concerns(services, key))) return;
  const { messageId } = await putDeletion(services.sql, key);
  if (messageId !== null) await deleteStored(services, messageId);
}

async function concerns({ sql }: ChatServices, key: ChatMessageKey): Promise<boolean> {
  return (await findLink(sql, key.at)) !== null || (await findChatMessage(sql, key)) !== null;
}

/** As much as the engine takes of a message. */
const LONGEST = 64_000;

function keyOf({ at, id }: ChatMessage): string {
  return `${at.platform}:${at.workspaceId}:${channelOf(at)}:${id}`;
}

/** Asks what was said outside of messages, or only keeps it; answers with what the person is to be told. */
export async function askWithin(
  services: ChatServices,
  held: Held,
  by: ChatPerson,
  user: User,
  about: { text: string; quote?: string; dedupKey: string },
): Promise<string | null> {
  const limit = await limitOf(services, held, user, by, about.dedupKey);
  const { threads } = services.engine;
  if (limit === null) await threads.post(held.thread.id, about, user);
  else await threads.record(held.thread.id, about, user);
  return limit;
}

/** Why this person gets no answer for now; null for what has been asked already. */
async function limitOf(
  { sql }: ChatServices,
  { thread }: Held,
  user: User,
  { platform, workspaceId }: ChatPerson,
  dedupKey: string,
): Promise<string | null> {
  if (await findByDedupKey(sql, thread.id, dedupKey)) return null;
  const within = { ms: TURN_LIMIT.windowMs, most: TURN_LIMIT.workspace };
  const asked = await listAsked(sql, { userId: user.id, platform, workspaceId }, within);
  return overLimit(asked, TURN_LIMIT, new Date());
}

async function editStored(
  { sql, relay }: ChatServices,
  messageId: string,
  { text, quote }: Edit,
): Promise<void> {
  const threadId = await findThreadOf(sql, messageId);
  if (threadId === null) return;
  await transact(sql, relay, async (tx, emit) => {
    await lockThreads(tx, [threadId]);
    if (!(await editMessage(tx, messageId, text, quote))) return;
    await emit(threadId, { kind: "message", messageId, role: "user" });
  });
}

async function deleteStored(
  { sql, relay, engine }: ChatServices,
  messageId: string,
): Promise<void> {
  const threadId = await findThreadOf(sql, messageId);
  if (threadId === null) return;
  const abandoned = await transact(sql, relay, async (tx, emit) => {
    await lockThreads(tx, [threadId]);
    const deleted = await deleteMessage(tx, messageId);
    if (deleted) await emit(threadId, { kind: "message", messageId, role: "user" });
    return deleted?.abandonedTurnId ?? null;
  });
  if (abandoned === null) return;
  try {
    await engine.turns.cancel(abandoned);
  } catch (error) {
    // It may have begun in this moment; then it is answered, and the answer says to what.
    if (!(error instanceof UserError)) throw error;
  }
}
