import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { listPendingBefore, listReviewedChanges } from "../../src/store/branch-changes.ts";
import { insertChange } from "../../src/store/changes.ts";
import { insertDecision, settleAccept } from "../../src/store/decisions.ts";
import type { LookKey } from "../../src/store/looks.ts";
import { insertSystemMessage } from "../../src/store/messages.ts";
import {
  countOpen,
  listPullRequests,
  setSuggestionMode,
  setSummarised,
  suggestionMode,
} from "../../src/store/pull-requests.ts";
import { changeWith } from "../support/change.ts";
import { ReviewWorld, VERSION } from "../support/review-world.ts";

const CLOSED = { state: "closed" as const, closedAt: new Date("2026-01-02T03:04:05Z") };

const world = await ReviewWorld.start();
afterAll(() => world[Symbol.asyncDispose]());
const { sql } = world;
let key: LookKey;

beforeEach(async () => {
  key = await world.branch();
});

describe("a pull request", () => {
  it("is kept as it was last seen", async () => {
    const first = await world.pull(key, { number: 12, title: "Draft" });
    expect(first).toMatchObject({ ...key, number: 12, state: "open", closedAt: null });
    const merged = { state: "merged" as const, closedAt: CLOSED.closedAt };
    const seen = await world.pull(key, {
      number: 12,
      title: "Webhook retries",
      ...merged,
      mergedBy: { id: "7", login: "olive" },
      headRepository: null,
    });
    expect(seen).toMatchObject({
      title: "Webhook retries",
      ...merged,
      mergedBy: "olive",
      headRepository: null,
      firstSeenAt: first.firstSeenAt,
    });
    expect(await listPullRequests(sql, key.rfcSlug, key.branchName)).toEqual([seen]);
  });

  it("that is open comes first, then the newest", async () => {
    for (const number of [3, 5]) await world.pull(key, { number, ...CLOSED });
    await world.pull(key, { number: 4 });
    const all = await listPullRequests(sql, key.rfcSlug, key.branchName);
    expect(all.map(({ number }) => number)).toEqual([4, 5, 3]);
    expect(await listPullRequests(sql, key.rfcSlug, "other")).toEqual([]);
  });

  it("is counted while it is open", async () => {
    const before = await countOpen(sql);
    await world.pull(key, { number: 12 });
    expect(await countOpen(sql)).toBe(before + 1);
    await world.pull(key, { number: 12, ...CLOSED });
    expect(await countOpen(sql)).toBe(before);
  });

  it("wants a summary for each closing that was seen, and for none before", async () => {
    const old = await world.pull(key, { number: 11, ...CLOSED });
    expect(old.summarisedFor).toEqual(old.closedAt);
    await world.pull(key, { number: 12 });
    const closed = await world.pull(key, { number: 12, ...CLOSED });
    expect(closed.summarisedFor).toBeNull();
    await setSummarised(sql, closed);
    expect((await world.pull(key, { number: 12, ...CLOSED })).summarisedFor).toEqual(
      CLOSED.closedAt,
    );
    await world.pull(key, { number: 12 });
    const again = await world.pull(key, { number: 12, ...CLOSED, closedAt: new Date() });
    expect(again.summarisedFor).not.toEqual(again.closedAt);
  });
});

describe("whether suggestions are posted by themselves", () => {
  it("is a repository's choice, however its name is written", async () => {
    expect(await suggestionMode(sql, "Acme/Choice")).toBe("automatic");
    await setSuggestionMode(sql, "Acme/Choice", "on_request");
    expect(await suggestionMode(sql, "acme/choice")).toBe("on_request");
    expect(await suggestionMode(sql, "acme/other")).toBe("automatic");
    await setSuggestionMode(sql, "acme/CHOICE", "automatic");
    expect(await suggestionMode(sql, "Acme/Choice")).toBe("automatic");
  });
});

describe("what a comment tells of a change", () => {
  it("is who decided, and why; an accept that came to nothing does not count", async () => {
    const threadId = await world.thread(key);
    const [declined, returned, open] = [
      await world.change(threadId),
      await world.change(threadId),
      await world.change(threadId),
    ];
    const by = { userId: world.userId, reason: null };
    await insertDecision(sql, { ...by, changeId: declined.id, verdict: "decline", reason: "No." });
    await insertDecision(sql, { ...by, changeId: returned.id, verdict: "accept" });
    await settleAccept(sql, returned.id, "returned");
    const changes = await listReviewedChanges(sql, key.rfcSlug, key.branchName);
    expect(changes.map(({ change }) => change.id)).toEqual([declined.id, returned.id, open.id]);
    expect(changes).toMatchObject([
      { decidedBy: "Ada", declineReason: "No.", isReady: true },
      { decidedBy: null, declineReason: null },
      { decidedBy: null, suggestionAskedAt: null },
    ]);
  });

  it("is that its turn still runs", async () => {
    const threadId = await world.thread(key);
    const [turn] = await sql<{ id: string }[]>`
      insert into turns (thread_id, state) values (${threadId}, 'running') returning id`;
    const messageId = await insertSystemMessage(sql, threadId, "In place of an answer.");
    const row = { ...changeWith(), threadId, baseBlobSha: VERSION.blobSha };
    await sql.begin((tx) => insertChange(tx, row, { kind: "ai", turnId: turn!.id, messageId }));
    const isReady = async (): Promise<boolean> =>
      (await listReviewedChanges(sql, key.rfcSlug, key.branchName))[0]!.isReady;
    expect(await isReady()).toBe(false);
    await sql`update turns set state = 'done', finished_at = now() where id = ${turn!.id}`;
    expect(await isReady()).toBe(true);
  });

  it("is asked of what was pending at a moment", async () => {
    const threadId = await world.thread(key);
    const [old, decided, young] = [
      await world.change(threadId),
      await world.change(threadId),
      await world.change(threadId),
    ];
    await sql`update changes set created_at = now() - interval '1 hour' where id <> ${young.id}`;
    await sql`update changes set state = 'declined' where id = ${decided.id}`;
    const before = new Date(Date.now() - 60_000);
    expect(await listPendingBefore(sql, key.rfcSlug, key.branchName, before)).toEqual([
      { id: old.id, threadId, number: old.number },
    ]);
    expect(await listPendingBefore(sql, key.rfcSlug, "other", new Date())).toEqual([]);
  });
});
