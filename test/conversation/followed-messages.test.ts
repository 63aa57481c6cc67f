import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { buildHistory } from "../../src/conversation/history.ts";
import type { Sql } from "../../src/store/database.ts";
import { deleteMessage, editMessage, listHistory } from "../../src/store/messages.ts";
import { TestApp } from "../support/test-app.ts";

let test: TestApp;
let sql: Sql;
let threadId: string;

beforeAll(async () => {
  test = await TestApp.start();
  ({ sql } = test.app);
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  threadId = await test.newThread();
});

const post = (text: string, quote?: string) =>
  test.engine.threads.post(threadId, { text, ...(quote && { quote }) }, test.user);
/** Asks, and waits for the answer. */
const ask = async (text: string): Promise<string> => {
  await test.ask(threadId, text);
  const { messages } = await test.engine.threads.view(threadId);
  return messages.findLast(({ role }) => role === "user")!.id;
};
/** What the model read of the thread the last time. */
const lastRead = (): string =>
  test.provider.requests
    .at(-1)!
    .messages.map(({ role, content }) => `${role}: ${content}`)
    .join("\n");
const messageOf = async (id: string) =>
  (await test.engine.threads.view(threadId)).messages.find((message) => message.id === id)!;

describe("a message that is edited where it was written", () => {
  it("reads as edited, also to the model", async () => {
    const id = await ask("What about goats?");
    expect(await editMessage(sql, id, "What about geese?")).toBe(true);
    const message = await messageOf(id);
    expect(message).toMatchObject({ text: "What about geese?", deletedAt: null });
    expect(message.editedAt).toBeInstanceOf(Date);
    await ask("And?");
    expect(lastRead()).toContain("What about geese?");
    expect(lastRead()).not.toContain("goats");
  });

  it("is edited once, and not for the same words", async () => {
    const id = await ask("What about goats?");
    expect(await editMessage(sql, id, "What about goats?")).toBe(false);
    expect((await messageOf(id)).editedAt).toBeNull();
  });

  it("stays deleted when it was deleted first", async () => {
    const id = await ask("What about goats?");
    await deleteMessage(sql, id);
    expect(await editMessage(sql, id, "Back again.")).toBe(false);
    expect((await messageOf(id)).text).toBe("");
  });
});

describe("a message that is deleted where it was written", () => {
  it("leaves a mark for people, and nothing for the model", async () => {
    const id = await ask("A secret about goats.");
    await ask("Something else.");
    expect(await deleteMessage(sql, id)).toEqual({ role: "user", abandonedTurnId: null });
    const message = await messageOf(id);
    expect(message).toMatchObject({ text: "", quote: null });
    expect(message.deletedAt).toBeInstanceOf(Date);
    await ask("And?");
    expect(lastRead()).toContain("Something else.");
    expect(lastRead()).not.toMatch(/goats|secret/);
    expect(lastRead()).not.toMatch(/: *$/m);
  });

  it("takes its quote with it", async () => {
    const { messageId } = await post("Why?", "quick brown fox");
    await deleteMessage(sql, messageId);
    expect((await messageOf(messageId)).quote).toBeNull();
    const { rows } = await listHistory(sql, threadId, 1_000, 10_000);
    expect(rows.filter(({ role }) => role === "user")).toEqual([]);
  });

  it("is deleted once, and only if there is one", async () => {
    const id = await ask("What about goats?");
    expect(await deleteMessage(sql, id)).not.toBeNull();
    expect(await deleteMessage(sql, id)).toBeNull();
    expect(await deleteMessage(sql, crypto.randomUUID())).toBeNull();
  });

  it("takes no room from the others, and is not counted among those left out", async () => {
    const ids = [await ask("one"), await ask("x".repeat(500)), await ask("three")];
    await deleteMessage(sql, ids[1]!);
    const { rows, older } = await listHistory(sql, threadId, 1_000, 100);
    expect(older).toBe(0);
    const told = buildHistory(rows, { older, budgetTokens: 1_000, tokensPerByte: 0.3 });
    expect(told[0]!.content).toContain("one");
    expect(told.at(-1)!.content).toContain("three");
  });
});

describe("a turn that waits", () => {
  /** A turn that runs until it is let go, so that the next one waits. */
  async function occupied(): Promise<() => void> {
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let begun = (): void => {};
    const running = new Promise<void>((resolve) => (begun = resolve));
    test.provider.script = () => {
      begun();
      test.provider.script = () => ["Hello."];
      return [held];
    };
    await post("Go.");
    await running;
    return letGo;
  }

  it("is nobody's any more once all that asked for it is deleted", async () => {
    const letGo = await occupied();
    const [one, two] = [await post("one"), await post("two")];
    expect(two.turnId).toBe(one.turnId);
    expect(await deleteMessage(sql, one.messageId)).toEqual({
      role: "user",
      abandonedTurnId: null,
    });
    expect(await deleteMessage(sql, two.messageId)).toEqual({
      role: "user",
      abandonedTurnId: two.turnId,
    });
    expect((await test.engine.turns.cancel(two.turnId)).state).toBe("cancelled");
    letGo();
    await ask("three");
    expect(lastRead()).not.toMatch(/one|two/);
  });

  it("is asked for by what is left, and reads what was edited as it is now", async () => {
    const letGo = await occupied();
    const [one, two] = [await post("one"), await post("two")];
    await deleteMessage(sql, one.messageId);
    await editMessage(sql, two.messageId, "another two");
    letGo();
    await ask("three");
    expect(lastRead()).toContain("another two");
    expect(lastRead()).not.toContain("one");
  });

  it("is not taken back when it runs already", async () => {
    const letGo = await occupied();
    const { messages } = await test.engine.threads.view(threadId);
    expect(await deleteMessage(sql, messages[0]!.id)).toEqual({
      role: "user",
      abandonedTurnId: null,
    });
    letGo();
  });
});
