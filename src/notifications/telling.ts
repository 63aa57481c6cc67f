/** What a private message says, and by which of a person's accounts they get it. Pure. */
import type { PlatformWords } from "../chat/chat-platform.ts";
import { asCode } from "../chat/wording.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import { inertLine } from "../rendering/neutralise.ts";
import type { Links } from "../reviews/links.ts";
import type { NotificationRow } from "../store/notifications.ts";
import type { Mailbox } from "../store/private-messages.ts";
import type { ThreadPlace } from "../store/untold.ts";
import { describeNotification, describeSeveral } from "./describe.ts";
import type { NotificationKind } from "./notification.ts";

/** What happened: one thing, or several of a kind in one thread. */
export interface News {
  /** The newest of them. */
  row: NotificationRow;
  count: number;
  /** Who wrote, or some of them. */
  names: readonly string[];
}

export interface Telling {
  news: readonly News[];
  /** News beyond these. */
  more: number;
  /** Of the threads in the news. */
  places: readonly ThreadPlace[];
  mailbox: Mailbox;
  /** All by which the person can be reached. */
  mailboxes: readonly Mailbox[];
  words: Pick<PlatformWords, "commandPrefix">;
  links: Links;
  /** The console's address. */
  consoleUrl: string;
}

/**
 * The account that was heard of last among those that may see everything; where none may, the last heard of,
 * which is then told less.
 *
 * @param mailboxes reachable ones, the newest heard of first
 */
export function chooseMailbox(
  mailboxes: readonly Mailbox[],
  news: readonly News[],
  places: readonly ThreadPlace[],
): Mailbox | null {
  const seesAll = (mailbox: Mailbox): boolean =>
    news.every(({ row }) => {
      const live = liveIn(placesOf(row, places));
      return live.length === 0 || live.some((place) => isAt(mailbox, place));
    });
  return mailboxes.find(seesAll) ?? mailboxes[0] ?? null;
}

/** UTF-16 units, which leaves every platform room for its own escapes. */
const MOST = 2_800;
const EXCERPT = 240;

/** What is told at once. */
export function composeDirect(telling: Telling): string {
  const { words } = telling;
  const stop = `To stop this: ${asCode(words, "mute")} in the thread, or ${asCode(words, "notify direct off")} here.`;
  return compose(telling, [], stop, "\n\n", (news) => {
    const quote = excerptOf(news, telling);
    return `${lineOf(news, telling)}${quote === "" ? "" : `\n> ${quote}`}`;
  });
}

/** What is told together, once an hour or a day. */
export function composeDigest(telling: Telling): string {
  const { words } = telling;
  const rhythms = `${asCode(words, "notify hourly")} and ${asCode(words, "notify daily")} set when it comes`;
  const stop = `To stop this: ${asCode(words, "unwatch")} or ${asCode(words, "mute")} in a thread, or ${asCode(words, "notify off")} here; ${rhythms}.`;
  return compose(telling, ["**What happened since the last summary**"], stop, "\n", (news) => {
    return `- ${lineOf(news, telling)}`;
  });
}

function compose(
  telling: Telling,
  head: readonly string[],
  stop: string,
  between: string,
  describe: (news: News) => string,
): string {
  const parts: string[] = [];
  let length = 0;
  for (const news of telling.news) {
    const part = describe(news);
    length += part.length + between.length;
    // The first is always told.
    if (parts.length > 0 && length > MOST) break;
    parts.push(part);
  }
  const left = telling.more + telling.news.length - parts.length;
  const rest = left > 0 ? [`And ${left} more: ${telling.consoleUrl}`] : [];
  const why = `_You get this because ${whysOf(telling.news)}. ${stop}_`;
  return [...head, parts.join(between), ...rest, why].join("\n\n");
}

function lineOf(news: News, telling: Telling): string {
  const { row, count, names } = news;
  const known = mayTell(row, telling);
  // Of a closed place elsewhere only that something was said.
  const facts = known ? row : { ...row, threadTitle: null, by: null, why: null };
  const sentence =
    count > 1 ? describeSeveral(facts, count, known ? names : []) : describeNotification(facts);
  return `${inertLine(sentence)} ${urlOf(row, telling)}`;
}

function excerptOf({ row }: News, telling: Telling): string {
  if (row.excerpt === null || !mayTell(row, telling) || isClosed(row, telling)) return "";
  return inertLine(excerptLine(row.excerpt.toWellFormed(), EXCERPT - 1));
}

/**
 * Whether it may be told to the account what happened in the thread: elsewhere nothing of a closed place, nor of
 * a workspace in which nothing reaches the person, who may have left it.
 */
function mayTell(row: NotificationRow, { mailbox, mailboxes, places }: Telling): boolean {
  const own = placesOf(row, places);
  const live = liveIn(own);
  if (live.some((place) => isAt(mailbox, place))) return true;
  if (!own.every((place) => place.reach === "workspace" || isAt(mailbox, place))) return false;
  const isOnPullRequest = own.some(({ isLive, platform }) => isLive && platform === "github");
  if (live.length === 0 || isOnPullRequest) return true;
  return mailboxes.some((one) => live.some((place) => isAt(one, place)));
}

/** Held where only some may read: whether the person still may, the platform alone knows. So nothing is quoted. */
function isClosed(row: NotificationRow, { mailbox, places }: Telling): boolean {
  const own = placesOf(row, places);
  if (own.some((place) => place.isLive && place.reach === "workspace" && isAt(mailbox, place))) {
    return false;
  }
  return own.some(({ reach }) => reach === "channel");
}

/** Where the person can look: in their own workspace, on the pull request, or in the console. */
function urlOf(row: NotificationRow, { mailbox, places, links }: Telling): string {
  const here = placesOf(row, places).find(
    (place) => place.isLive && place.url !== null && isAt(mailbox, place),
  );
  if (here?.url) return here.url;
  if (row.pullUrl !== null) return row.pullUrl;
  return row.threadId === null ? links.rfc(row.rfcSlug) : links.thread(row.rfcSlug, row.threadId);
}

function placesOf(
  { threadId }: Pick<NotificationRow, "threadId">,
  places: readonly ThreadPlace[],
): readonly ThreadPlace[] {
  return places.filter((place) => place.threadId === threadId);
}

/** Those in chat that are held now. */
function liveIn(places: readonly ThreadPlace[]): readonly ThreadPlace[] {
  return places.filter(({ isLive, platform }) => isLive && platform !== "github");
}

const isAt = (mailbox: Mailbox, place: ThreadPlace): boolean =>
  place.platform === mailbox.platform && place.workspaceId === mailbox.workspaceId;

/** Why somebody is told, by what they are told. */
function whysOf(news: readonly News[]): string {
  const whys = [...new Set(news.map(({ row }) => whyOf(row)))];
  return oneLine(new Intl.ListFormat("en").format(whys));
}

function whyOf({ kind, category }: { kind: NotificationKind; category: string }): string {
  switch (kind) {
    case "chat_reply_to_my_message":
      return "you wrote in the thread";
    case "chat_message_in_participated_thread":
      return "you watch what is discussed there";
    case "change_accepted":
    case "change_declined":
    case "change_stale":
    case "change_conflicted":
      return "the change is yours";
    case "decision_requested":
      return "you may decide on changes there";
    case "rfc_merged":
    case "rfc_closed":
      return category === "churn" ? "you watch the RFC" : "you took part in its discussion";
    case "concern_passage_changed":
    case "concern_settled":
      return "the concern is yours";
    case "merge_word_requested":
      return "your word is asked for";
    case "merge_settled":
      return "you were asked, or watch the RFC";
  }
}
