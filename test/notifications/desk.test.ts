import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NotificationDesk } from "../../src/notifications/notification.ts";
import { buildNotificationDesk } from "../../src/notifications/desk.ts";
import { consoleLinks } from "../../src/reviews/links.ts";
import { deleteMessage } from "../../src/store/messages.ts";
import { tellOfEnd } from "../../src/store/fan-out.ts";
import { PeopleWorld, PULL } from "./people-world.ts";

let world: PeopleWorld;
let desk: NotificationDesk;
beforeAll(async () => {
  world = await PeopleWorld.start();
  desk = buildNotificationDesk(
    world.sql,
    consoleLinks(() => "https://redline.example"),
  );
});
afterAll(() => world[Symbol.asyncDispose]());

describe("what a person was told", () => {
  it("is listed with a sentence, an excerpt and an address, the newest first, a page at a time", async () => {
    const { rfcSlug, branchName, threadId } = await world.scene("review", "open");
    const { author, writer } = world.people;
    const texts = ["One.", "Two\nlines.", "Three."];
    const ids: string[] = [];
    for (const text of texts) {
      ids.push((await world.conversations.record(threadId, { text }, writer)).messageId);
    }
    await deleteMessage(world.sql, ids[2]!);
    const first = await desk.list(author.id, { limit: 2 });
    expect(first.items).toMatchObject([
      { excerpt: null, readAt: null },
      {
        kind: "chat_reply_to_my_message",
        category: "personal-direct",
        rfcSlug,
        rfcTitle: "The RFC",
        threadId,
        prNumber: PULL,
        changeId: null,
        text: `writer wrote in “Retries” about “The RFC” (pull request #${PULL}), where you wrote before.`,
        excerpt: "Two lines.",
        url: `https://redline.example/rfcs/${rfcSlug}/threads/${threadId}#message-${ids[1]!}`,
      },
    ]);
    expect(first.unread).toBe(3);
    const rest = await desk.list(author.id, { before: first.before!, limit: 2 });
    expect(rest.items.map(({ excerpt }) => excerpt)).toEqual(["One."]);
    expect(rest.before).toBeNull();
    const closedAt = new Date();
    const ended = { rfcSlug, branchName, number: PULL, closedAt, state: "merged" as const };
    await tellOfEnd(world.sql, { ...ended, mergedById: null });
    const [end] = (await desk.list(author.id, { limit: 1 })).items;
    expect(end).toMatchObject({
      text: `Pull request #${PULL} of “The RFC” was merged.`,
      url: `https://github.com/acme/rfcs/pull/${PULL}`,
      threadId: null,
    });
  });

  it("is read where they say so, of their own alone", async () => {
    const { threadId } = await world.scene("discussion", "console");
    const { unlinked, both, writer } = world.people;
    await desk.markRead(unlinked.id, "all");
    for (const text of ["One.", "Two."])
      await world.conversations.record(threadId, { text }, writer);
    const [newest, older] = (await desk.list(unlinked.id, { limit: 2 })).items;
    await desk.markRead(both.id, [newest!.id]);
    expect((await desk.list(unlinked.id, {})).unread).toBe(2);
    await desk.markRead(unlinked.id, [newest!.id]);
    expect((await desk.list(unlinked.id, {})).unread).toBe(1);
    const at = (await desk.list(unlinked.id, {})).items[0]!.readAt;
    await desk.markRead(unlinked.id, "all");
    const { items, unread } = await desk.list(unlinked.id, { limit: 2 });
    expect(unread).toBe(0);
    expect(items.map(({ id }) => id)).toEqual([newest!.id, older!.id]);
    expect(items[0]!.readAt).toEqual(at);
  });
});

describe("what a person wants to hear", () => {
  it("is a list of RFCs with their threads", async () => {
    const { rfcSlug, threadId } = await world.scene("discussion", "console");
    const { passerby } = world.people;
    expect(await desk.watched(passerby.id)).toEqual([]);
    await desk.mute(passerby.id, { rfcSlug, threadId }, true);
    await desk.watch(passerby.id, { rfcSlug }, true);
    await desk.watch(passerby.id, { rfcSlug }, true);
    const thread = { threadId, title: "Retries", isWatched: false, isMuted: true };
    const rfc = { rfcSlug, rfcTitle: "The RFC", isWatched: true, isMuted: false };
    expect(await desk.watched(passerby.id)).toEqual([{ ...rfc, threads: [thread] }]);
    await desk.watch(passerby.id, { rfcSlug, threadId }, true);
    expect((await desk.watched(passerby.id))[0]!.threads).toEqual([
      { ...thread, isWatched: true, isMuted: false },
    ]);
    await desk.mute(passerby.id, { rfcSlug }, true);
    await desk.watch(passerby.id, { rfcSlug, threadId }, false);
    expect(await desk.watched(passerby.id)).toEqual([{ ...rfc, isMuted: true, threads: [] }]);
    await desk.mute(passerby.id, { rfcSlug }, false);
    await desk.watch(passerby.id, { rfcSlug }, false);
    expect(await desk.watched(passerby.id)).toEqual([]);
  });

  it("is of an RFC and a thread that there are", async () => {
    const [one, other] = [
      await world.scene("discussion", "console"),
      await world.scene("discussion", "console"),
    ];
    const { id } = world.people.passerby;
    const missing = { type: "not-found" };
    await expect(desk.watch(id, { rfcSlug: "none" }, true)).rejects.toMatchObject(missing);
    const elsewhere = { rfcSlug: one.rfcSlug, threadId: other.threadId };
    await expect(desk.mute(id, elsewhere, true)).rejects.toMatchObject(missing);
    const nonsense = { rfcSlug: one.rfcSlug, threadId: "nonsense" };
    await expect(desk.watch(id, nonsense, true)).rejects.toMatchObject(missing);
  });

  it("comes in a rhythm and a time zone that there is", async () => {
    const { id } = world.people.passerby;
    expect(await desk.settings(id)).toEqual({ digest: "daily", timeZone: null, direct: true });
    await desk.choose(id, { digest: "hourly", timeZone: "Europe/Berlin" });
    await desk.choose(id, { direct: false });
    expect(await desk.settings(id)).toEqual({
      digest: "hourly",
      timeZone: "Europe/Berlin",
      direct: false,
    });
    await expect(desk.choose(id, { timeZone: "Nowhere/At_All" })).rejects.toMatchObject({
      name: "UserError",
    });
  });
});
