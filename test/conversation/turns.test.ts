import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ModelError } from "../../src/ports.ts";
import { endAllLeases } from "../../src/store/thread-leases.ts";
import { block, liveTag } from "../fakes/scripted-provider.ts";
import { collect, TestApp, textOf, until } from "../support/test-app.ts";

/** A promise that the test resolves. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("turns", () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await TestApp.start();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const messagesOf = async (threadId: string) =>
    (await test.engine.threads.view(threadId)).messages.map(
      ({ role, text, status }) => [role, text, status] as const,
    );

  it("makes a change a pending row while the answer is still being written", async () => {
    const threadId = await test.newThread();
    const rest = gate();
    test.provider.script = (request) => [
      block(request, "after one minute", "after two minutes"),
      rest.opened,
      "done",
    ];
    const { turnId } = await test.engine.threads.post(threadId, { text: "go" }, test.user);
    const change = await until(async () => (await test.engine.threads.view(threadId)).changes[0]);
    expect(change.state).toBe("pending");
    expect((await test.engine.threads.view(threadId)).turns[0]!.state).toBe("running");
    rest.open();
    await collect(await test.engine.streams.turn(turnId));
  });

  it("ends as failed with a plain system message when the provider fails, and can be retried", async () => {
    const threadId = await test.newThread();
    test.provider.script = () => [
      "Half an ",
      new ModelError("The model provider is overloaded; try again."),
    ];
    const frames = await test.ask(threadId, "hello");
    expect(frames.at(-2)).toMatchObject({ event: "error" });
    expect(JSON.parse(frames.at(-2)!.data)).toMatchObject({
      type: "urn:redline:problem:model-failed",
      detail: "The model provider is overloaded; try again.",
    });
    expect(frames.at(-1)!.data).toBe("DONE");
    expect(await messagesOf(threadId)).toEqual([
      ["user", "hello", "complete"],
      ["assistant", "Half an ", "failed"],
      ["system", "The model provider is overloaded; try again.", "complete"],
    ]);

    const [failed] = (await test.engine.threads.view(threadId)).turns;
    test.provider.script = () => ["Whole."];
    const before = test.provider.requests.length;
    const retry = await test.engine.turns.retry(failed!.id);
    expect(textOf(await collect(await test.engine.streams.turn(retry.id)))).toBe("Whole.");
    expect(test.provider.requests[before]!.messages).toEqual([
      { role: "user", content: "Local maintainer: hello" },
    ]);
    await expect(test.engine.turns.retry(failed!.id)).rejects.toThrow("run again already");
  });

  it("says that an answer was cut at the token limit, and keeps it", async () => {
    const threadId = await test.newThread();
    test.provider.script = (request) => [
      `Text.\n${liveTag(request)}\n<original>The qu`,
      { stop: "max_tokens" },
    ];
    await test.ask(threadId, "hello");
    const view = await test.engine.threads.view(threadId);
    expect(view.messages[1]).toMatchObject({ text: "Text.\n", status: "cut" });
    expect(view.messages[2]).toMatchObject({ role: "system" });
    expect(view.messages[2]!.text).toContain("cut");
    expect(view.looseBlocks).toMatchObject([
      { kind: "malformed", code: "unclosed_original", fields: { original: "The qu" } },
    ]);
    expect(view.changes).toEqual([]);
  });

  it("stops a running answer, aborts the model, and keeps what was written", async () => {
    const threadId = await test.newThread();
    const never = gate();
    test.provider.script = () => ["One two ", never.opened];
    const { turnId } = await test.engine.threads.post(threadId, { text: "go" }, test.user);
    const source = await test.engine.streams.turn(turnId);
    const frames = await collect(source, (all) => textOf(all) === "One two ");
    await test.engine.turns.cancel(turnId);
    const rest = await collect(await test.engine.streams.turn(turnId, frames.at(-1)!.id));
    expect(rest.map((frame) => frame.event ?? frame.data)).toEqual(["changes", "DONE"]);
    const view = await test.engine.threads.view(threadId);
    expect(view.messages[1]).toMatchObject({ text: "One two ", status: "stopped" });
    expect(view.turns[0]).toMatchObject({ state: "cancelled" });
    await expect(test.engine.turns.cancel(turnId)).rejects.toThrow("cancelled already");
  });

  it("folds what is said while a turn runs into one next turn, which can be cancelled in the queue", async () => {
    const threadId = await test.newThread();
    const first = gate();
    test.provider.script = (_request, index) => [`answer ${index}`, first.opened];
    const post = (text: string) => test.engine.threads.post(threadId, { text }, test.user);
    const one = await post("one");
    await until(
      async () => (await test.engine.threads.view(threadId)).turns[0]?.state === "running",
    );
    const two = await post("two");
    const three = await post("three");
    expect(two.turnId).not.toBe(one.turnId);
    expect(three.turnId).toBe(two.turnId);
    const before = test.provider.requests.length;
    first.open();
    await collect(await test.engine.streams.turn(two.turnId));
    expect(test.provider.requests.length).toBe(before + 1);
    const { messages } = test.provider.requests.at(-1)!;
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(messages.at(-1)!.content).toBe("Local maintainer: two\n\nLocal maintainer: three");

    const hold = gate();
    test.provider.script = () => [hold.opened];
    await post("four");
    await until(
      async () => (await test.engine.threads.view(threadId)).turns.at(-1)?.state === "running",
    );
    const five = await post("five");
    const frames = collect(await test.engine.streams.turn(five.turnId));
    expect((await test.engine.turns.cancel(five.turnId)).state).toBe("cancelled");
    expect((await frames).map((frame) => frame.event ?? frame.data)).toEqual(["changes", "DONE"]);
    hold.open();
  });

  it("gives a block that was not located back once, and withdraws the first try", async () => {
    const threadId = await test.newThread();
    const before = test.provider.requests.length;
    test.provider.script = (request, index) =>
      index === before
        ? ["Here:\n", block(request, "sent after a single minute of waiting", "x")]
        : [block(request, "sent after one minute", "sent after two minutes")];
    const frames = await test.ask(threadId, "go");
    expect(test.provider.requests.length).toBe(before + 2);
    const giveBack = test.provider.requests.at(-1)!;
    expect(giveBack.messages.at(-1)!.content).toContain("Retries are sent after one minute.");
    const { changes } = await test.engine.threads.view(threadId);
    expect(changes.map(({ state, placement }) => [state, placement.certainty])).toEqual([
      ["withdrawn", "none"],
      ["pending", "certain"],
    ]);
    const end = JSON.parse(frames.find((frame) => frame.event === "changes")!.data);
    expect(end).toMatchObject({ change_ids: [changes[1]!.id], count: 1 });
  });

  it("shows a block that is still not located, and does not accept it", async () => {
    const threadId = await test.newThread();
    const before = test.provider.requests.length;
    test.provider.script = (request, index) =>
      index === before ? [block(request, "no such words anywhere", "x")] : ["I cannot find it."];
    await test.ask(threadId, "go");
    expect(test.provider.requests.length).toBe(before + 2);
    const [change] = (await test.engine.threads.view(threadId)).changes;
    expect(change).toMatchObject({ state: "pending", placement: { certainty: "none" } });
    await expect(test.engine.changes.accept(change!.id, test.user)).rejects.toMatchObject({
      type: "place-uncertain",
    });
  });

  it("keeps malformed and fenced blocks with a way on", async () => {
    const threadId = await test.newThread();
    test.provider.script = (request) => [
      `${liveTag(request)}\n<original>lazy dog</original>\n</change>\n`,
      `\`\`\`xml\n${block(request, "lazy dog", "idle dog")}\`\`\`\n`,
    ];
    const frames = await test.ask(threadId, "go");
    expect(textOf(frames)).toContain("idle dog");
    expect(textOf(frames)).not.toContain("<original>lazy dog</original>\n</change>");
    const { looseBlocks } = await test.engine.threads.view(threadId);
    expect(looseBlocks.map(({ kind, code }) => [kind, code])).toEqual([
      ["malformed", "missing_proposed"],
      ["fenced", null],
    ]);

    const promoted = await test.engine.changes.promote(looseBlocks[1]!.id);
    expect(promoted).toMatchObject({ state: "pending", placement: { certainty: "ask" } });
    await expect(test.engine.changes.promote(looseBlocks[1]!.id)).rejects.toThrow(
      "promoted already",
    );
    await expect(test.engine.changes.accept(promoted.id, test.user)).rejects.toThrow(
      "choose its place",
    );
    const [place] = promoted.placement.candidates;
    const placed = await test.engine.changes.choosePlace(promoted.id, {
      ...place!,
      blobSha: promoted.baseBlobSha,
    });
    expect(placed.placement.certainty).toBe("certain");

    test.provider.script = (request) => [block(request, "lazy dog", "sleepy dog")];
    const { turnId } = await test.engine.changes.repair(looseBlocks[0]!.id, test.user);
    await collect(await test.engine.streams.turn(turnId));
    expect(test.provider.requests.at(-1)!.messages.at(-1)!.content).toContain("lazy dog");
    await expect(test.engine.changes.repair(looseBlocks[0]!.id, test.user)).rejects.toThrow(
      "repaired",
    );
  });

  it("runs a turn again after a failure of our own, with one message and no doubled change", async () => {
    const threadId = await test.newThread();
    const before = test.provider.requests.length;
    test.provider.script = (request, index) => [
      `try ${index - before}\n`,
      block(request, "after one minute", `after ${index - before + 2} minutes`),
      ...(index - before < 2 ? [new Error("a bug")] : []),
    ];
    const frames = await test.ask(threadId, "go");
    const attempts = frames.filter((frame) => frame.event === "turn");
    expect(attempts.map((frame) => JSON.parse(frame.data).attempt)).toEqual([1, 2, 3]);
    const view = await test.engine.threads.view(threadId);
    expect(view.messages.map(({ role, text }) => [role, text])).toEqual([
      ["user", "go"],
      ["assistant", "try 2\n\n"],
    ]);
    expect(view.changes.map(({ state, proposed }) => [state, proposed])).toEqual([
      ["withdrawn", "after 2 minutes"],
      ["withdrawn", "after 3 minutes"],
      ["pending", "after 4 minutes"],
    ]);
    expect(test.log.some(({ level }) => level === "error")).toBe(true);
  });

  it("gives up after the last attempt, tells the thread, and runs the next turn", async () => {
    const threadId = await test.newThread();
    test.provider.script = () => [new Error("always")];
    const frames = await test.ask(threadId, "go");
    const told = JSON.parse(frames.at(-2)!.data);
    expect(told).toMatchObject({ type: "urn:redline:problem:internal" });
    expect(told.detail).not.toContain("always");
    test.provider.script = () => ["fine"];
    expect(textOf(await test.ask(threadId, "again"))).toBe("fine");
  });

  it("discards what a worker that lost its lease writes", async () => {
    const threadId = await test.newThread();
    const before = test.provider.requests.length;
    const hold = gate();
    test.provider.script = (_request, index) =>
      index === before ? ["stale words", hold.opened, "never seen"] : ["fresh words"];
    const { turnId } = await test.engine.threads.post(threadId, { text: "go" }, test.user);
    const first = await test.engine.streams.turn(turnId);
    await collect(first, (all) => textOf(all) === "stale words");
    await endAllLeases(test.app.sql);
    const frames = await collect(await test.engine.streams.turn(turnId));
    hold.open();
    expect(textOf(frames.slice(frames.findLastIndex(({ event }) => event === "turn")))).toBe(
      "fresh words",
    );
    expect((await messagesOf(threadId)).map(([, text]) => text)).toEqual(["go", "fresh words"]);
  });

  it("never sends an empty answer back to the model", async () => {
    const threadId = await test.newThread();
    test.provider.script = () => [];
    await test.ask(threadId, "first");
    expect((await messagesOf(threadId)).at(-1)![1]).toContain("answered nothing");
    test.provider.script = () => ["ok"];
    await test.ask(threadId, "second");
    expect(test.provider.requests.at(-1)!.messages).toEqual([
      { role: "user", content: "Local maintainer: first\n\nLocal maintainer: second" },
    ]);
  });

  it("keeps split surrogates whole and stores what cannot be stored as U+FFFD", async () => {
    const threadId = await test.newThread();
    test.provider.script = () => [
      "a\u{1F600}".slice(0, 2),
      "a\u{1F600}".slice(2),
      " \0 \uD800 end",
    ];
    const frames = await test.ask(threadId, "go");
    const said = "a\u{1F600} \uFFFD \uFFFD end";
    expect(textOf(frames)).toBe(said);
    expect((await messagesOf(threadId))[1]![1]).toBe(said);
  });

  it("cuts an answer that never ends, and says so", async () => {
    const threadId = await test.newThread();
    const line = `${"word ".repeat(2_000)}\n`;
    test.provider.script = () => Array.from({ length: 100 }, () => line);
    await test.ask(threadId, "go on for ever");
    const { messages } = await test.engine.threads.view(threadId);
    expect(messages[1]!.status).toBe("cut");
    expect(messages[1]!.text.length).toBeGreaterThanOrEqual(512 * 1024);
    expect(messages[1]!.text.length).toBeLessThan(512 * 1024 + line.length);
    expect(messages[2]!.text).toContain("was cut at the longest that is kept");
  });

  it("sees a cancellation whose message was lost, though the model is silent", async () => {
    const threadId = await test.newThread();
    const never = gate();
    test.provider.script = () => [never.opened];
    const { turnId } = await test.engine.threads.post(threadId, { text: "go" }, test.user);
    const state = async () => (await test.engine.threads.view(threadId)).turns[0]!.state;
    await until(async () => (await state()) === "running");
    await test.app.sql`update turns set cancel_requested_at = now() where id = ${turnId}`;
    await until(async () => (await state()) === "cancelled");
  });

  it("neither loses a message nor a cancellation when they meet", async () => {
    const threadId = await test.newThread();
    test.provider.script = () => ["a ", "b ", "c "];
    const posts = Array.from({ length: 30 }, async (_, index) => {
      const { turnId } = await test.engine.threads.post(threadId, { text: `${index}` }, test.user);
      await test.engine.turns.cancel(turnId).catch((error: Error) => {
        expect(error.message).toMatch(/already/);
      });
    });
    await Promise.all(posts);
    const view = await until(async () => {
      const now = await test.engine.threads.view(threadId);
      return now.turns.every(({ state }) => !["queued", "running"].includes(state)) && now;
    });
    expect(view.messages.filter(({ role }) => role === "user")).toHaveLength(30);
  });

  it("does not run a turn again once the conversation has gone on, or the thread is closed", async () => {
    const threadId = await test.newThread();
    test.provider.script = () => [new ModelError("No.")];
    await test.ask(threadId, "one");
    test.provider.script = () => ["fine"];
    await test.ask(threadId, "two");
    const [failed] = (await test.engine.threads.view(threadId)).turns;
    await expect(test.engine.turns.retry(failed!.id)).rejects.toThrow("has gone on since");

    const other = await test.newThread();
    test.provider.script = () => [new ModelError("No.")];
    await test.ask(other, "one");
    await test.engine.threads.close(other, test.user);
    const [last] = (await test.engine.threads.view(other)).turns;
    await expect(test.engine.turns.retry(last!.id)).rejects.toThrow("is closed");
  });

  it("takes nothing twice from a model that repeats itself in a give-back", async () => {
    const threadId = await test.newThread();
    const before = test.provider.requests.length;
    test.provider.script = (request, index) => [
      "Prose.\n",
      block(request, index === before ? "lost words of old" : "lazy dog", "idle dog"),
      block(request, "after one minute", "after two minutes"),
    ];
    const frames = await test.ask(threadId, "go");
    const { messages, changes } = await test.engine.threads.view(threadId);
    expect(messages[1]!.text.match(/Prose/g)).toHaveLength(1);
    const live = changes.filter(({ state }) => state === "pending");
    expect(live.map(({ original }) => original)).toEqual(["after one minute", "lazy dog"]);
    const end = JSON.parse(frames.find((frame) => frame.event === "changes")!.data);
    expect(end.change_ids).toEqual([live[1]!.id, live[0]!.id]);
  });
});
