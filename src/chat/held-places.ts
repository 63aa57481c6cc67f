/** Places of chat where threads are held. */
import { oneLine } from "../one-line.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { LinkReach } from "../store/thread-links.ts";
import { findLink } from "../store/thread-links.ts";
import { findThread } from "../store/threads.ts";
import type { ChatPlace } from "./chat-event.ts";
import type { CommandContext, Held } from "./command-context.ts";
import type { ChatServices } from "./services.ts";

/** What is held in a place. */
export async function findHeld(
  { sql }: Pick<ChatServices, "sql">,
  at: ChatPlace,
): Promise<Held | null> {
  const link = await findLink(sql, at);
  const thread = link && (await findThread(sql, link.threadId));
  return thread ? { link, thread } : null;
}

/** Where it is not known who reads along, nobody else hears of it. */
export function reachIn(isPublic: boolean | undefined): LinkReach {
  return isPublic === true ? "workspace" : "channel";
}

/** In a channel, with a message that stands for the command. */
export function beginThread(
  { platform, by, key, since }: Pick<CommandContext, "platform" | "by" | "key" | "since">,
  channel: string,
  rfc: Pick<Rfc, "slug" | "title">,
): Promise<ChatPlace> {
  const words = `“${oneLine(rfc.title)}” (\`${rfc.slug}\`) is discussed in this thread.`;
  return platform.startThread(by.workspaceId, channel, words, key, since);
}

/** The key of the message that a linked place begins with; by it the command finds what it did. */
export function greetingKey(key: string): string {
  return `greeting:${key}`;
}
