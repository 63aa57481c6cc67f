import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { NewEdit } from "../../src/engine.ts";
import { block } from "../fakes/scripted-provider.ts";
import { collect, DOCUMENT, TestApp, until } from "../support/test-app.ts";

describe("changes that people propose", () => {
  let test: TestApp;
  let threadId: string;
  beforeAll(async () => {
    test = await TestApp.start();
    threadId = await test.newThread();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const propose = (edit: NewEdit, to = threadId) =>
    test.engine.changes.propose(to, edit, test.user);
  const spanOf = (text: string): { start: number; end: number } => {
    const start = DOCUMENT.indexOf(text);
    return { start, end: start + text.length };
  };

  it("are pending at once, in their author's name and characters, and told in the thread", async () => {
    const stream = await test.engine.streams.thread(threadId);
    const edit = { original: "lazy dog", proposed: " sleepy\ndog ", reason: " Kinder. " };
    const change = await propose(edit);
    expect(change).toMatchObject({
      ...edit,
      kind: "manual",
      state: "pending",
      author: "Local maintainer",
      drift: "fresh",
      sourceMessageId: null,
      placement: { certainty: "certain", passage: spanOf("lazy dog"), section: ["The RFC"] },
    });
    const [frame] = await collect(stream, () => true);
    expect(frame).toMatchObject({
      event: "change",
      data: JSON.stringify({ change_id: change.id }),
    });
    const { changes } = await test.engine.threads.view(threadId);
    expect(changes).toEqual([change]);
  });

  it("are numbered through the RFC, over its threads and at once", async () => {
    const first = await propose({ original: "first item", proposed: "1st item" });
    const other = await test.newThread();
    const more = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        propose(
          { original: "second item", proposed: `item ${index}` },
          index % 2 ? other : threadId,
        ),
      ),
    );
    expect(more.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, index) => first.number + 1 + index),
    );
  });

  it.each<[string, NewEdit, string, string]>([
    [
      "after",
      { original: "", proposed: " New.", after: "all attempts." },
      "all attempts.",
      "after",
    ],
    [
      "before",
      { original: "", proposed: "New. ", before: "Each delivery" },
      "Each delivery",
      "before",
    ],
  ])("may insert %s a passage", async (_where, edit, text, side) => {
    const { placement } = await propose(edit);
    const at = spanOf(text)[side === "after" ? "end" : "start"];
    expect(placement).toMatchObject({
      certainty: "certain",
      passage: { start: at, end: at },
      replacement: edit.proposed,
      anchor: { side, slice: text },
    });
  });

  it("may delete, and say where one of several is meant", async () => {
    const { placement } = await propose({
      original: " item",
      proposed: "",
      after: "- second",
    });
    expect(placement.slice).toBe(" item");
    expect(placement.passage).toEqual({
      start: spanOf("- second item").end - " item".length,
      end: spanOf("- second item").end,
    });
  });

  it("are looked for in the thread's own passage first", async () => {
    const input = { rfcSlug: "rfc", branchName: "main", kind: "range" as const };
    const anchor = { text: "- second item" };
    const range = await test.engine.threads.create({ ...input, anchor }, test.user);
    const { placement } = await propose({ original: "item", proposed: "thing" }, range.id);
    expect(placement.passage!.end).toBe(spanOf("- second item").end);
    expect(["certain", "high"]).toContain(placement.certainty);
  });

  it("ask for their place where it is not certain, and take the one that is chosen", async () => {
    const change = await propose({ original: "item", proposed: "thing" });
    expect(change.placement).toMatchObject({ certainty: "ask", candidateCount: 2 });
    await expect(test.engine.changes.accept(change.id, test.user)).rejects.toMatchObject({
      type: "place-uncertain",
    });
    const second = { ...change.placement.candidates[1]!, blobSha: change.baseBlobSha };
    const placed = await test.engine.changes.choosePlace(change.id, second);
    expect(placed.placement).toMatchObject({
      certainty: "certain",
      passage: { start: second.start, end: second.end },
      candidates: [],
    });
    await test.engine.changes.accept(change.id, test.user);
    await until(async () => (await test.engine.changes.get(change.id)).state === "accepted");
    expect(await test.repository.show("rfc.md")).toContain("- first item\n- second thing\n");
    await expect(test.engine.changes.choosePlace(change.id, second)).rejects.toMatchObject({
      type: "already-decided",
    });
  });

  it("are placed in the present document when they were found nowhere in an earlier one", async () => {
    const lost = await propose({ original: "no such words anywhere", proposed: "Two lines." });
    const other = await propose({ original: "Each delivery", proposed: "Every delivery" });
    await test.engine.changes.accept(other.id, test.user);
    await until(async () => (await test.engine.changes.get(other.id)).state === "accepted");
    const { document } = await test.engine.rfcs.view("rfc");
    const { body, blobSha } = document!;
    expect(blobSha).not.toBe(lost.baseBlobSha);
    const start = body.indexOf("lazy dog");
    const place = { start, end: start + "lazy dog".length };
    await expect(
      test.engine.changes.choosePlace(lost.id, { ...place, blobSha: lost.baseBlobSha }),
    ).rejects.toMatchObject({ type: "place-uncertain" });
    const placed = await test.engine.changes.choosePlace(lost.id, { ...place, blobSha });
    expect(placed).toMatchObject({
      baseBlobSha: blobSha,
      placement: { certainty: "certain", slice: "lazy dog", replacement: "Two lines." },
    });
  });

  it.each([
    { start: -1, end: 2 },
    { start: 5, end: 2 },
    { start: 0, end: 100_000 },
    { start: 0.5, end: 2 },
    { start: Number.NaN, end: 2 },
  ])("have no place outside of the document: $start to $end", async (passage) => {
    const change = await propose({ original: "no such words anywhere", proposed: "x" });
    expect(change.placement.certainty).toBe("none");
    await expect(
      test.engine.changes.choosePlace(change.id, { ...passage, blobSha: change.baseBlobSha }),
    ).rejects.toMatchObject({
      name: "UserError",
      type: "invalid-request",
    });
    expect((await test.engine.changes.get(change.id)).placement).toEqual(change.placement);
  });

  it("are told to the model: the newest thirty of the thread, and none that was withdrawn", async () => {
    const other = await test.newThread();
    const proposed = [];
    for (let index = 0; index < 33; index += 1) {
      proposed.push(await propose({ original: "lazy dog", proposed: `dog ${index}` }, other));
    }
    const withdrawn = proposed.pop()!;
    await test.app.sql`update changes set state = 'withdrawn' where id = ${withdrawn.id}`;
    await test.ask(other, "And now?");
    const told = test.provider.requests.at(-1)!.turnPrompt.match(/^#\d+ .*$/gm);
    expect(told).toEqual(
      proposed
        .slice(-30)
        .map(({ number, proposed: text }) => `#${number} pending: lazy dog → ${text}`),
    );
  });

  it.each<[string, NewEdit, string, RegExp]>([
    [
      "nothing to change",
      { original: "a", proposed: "a" },
      "invalid-request",
      /nothing would change/,
    ],
    ["no texts", { original: "", proposed: "" }, "invalid-request", /nothing would change/],
    ["no anchor", { original: "", proposed: "new" }, "invalid-request", /after or before which/],
    [
      "empty anchors",
      { original: "", proposed: "b", after: "" },
      "invalid-request",
      /after or before/,
    ],
    ["a NUL", { original: "a", proposed: "\0" }, "invalid-text", /proposed holds a NUL/],
    [
      "half a character",
      { original: "\uDE00", proposed: "" },
      "invalid-text",
      /original holds half/,
    ],
    [
      "a NUL for a reason",
      { original: "a", proposed: "b", reason: "\0" },
      "invalid-text",
      /reason/,
    ],
    [
      "a long text",
      { original: "a", proposed: "x".repeat(65_537) },
      "too-large",
      /proposed has at most/,
    ],
    [
      "a long anchor",
      { original: "", proposed: "b", before: "x".repeat(65_537) },
      "too-large",
      /before has at most/,
    ],
  ])("are refused with %s", async (_what, edit, type, sentence) => {
    const before = (await test.engine.threads.view(threadId)).changes.length;
    await expect(propose(edit)).rejects.toMatchObject({
      name: "UserError",
      type,
      message: expect.stringMatching(sentence) as string,
    });
    expect((await test.engine.threads.view(threadId)).changes).toHaveLength(before);
  });

  it.each(["nope", crypto.randomUUID()])(
    "or promote come of a block that there is (%s)",
    async (id) => {
      for (const ask of [
        () => test.engine.changes.promote(id),
        () => test.engine.changes.repair(id, test.user),
      ]) {
        await expect(ask()).rejects.toMatchObject({
          type: "not-found",
          message: "There is no such block.",
        });
      }
    },
  );

  it("are not promoted out of a broken block, nor in a closed thread, nor twice at once", async () => {
    const other = await test.newThread();
    test.provider.script = (request) => [
      block(request, "Each delivery", "Every delivery").replace("</proposed>", ""),
      "\n",
      `~~~\n${block(request, "quick", "slow")}~~~\n`,
    ];
    await test.ask(other, "go");
    const { looseBlocks } = await test.engine.threads.view(other);
    expect(looseBlocks.map(({ kind }) => kind)).toEqual(["malformed", "fenced"]);
    const [malformed, fenced] = looseBlocks;
    await expect(test.engine.changes.promote(malformed!.id)).rejects.toMatchObject({
      type: "nothing-to-do",
    });
    await test.engine.threads.close(other, test.user);
    for (const ask of [
      () => test.engine.changes.promote(fenced!.id),
      () => test.engine.changes.repair(malformed!.id, test.user),
    ]) {
      await expect(ask()).rejects.toMatchObject({ type: "thread-closed" });
    }
    await test.engine.threads.reopen(other, test.user);
    const both = await Promise.allSettled([
      test.engine.changes.promote(fenced!.id),
      test.engine.changes.promote(fenced!.id),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const { changes } = await test.engine.threads.view(other);
    expect(changes).toMatchObject([
      { kind: "ai", original: "quick", placement: { certainty: "ask" } },
    ]);
  });
});
