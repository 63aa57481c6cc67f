/** The desk of notifications in memory: a test fills and reads its rows. */
import { UserError } from "../../src/errors.ts";
import type {
  NotificationDesk,
  NotificationSettings,
  NotificationView,
  Subject,
  WatchedRfc,
} from "../../src/notifications/notification.ts";
import { EARLIER, type FakeWorld } from "./fake-world.ts";

export class FakeNotifications implements NotificationDesk {
  /** Newest first. */
  readonly rows: NotificationView[] = [];
  chosen: NotificationSettings = { digest: "daily", timeZone: null, direct: true };
  readonly subjects: WatchedRfc[] = [];
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  add(fields: Partial<NotificationView> & Pick<NotificationView, "rfcSlug">): NotificationView {
    const row: NotificationView = {
      id: this.rows.length + 1,
      kind: "chat_reply_to_my_message",
      category: "personal-direct",
      rfcTitle: this.#world.rfc(fields.rfcSlug).title,
      threadId: null,
      prNumber: null,
      changeId: null,
      text: "Ada wrote in a thread that you have written in.",
      excerpt: null,
      url: `http://redline.example/rfcs/${fields.rfcSlug}`,
      createdAt: EARLIER,
      readAt: null,
      ...fields,
    };
    this.rows.unshift(row);
    return row;
  }

  async list(_userId: string, { before, limit = 50 }: { before?: number; limit?: number }) {
    const rest = this.rows.filter(({ id }) => before === undefined || id < before);
    const items = rest.slice(0, limit);
    const unread = this.rows.filter(({ readAt }) => readAt === null).length;
    return { items, unread, before: rest.length > limit ? items.at(-1)!.id : null };
  }

  async markRead(_userId: string, ids: readonly number[] | "all"): Promise<void> {
    for (const row of this.rows) {
      if (ids === "all" || ids.includes(row.id)) row.readAt ??= new Date();
    }
  }

  async settings(): Promise<NotificationSettings> {
    return this.chosen;
  }

  async choose(_userId: string, set: Partial<NotificationSettings>): Promise<NotificationSettings> {
    if (set.timeZone === "Nowhere/At_All") {
      throw new UserError("invalid-request", "Nowhere/At_All is no time zone; try Europe/Berlin.");
    }
    this.chosen = { ...this.chosen, ...set };
    return this.chosen;
  }

  async watched(): Promise<WatchedRfc[]> {
    return this.subjects;
  }

  async watch(_userId: string, about: Subject, isWatched: boolean): Promise<void> {
    this.#subject(about).isWatched = isWatched;
  }

  async mute(_userId: string, about: Subject, isMuted: boolean): Promise<void> {
    this.#subject(about).isMuted = isMuted;
  }

  #subject({ rfcSlug, threadId }: Subject): { isWatched: boolean; isMuted: boolean } {
    const { title: rfcTitle } = this.#world.rfc(rfcSlug);
    let rfc = this.subjects.find((one) => one.rfcSlug === rfcSlug);
    if (!rfc) {
      rfc = { rfcSlug, rfcTitle, isWatched: false, isMuted: false, threads: [] };
      this.subjects.push(rfc);
    }
    if (threadId === undefined) return rfc;
    const { title } = this.#world.thread(threadId);
    let thread = rfc.threads.find((one) => one.threadId === threadId);
    if (!thread) {
      thread = { threadId, title, isWatched: false, isMuted: false };
      rfc.threads.push(thread);
    }
    return thread;
  }
}
