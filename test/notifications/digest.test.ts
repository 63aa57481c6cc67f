import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planDigest } from "../../src/notifications/delivering.ts";
import { putSettings } from "../../src/store/notification-settings.ts";
import { mute } from "../../src/store/watches.ts";
import { DeliveryWorld } from "./delivery-world.ts";

let world: DeliveryWorld;
let ann: string;
beforeAll(async () => {
  world = await DeliveryWorld.start();
  ann = await world.person("ann", "slack/T1/UANN");
});
afterAll(() => world[Symbol.asyncDispose]());

/** At that moment, or now. */
async function sweep(now?: Date): Promise<void> {
  await world.delivery().prepareDigests(now);
  await world.delivery().send();
}

async function dueAt(userId: string): Promise<Date | null> {
  const [row] = await world.sql<{ digestDueAt: Date | null }[]>`
    select digest_due_at from notification_settings where user_id = ${userId}`;
  return row?.digestDueAt ?? null;
}

let people = 0;
async function watcher(): Promise<{ userId: string; account: string }> {
  const account = `slack/T1/UW${(people += 1)}`;
  return { userId: await world.person("wim", account), account };
}

async function said(userId: string, rfc: string, threadId: string, text = "News."): Promise<void> {
  const messageId = await world.says(threadId, ann, text);
  await world.notify(userId, "chat_message_in_participated_thread", rfc, { threadId, messageId });
}

describe("a digest", () => {
  it("gathers what happened until the next morning, by thread", async () => {
    const rfc = await world.rfc("Retries");
    const { userId, account } = await watcher();
    const threadId = await world.thread(rfc, "Backoff");
    for (let at = 0; at < 3; at += 1) await said(userId, rfc, threadId);
    await world.notify(userId, "merge_settled", rfc, { threadId });
    await sweep();
    expect(world.inbox(account)).toEqual([]);
    const due = (await dueAt(userId))!;
    expect([due.getUTCHours(), due.getUTCMinutes()]).toEqual([9, 0]);
    expect(due.getTime()).toBeGreaterThan(Date.now());
    await world.afterAWhile();
    await sweep();
    await sweep();
    const link = `https://redline.example/rfcs/${rfc}/threads/${threadId}`;
    expect(world.inbox(account)).toEqual([
      [
        "**What happened since the last summary**",
        "",
        `- 3 messages by ann in “Backoff” about “Retries”. ${link}`,
        `- The proposal to merge “Retries” ended without an agreement. ${link}`,
        "",
        "_You get this because you watch what is discussed there and you were asked, or watch the RFC. To stop this: `unwatch` or `mute` in a thread, or `notify off` here; `notify hourly` and `notify daily` set when it comes._",
      ].join("\n"),
    ]);
    expect([await world.untold(userId), await dueAt(userId)]).toEqual([0, null]);
  });

  it("comes in the morning of whom it is for", async () => {
    const rfc = await world.rfc();
    const { userId } = await watcher();
    const threadId = await world.thread(rfc);
    const hourThere = async () => {
      await said(userId, rfc, threadId);
      await sweep(new Date("2026-06-15T12:00:00Z"));
      return (await dueAt(userId))?.toISOString();
    };
    await world.sql`update identities set time_zone = 'America/New_York' where user_id = ${userId}`;
    expect(await hourThere()).toBe("2026-06-15T13:00:00.000Z");
    // What they chose comes before what the platform tells; and it is timed anew.
    await putSettings(world.sql, userId, { timeZone: "Asia/Tokyo" });
    expect(await hourThere()).toBe("2026-06-16T00:00:00.000Z");
    await putSettings(world.sql, userId, { digest: "hourly" });
    expect(await hourThere()).toBe("2026-06-15T13:00:00.000Z");
  });

  it("is not made for who wants none, nor of what is muted, read or decided", async () => {
    const rfc = await world.rfc();
    const threadId = await world.thread(rfc);
    const [off, muted, reader, decider] = await Promise.all([1, 2, 3, 4].map(() => watcher()));
    for (const { userId } of [off!, muted!, reader!]) await said(userId, rfc, threadId);
    await world.notify(decider!.userId, "decision_requested", rfc, { threadId });
    await putSettings(world.sql, off!.userId, { digest: "off" });
    await sweep();
    await mute(world.sql, muted!.userId, { rfcSlug: rfc });
    await world.sql`update notifications set read_at = now() where user_id = ${reader!.userId}`;
    await world.afterAWhile();
    await sweep();
    for (const { userId, account } of [off!, muted!, reader!, decider!]) {
      expect(world.inbox(account)).toEqual([]);
      expect(await world.untold(userId)).toBe(0);
    }
  });

  it("is made once by many processes, for many people", async () => {
    const rfc = await world.rfc();
    const threadId = await world.thread(rfc);
    const watchers = [];
    for (let at = 0; at < 450; at += 1) watchers.push(await watcher());
    const messageId = await world.says(threadId, ann, "News.");
    await Promise.all(
      watchers.map(({ userId }) =>
        world.notify(userId, "chat_message_in_participated_thread", rfc, { threadId, messageId }),
      ),
    );
    await sweep();
    await world.afterAWhile();
    await Promise.all([sweep(), sweep(), sweep()]);
    await sweep();
    expect(new Set(watchers.map(({ account }) => world.inbox(account).length))).toEqual(
      new Set([1]),
    );
  });
});

describe("when a digest is due", () => {
  const now = new Date("2026-06-15T12:00:00Z");
  const wish = { timeZone: null, digestDueAt: null };
  const past = new Date(now.getTime() - 1);
  const later = new Date(now.getTime() + 1);

  it.each([
    [
      { ...wish, digest: "off" as const },
      { isDue: true, dueAt: null },
    ],
    [
      { ...wish, digest: "off" as const, digestDueAt: later },
      { isDue: true, dueAt: null },
    ],
    [
      { ...wish, digest: "daily" as const },
      { isDue: false, dueAt: new Date("2026-06-16T09:00:00Z") },
    ],
    [
      { ...wish, digest: "hourly" as const },
      { isDue: false, dueAt: new Date("2026-06-15T13:00:00Z") },
    ],
    [
      { ...wish, digest: "daily" as const, digestDueAt: past },
      { isDue: true, dueAt: null },
    ],
    [
      { ...wish, digest: "daily" as const, digestDueAt: later },
      { isDue: false, dueAt: later },
    ],
  ])("%j: %j", (given, planned) => {
    expect(planDigest(given, now)).toEqual(planned);
  });
});
