/** What a person was told, and what they choose to hear of. */
import { UserError } from "../errors.ts";
import { excerptLine, oneLine } from "../one-line.ts";
import type { Links } from "../reviews/links.ts";
import type { Sql } from "../store/database.ts";
import type { NotificationRow } from "../store/notifications.ts";
import { countUnread, listNotifications, setRead } from "../store/notifications.ts";
import { findSettings, putSettings } from "../store/notification-settings.ts";
import { findRfc } from "../store/rfcs.ts";
import { findThread } from "../store/threads.ts";
import { listWatched, mute, unmute, unwatch, watch } from "../store/watches.ts";
import { describeNotification } from "./describe.ts";
import type { NotificationDesk, NotificationView, Subject } from "./notification.ts";
import { parseTimeZone } from "./time-zones.ts";

const MOST = 100;

export function buildNotificationDesk(sql: Sql, links: Links): NotificationDesk {
  return {
    async list(userId, { before = null, limit = MOST }, sight = null) {
      const most = Math.min(Math.max(1, limit), MOST);
      const [rows, unread] = await Promise.all([
        listNotifications(sql, userId, { before, limit: most + 1, sight }),
        countUnread(sql, userId, sight),
      ]);
      const items = rows.slice(0, most).map((row) => viewOf(row, links));
      return { items, unread, before: rows.length > most ? items.at(-1)!.id : null };
    },
    markRead: (userId, ids) => setRead(sql, userId, ids),
    settings: (userId) => findSettings(sql, userId),
    async choose(userId, set) {
      const { timeZone } = set;
      const chosen = timeZone ? { ...set, timeZone: timeZoneOf(timeZone) } : set;
      return putSettings(sql, userId, chosen);
    },
    watched: (userId, sight) => listWatched(sql, userId, sight),
    async watch(userId, about, isWatched) {
      await assertKnown(sql, about);
      await (isWatched ? watch : unwatch)(sql, userId, about);
    },
    async mute(userId, about, isMuted) {
      await assertKnown(sql, about);
      await (isMuted ? mute : unmute)(sql, userId, about);
    },
  };
}

/** Pure. */
function viewOf(row: NotificationRow, links: Links): NotificationView {
  const { id, kind, category, rfcSlug, rfcTitle, threadId, prNumber, changeId } = row;
  const excerpt = row.excerpt === null ? null : oneLine(row.excerpt).toWellFormed();
  return {
    id,
    kind,
    category,
    rfcSlug,
    rfcTitle,
    threadId,
    prNumber,
    changeId,
    text: describeNotification(row),
    excerpt: excerpt || null,
    url: row.pullUrl ?? pageOf(row, links),
    createdAt: row.createdAt,
    readAt: row.readAt,
  };
}

/** In the console, down to what it is about. */
function pageOf(row: NotificationRow, links: Links): string {
  const { rfcSlug, threadId, concernNumber, changeNumber, messageId } = row;
  // Concerns stand together, beside no thread of their own.
  if (concernNumber !== null) return `${links.rfc(rfcSlug)}#concern-${concernNumber}`;
  if (threadId === null) return links.rfc(rfcSlug);
  const thread = links.thread(rfcSlug, threadId);
  if (changeNumber !== null) return `${thread}#change-${changeNumber}`;
  return messageId === null ? thread : `${thread}#message-${messageId}`;
}

/** @throws UserError for a time zone that is none */
function timeZoneOf(name: string): string {
  const known = parseTimeZone(name);
  if (known !== null) return known;
  const said = excerptLine(name, 100);
  throw new UserError(
    "invalid-request",
    `“${said}” is no time zone; name one such as Europe/Berlin.`,
  );
}

/** @throws UserError not-found */
async function assertKnown(sql: Sql, { rfcSlug, threadId }: Subject): Promise<void> {
  if (!(await findRfc(sql, rfcSlug))) {
    throw new UserError("not-found", "There is no RFC of that name.");
  }
  if (threadId === undefined) return;
  const thread = await findThread(sql, threadId);
  if (thread?.rfcSlug === rfcSlug) return;
  throw new UserError("not-found", "There is no such thread about this RFC.");
}
