import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { NewMessage } from "../../src/engine.ts";
import { collect, TestApp } from "../support/test-app.ts";

describe("messages", () => {
  let test: TestApp;
  let threadId: string;
  beforeAll(async () => {
    test = await TestApp.start();
    threadId = await test.newThread();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const post = (
    message: NewMessage,
    to = threadId,
  ): Promise<{ messageId: string; turnId: string }> =>
    test.engine.threads.post(to, message, test.user);
  const stored = async (id = threadId): Promise<number> =>
    (await test.engine.threads.view(id)).messages.length;

  describe("that are refused", () => {
    it.each<[string, NewMessage, string, RegExp]>([
      ["empty", { text: "" }, "invalid-request", /empty/],
      ["blank", { text: " \n\t\u00A0" }, "invalid-request", /empty/],
      ["too long", { text: "x".repeat(200_000) }, "too-large", /longer than 64,000 characters/],
      [
        "quoting too much",
        { text: "a", quote: "x".repeat(64_001) },
        "too-large",
        /The quote is longer/,
      ],
      ["with a NUL", { text: "a\0b" }, "invalid-text", /The message holds a NUL/],
      ["with a lone surrogate", { text: "a\uD83D" }, "invalid-text", /half a character/],
      ["quoting a NUL", { text: "a", quote: "\0" }, "invalid-text", /The quote holds a NUL/],
      ["for a model of nobody", { text: "a", model: "gpt-0" }, "unknown-model", /no model “gpt-0”/],
      ["for a model with a NUL", { text: "a", model: "\0" }, "invalid-text", /The model holds/],
      ["with an endless key", { text: "a", dedupKey: "k".repeat(201) }, "invalid-request", /200/],
      ["with a NUL in the key", { text: "a", dedupKey: "k\0" }, "invalid-text", /key holds a NUL/],
    ])("%s leave nothing behind", async (_what, message, type, sentence) => {
      await expect(post(message)).rejects.toMatchObject({
        name: "UserError",
        type,
        message: expect.stringMatching(sentence) as string,
      });
      expect(await stored()).toBe(0);
    });

    it.each(["nope", "", crypto.randomUUID(), "../threads"])(
      "for a thread that does not exist (%j)",
      async (id) => {
        await expect(post({ text: "a" }, id)).rejects.toMatchObject({ type: "not-found" });
      },
    );
  });

  it("are kept as they were written, up to the longest", async () => {
    const id = await test.newThread();
    const text = ` \u{1F600} ${"漢".repeat(63_995)}\n`;
    await post({ text, quote: "> quoted\r\n" }, id);
    const [message] = (await test.engine.threads.view(id)).messages;
    expect(message).toMatchObject({
      seq: 1,
      role: "user",
      author: "Local maintainer",
      text,
      quote: "> quoted\r\n",
      status: "complete",
    });
  });

  it("that are sent again under their key show once, and answer with the same turn", async () => {
    const id = await test.newThread();
    const key = "client-1/message-7";
    const sent = await Promise.all([
      post({ text: "once", dedupKey: key }, id),
      post({ text: "once", dedupKey: key }, id),
      post({ text: "once", dedupKey: key }, id),
    ]);
    expect(new Set(sent.map((one) => one.messageId)).size).toBe(1);
    await collect(await test.engine.streams.turn(sent[0].turnId));
    expect(await post({ text: "once", dedupKey: key }, id)).toEqual(sent[0]);
    const { messages, turns } = await test.engine.threads.view(id);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(turns).toHaveLength(1);

    const elsewhere = await test.newThread();
    const other = await post({ text: "once", dedupKey: key }, elsewhere);
    expect(other.messageId).not.toBe(sent[0].messageId);
  });

  it("that arrive at once are numbered without a gap, and asked together", async () => {
    const id = await test.newThread();
    const sent = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post({ text: `message ${index}` }, id)),
    );
    for (const turnId of new Set(sent.map((one) => one.turnId))) {
      await collect(await test.engine.streams.turn(turnId));
    }
    const { messages } = await test.engine.threads.view(id);
    expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
    const said = messages.filter(({ role }) => role === "user").map(({ text }) => text);
    expect(said.toSorted()).toEqual(
      Array.from({ length: 20 }, (_, index) => `message ${index}`).toSorted(),
    );
    const { messages: told } = test.provider.requests.at(-1)!;
    expect(said.every((text) => told.some(({ content }) => content.includes(`: ${text}`)))).toBe(
      true,
    );
  });

  it("reach the model with what they quote", async () => {
    const id = await test.newThread();
    const { turnId } = await post({ text: "Why?", quote: "lazy\ndog" }, id);
    await collect(await test.engine.streams.turn(turnId));
    const request = test.provider.requests.at(-1)!;
    expect(request.messages).toEqual([
      { role: "user", content: "> lazy\n> dog\n\nLocal maintainer: Why?" },
    ]);
    expect(request.stablePrompt + request.turnPrompt).not.toContain("Why?");
  });

  it("keep the newest question whole in the smallest history, also when it is asked again", async () => {
    await using small = await TestApp.start({ environment: { HISTORY_TOKENS: "500" } });
    const id = await small.newThread();
    small.provider.script = () => ["long words ".repeat(1_000)];
    await small.ask(id, "first");
    const { turnId } = await small.engine.threads.post(id, { text: "second" }, small.user);
    await collect(await small.engine.streams.turn(turnId));
    const request = small.provider.requests.at(-1)!;
    expect(request.messages).toEqual([
      {
        role: "user",
        content: "[2 earlier messages left out to save space.]\n\nLocal maintainer: second",
      },
    ]);
  });

  it("are answered by their own model, else the thread's, else the default; it is recorded", async () => {
    const id = await test.newThread();
    const ask = async (message: NewMessage): Promise<void> => {
      const { turnId } = await post(message, id);
      await collect(await test.engine.streams.turn(turnId));
    };
    await ask({ text: "one" });
    await ask({ text: "two", model: "scripted-2" });
    await ask({ text: "three" });
    await test.engine.threads.chooseModel(id, "scripted-2");
    await ask({ text: "four" });
    await ask({ text: "five", model: "scripted-1" });
    await test.engine.threads.chooseModel(id, null);
    await ask({ text: "six" });
    const { messages } = await test.engine.threads.view(id);
    const models = messages
      .filter(({ role }) => role === "assistant")
      .map(({ modelId }) => modelId);
    const expected = [1, 2, 1, 2, 1, 1].map((number) => `scripted-${number}`);
    expect(models).toEqual(expected);
    expect(test.provider.requests.slice(-6).map(({ model }) => model)).toEqual(expected);
    expect(messages.filter(({ role }) => role === "user").every((m) => m.modelId === null)).toBe(
      true,
    );
    await expect(test.engine.threads.chooseModel(id, "gpt-0")).rejects.toMatchObject({
      type: "unknown-model",
    });
    await expect(test.engine.threads.chooseModel("nope", "scripted-1")).rejects.toMatchObject({
      type: "not-found",
    });
  });
});
