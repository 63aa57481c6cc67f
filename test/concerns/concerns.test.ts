import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Concern, NewConcern } from "../../src/concerns/concern.ts";
import type { User } from "../../src/engine.ts";
import { ensureUser } from "../../src/store/people.ts";
import { DOCUMENT, TestApp, until } from "../support/test-app.ts";

let app: TestApp;
let bob: User;
let threadId: string;

beforeAll(async () => {
  app = await TestApp.start();
  const identity = { platform: "slack", workspaceId: "T1", platformUserId: "UBOB" };
  bob = await ensureUser(app.app.sql, identity, { displayName: "Bob", email: null });
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(async () => {
  threadId = await app.newThread();
});

const raise = (text: string, more: Partial<NewConcern> = {}): Promise<Concern> =>
  app.engine.concerns.raise(threadId, { text, passage: null, ...more }, bob);

const find = async ({ id }: Concern): Promise<Concern> =>
  (await app.engine.concerns.list("rfc")).find((one) => one.id === id)!;

async function notes(): Promise<string[]> {
  const { messages } = await app.engine.threads.view(threadId);
  return messages.filter(({ role }) => role === "system").map(({ text }) => text);
}

async function told(kind: string): Promise<string[]> {
  const rows = await app.app.sql<{ subject: string }[]>`
    select subject from notifications where user_id = ${bob.id} and kind = ${kind} order by id`;
  return rows.map(({ subject }) => subject);
}

/** Somebody else edits the document, and Redline has noticed. */
async function edit(from: string, to: string): Promise<void> {
  const before = await app.repository.show("rfc.md");
  expect(before).toContain(from);
  await app.repository.outsideCommit("rfc.md", before.replace(from, to));
  const tip = await app.repository.tip();
  await until(async () => {
    const rows = await app.app.sql`select 1 from branches where head_sha = ${tip}`;
    return rows.length > 0;
  }, "a look at the branch");
}

describe("raising a concern", () => {
  test("keeps it open under the RFC's next number, and the thread says so", async () => {
    const first = await raise("  Who pays\nfor it? ");
    const second = await raise("Too slow.");
    expect(second.number).toBe(first.number + 1);
    expect(first).toMatchObject({ text: "Who pays\nfor it?", author: "Bob", state: "open" });
    expect(first.passage).toBeNull();
    expect((await notes())[0]).toBe(`Bob raised concern #${first.number}: Who pays for it?`);
  });

  test("is done once under one key, and a refused one leaves nothing", async () => {
    const first = await raise("Once.", { dedupKey: "k" });
    expect(await raise("Twice.", { dedupKey: "k" })).toEqual(first);
    expect(await notes()).toHaveLength(1);
  });

  test("finds its passage by its text or its place", async () => {
    const byText = await raise("Why this fox?", { passage: { text: "quick brown fox" } });
    const start = DOCUMENT.indexOf("quick brown fox");
    expect(byText.passage).toEqual({ start, end: start + 15 });
    expect(byText.anchorText).toBe("quick brown fox");
    const passage = { start, end: start + 5, blobSha: byText.anchorBlobSha! };
    expect((await raise("How quick?", { passage })).anchorText).toBe("quick");
    expect((await notes())[0]).toContain("about “quick brown fox”");
  });

  test.each<[string, Partial<NewConcern> & { text?: string }, string]>([
    ["nothing", { text: " \n " }, "invalid-request"],
    ["too much", { text: "x".repeat(4_001) }, "too-large"],
    ["what cannot be stored", { text: "a\0b" }, "invalid-text"],
    ["half a character", { text: "\ud800" }, "invalid-text"],
    ["a passage that is not there", { passage: { text: "no such words" } }, "place-uncertain"],
    ["a passage of several places", { passage: { text: "item" } }, "place-uncertain"],
    [
      "a passage of another document",
      { passage: { start: 0, end: 3, blobSha: "f".repeat(40) } },
      "place-uncertain",
    ],
    ["an endless key", { dedupKey: "k".repeat(201) }, "invalid-request"],
  ])("refuses %s", async (_what, more, type) => {
    await expect(raise("A concern.", more)).rejects.toMatchObject({ type });
    expect(await notes()).toEqual([]);
  });

  test.each([
    [9_999_999, 9_999_999 + 1],
    [-1, 3],
    [3, 3],
    [0.5, 2],
  ])("refuses offsets %s to %s", async (start, end) => {
    const { anchorBlobSha } = await raise("x", { passage: { text: "quick brown fox" } });
    const passage = { start, end, blobSha: anchorBlobSha! };
    await expect(raise("y", { passage })).rejects.toMatchObject({ type: "invalid-request" });
  });

  test("is refused in a closed thread, and where there is none", async () => {
    await app.engine.threads.close(threadId, app.user);
    await expect(raise("Late.")).rejects.toMatchObject({ type: "thread-closed" });
    const nowhere = app.engine.concerns.raise("nonsense", { text: "x", passage: null }, bob);
    await expect(nowhere).rejects.toMatchObject({ type: "not-found" });
    await expect(app.engine.concerns.list("none")).rejects.toMatchObject({ type: "not-found" });
  });
});

describe("settling a concern", () => {
  test("by somebody else tells its author, once", async () => {
    const concern = await raise("Too slow.");
    const { concerns } = app.engine;
    const settled = await concerns.resolve(concern.id, " It was\nmeasured. ", app.user);
    expect(settled).toMatchObject({ state: "resolved", settledWhy: "It was\nmeasured." });
    expect(await concerns.resolve(concern.id, "Again.", app.user)).toEqual(settled);
    expect((await notes()).slice(1)).toEqual([
      `Local maintainer resolved concern #${concern.number}: It was measured.`,
    ]);
    expect(await told("concern_settled")).toEqual([concern.id]);
    await expect(concerns.withdraw(concern.id, bob)).rejects.toMatchObject({
      type: "already-decided",
    });
  });

  test("by its author tells nobody, and is never a deletion", async () => {
    const concern = await raise("My mistake.");
    await app.engine.concerns.withdraw(concern.id, bob);
    expect(await find(concern)).toMatchObject({ state: "withdrawn", settledBy: "Bob" });
    expect(await told("concern_settled")).not.toContain(concern.id);
  });

  test("only its author withdraws it", async () => {
    const concern = await raise("Mine.");
    const taken = app.engine.concerns.withdraw(concern.id, app.user);
    await expect(taken).rejects.toMatchObject({ type: "forbidden" });
    expect((await find(concern)).state).toBe("open");
  });

  test("needs one", async () => {
    const { concerns } = app.engine;
    await expect(concerns.resolve("x", undefined, bob)).rejects.toMatchObject({
      type: "not-found",
    });
    const concern = await raise("x");
    const long = concerns.resolve(concern.id, "y".repeat(4_001), bob);
    await expect(long).rejects.toMatchObject({ type: "too-large" });
  });
});

describe("the passage of a concern", () => {
  test("is followed; its author is asked once for each version in which it reads otherwise", async () => {
    const passage = { text: "Each delivery carries a header." };
    const concern = await raise("Which header?", { passage });
    const whole = await raise("And who pays?");

    await edit("# The RFC\n", "# The RFC\n\nA new first paragraph.\n");
    await until(async () => (await find(concern)).anchorBlobSha !== concern.anchorBlobSha);
    const moved = await find(concern);
    expect(moved.anchorText).toBe(concern.anchorText);
    expect(moved.passage!.start).toBe(concern.passage!.start + "\nA new first paragraph.\n".length);
    expect(await told("concern_passage_changed")).toEqual([]);

    await edit("carries a header.", "carries a signed header.");
    await until(async () => (await find(concern)).anchorText!.includes("signed"));
    const asked = (await notes()).filter((note) => note.includes("Does that settle it, Bob?"));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(`concern #${concern.number} reads otherwise now`);
    const { anchorBlobSha } = await find(concern);
    expect(await told("concern_passage_changed")).toEqual([`${concern.id}:${anchorBlobSha}`]);

    // Elsewhere in the document nothing is asked.
    await edit("A new first paragraph.", "Another first paragraph.");
    await until(async () => (await find(concern)).anchorBlobSha !== anchorBlobSha);
    expect(await told("concern_passage_changed")).toHaveLength(1);

    await edit("Each delivery carries a signed header. ", "");
    await until(async () => (await find(concern)).anchorStaleSince !== null);
    expect((await notes()).at(-1)).toContain("is not in the document any more");
    expect(await told("concern_passage_changed")).toHaveLength(2);
    expect((await find(whole)).state).toBe("open");

    // What is settled is not asked about.
    await app.engine.concerns.resolve(concern.id, undefined, bob);
    await edit("Another first paragraph.", "Each delivery carries a signed header.");
    expect(await told("concern_passage_changed")).toHaveLength(2);
  });

  test("of an older version is brought to the tip", async () => {
    const seen = await raise("x", { passage: { text: "quick brown fox" } });
    await edit("lazy dog", "sleepy dog");
    const passage = { ...seen.passage!, blobSha: seen.anchorBlobSha! };
    const late = await raise("Late.", { passage });
    await until(async () => (await find(late)).anchorBlobSha !== seen.anchorBlobSha, "the tip");
    expect((await find(late)).anchorText).toBe("quick brown fox");
  });
});
