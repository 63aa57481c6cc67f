/** Brings notifications to people: what concerns them at once, the rest together. Looked after by sweeps. */
import type { Sql, Tx } from "../store/database.ts";
import type { UntoldPerson, Wish } from "../store/untold.ts";
import { holdPeople, listUntold, putDigestTimes, putDirectAfter } from "../store/untold.ts";
import type { GatheringParts } from "./gathering.ts";
import { gather } from "./gathering.ts";
import type { NotificationCategory } from "./notification.ts";
import type { SendingParts } from "./private-messages.ts";
import { forgetOld, sendDue } from "./private-messages.ts";
import { nextDigestAt } from "./time-zones.ts";

export interface DeliveringParts extends SendingParts, GatheringParts {
  sql: Sql;
  /** Milliseconds after a message in which what else concerns the person is kept for the next. */
  directRestMs?: number;
}

/** People that are looked at in one transaction. */
const PAGE = 200;
const DIRECT_REST_MS = 3 * 60_000;

export class NotificationDelivery {
  private readonly parts: DeliveringParts;
  private readonly stopping = new AbortController();

  constructor(parts: DeliveringParts) {
    this.parts = parts;
  }

  /** Writes to everybody whom something concerns, unless they were written to just now. */
  async tellDirect(): Promise<void> {
    await this.eachPage("personal-direct", async (tx, wishes) => {
      const due = wishes.filter(({ direct, isResting }) => !direct || !isResting);
      const people = due.map(({ userId, direct }) => ({ userId, wanted: direct }));
      const told = await gather(tx, this.parts, "personal-direct", people);
      await putDirectAfter(tx, told, this.parts.directRestMs ?? DIRECT_REST_MS);
    });
  }

  /** Times digests for whom there is something new, and prepares those that are due. */
  async prepareDigests(now: Date = new Date()): Promise<void> {
    await this.eachPage("churn", async (tx, wishes) => {
      const plan = wishes.map((wish) => ({ wish, ...planDigest(wish, now) }));
      const ready = plan.filter(({ isDue }) => isDue);
      const people = ready.map(({ wish }) => ({
        userId: wish.userId,
        wanted: wish.digest !== "off",
      }));
      await gather(tx, this.parts, "churn", people);
      const times = plan.map(({ wish, dueAt }) => ({ userId: wish.userId, dueAt }));
      await putDigestTimes(tx, times);
    });
  }

  /** Sends what was prepared. */
  send(): Promise<void> {
    return sendDue(this.parts, this.stopping.signal);
  }

  forgetOld(): Promise<void> {
    return forgetOld(this.parts, new Date());
  }

  /** Begins to send nothing more. */
  stop(): void {
    this.stopping.abort();
  }

  private async eachPage(
    category: NotificationCategory,
    act: (tx: Tx, wishes: readonly Wish[]) => Promise<void>,
  ): Promise<void> {
    const { sql } = this.parts;
    for (let after: string | null = null; !this.stopping.signal.aborted;) {
      const people: UntoldPerson[] = await listUntold(sql, category, after, PAGE);
      const due = people.filter(({ isDue }) => isDue).map(({ userId }) => userId);
      if (due.length > 0) {
        await sql.begin(async (tx) => act(tx, await holdPeople(tx, category, due)));
      }
      if (people.length < PAGE) return;
      after = people.at(-1)!.userId;
    }
  }
}

/** Whether a digest is due, and when the next one is; null: once there is something new. Pure. */
export function planDigest(
  { digest, timeZone, digestDueAt }: Pick<Wish, "digest" | "timeZone" | "digestDueAt">,
  now: Date,
): { isDue: boolean; dueAt: Date | null } {
  if (digest === "off") return { isDue: true, dueAt: null };
  if (digestDueAt === null) {
    return { isDue: false, dueAt: nextDigestAt(digest, timeZone ?? "UTC", now) };
  }
  const isDue = digestDueAt.getTime() <= now.getTime();
  return { isDue, dueAt: isDue ? null : digestDueAt };
}
