/** Puts what people are to be told into private messages: one each, in the transaction that notes it as told. */
import { randomUUID } from "node:crypto";

import type { ChatPlatformName } from "../chat/chat-event.ts";
import type { ChatPlatform } from "../chat/chat-platform.ts";
import { groupBy } from "../group-by.ts";
import type { Links } from "../reviews/links.ts";
import type { Tx } from "../store/database.ts";
import type { Mailbox, NewPrivateMessage } from "../store/private-messages.ts";
import { insertPrivateMessages } from "../store/private-messages.ts";
import type { ThreadPlace, UntoldGroup } from "../store/untold.ts";
import { listMailboxes, listNewest, listThreadPlaces, takeUntold } from "../store/untold.ts";
import type { NotificationCategory } from "./notification.ts";
import type { News, Telling } from "./telling.ts";
import { chooseMailbox, composeDigest, composeDirect } from "./telling.ts";

export interface GatheringParts {
  platforms: ReadonlyMap<ChatPlatformName, ChatPlatform>;
  links: Links;
  /** Tells the console's address as people reach it. */
  publicUrl(): string;
}

/** Lines of one message. */
const MOST_NEWS = 15;

/**
 * Everything untold of these people is told then, or needs no telling. Answers with whom a message was made for.
 *
 * @param people `wanted`: whether they want to be written to
 */
export async function gather(
  tx: Tx,
  parts: GatheringParts,
  category: NotificationCategory,
  people: readonly { userId: string; wanted: boolean }[],
): Promise<string[]> {
  const platforms = [...parts.platforms.values()];
  const names = platforms.map(({ name }) => name);
  const telling = platforms.filter(({ words }) => words.tellsParticipants).map(({ name }) => name);
  const ids = people.map(({ userId }) => userId);
  const boxes = groupBy(await listMailboxes(tx, ids, names), ({ userId }) => userId);
  const messageIds = new Map(
    people.map(({ userId, wanted }) => {
      return [userId, wanted && boxes.has(userId) ? randomUUID() : null];
    }),
  );
  const given = [...messageIds].map(([userId, messageId]) => ({ userId, messageId }));
  const groups = await takeUntold(tx, category, given, { telling, most: MOST_NEWS });
  const { newsOf, placesOf } = await lookUp(tx, groups);
  const made: NewPrivateMessage[] = [];
  for (const [userId, own] of groupBy(groups, (group) => group.userId)) {
    const news = newsOf(own);
    const places = placesOf(news);
    const mailboxes = boxes.get(userId) ?? [];
    const mailbox = chooseMailbox(mailboxes, news, places);
    if (!mailbox || news.length === 0) continue;
    const { platform, workspaceId, platformUserId } = mailbox;
    const more = own[0]!.groups - own.length;
    const content = { news, more, places, mailbox, mailboxes, ...wordingOf(parts, mailbox) };
    made.push({
      id: messageIds.get(userId)!,
      userId,
      platform,
      workspaceId,
      platformUserId,
      kind: category === "churn" ? "digest" : "direct",
      markdown: category === "churn" ? composeDigest(content) : composeDirect(content),
    });
  }
  await insertPrivateMessages(tx, made);
  return made.map(({ userId }) => userId);
}

/** What the groups are about, and where it is held. */
async function lookUp(tx: Tx, groups: readonly UntoldGroup[]) {
  const rows = await listNewest(tx, groups);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const threads = [...new Set(rows.flatMap(({ threadId }) => threadId ?? []))];
  const places = groupBy(await listThreadPlaces(tx, threads), ({ threadId }) => threadId);
  return {
    newsOf: (own: readonly UntoldGroup[]): News[] =>
      own.flatMap(({ count, names, newest: id }) => {
        const row = byId.get(id);
        return row && !row.isOver ? [{ row, count, names }] : [];
      }),
    placesOf: (news: readonly News[]): ThreadPlace[] => {
      const about = new Set(news.map(({ row }) => row.threadId ?? ""));
      return [...about].flatMap((threadId) => places.get(threadId) ?? []);
    },
  };
}

function wordingOf(
  { platforms, links, publicUrl }: GatheringParts,
  { platform }: Mailbox,
): Pick<Telling, "words" | "links" | "consoleUrl"> {
  return { words: platforms.get(platform)!.words, links, consoleUrl: publicUrl() };
}
