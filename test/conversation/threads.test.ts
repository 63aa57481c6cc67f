import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { NewThread } from "../../src/engine.ts";
import { TestApp, until } from "../support/test-app.ts";

const DOCUMENT = `# The RFC

The first paragraph says one thing. \u{1F600}

## Design

The header stays. It stays the same.\r
The footer goes.
`;

describe("threads", () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await TestApp.start({ document: DOCUMENT });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const create = (input: Partial<NewThread>) =>
    test.engine.threads.create(
      { rfcSlug: "rfc", branchName: "main", kind: "discussion", ...input },
      test.user,
    );
  const spanOf = (text: string): { start: number; end: number } => {
    const start = DOCUMENT.indexOf(text);
    return { start, end: start + text.length };
  };

  it("can be about the whole document or about a review", async () => {
    for (const kind of ["discussion", "review"] as const) {
      const thread = await create({ kind, title: " A title " });
      expect(thread).toMatchObject({ kind, state: "open", title: "A title", anchor: null });
    }
    expect(await create({ title: "  " })).toMatchObject({ title: null });
  });

  it("can be anchored by offsets", async () => {
    const thread = await create({ kind: "range", anchor: spanOf("one thing. \u{1F600}") });
    expect(thread.anchor).toMatchObject({
      slice: "one thing. \u{1F600}",
      certainty: "certain",
      section: ["The RFC"],
      passage: spanOf("one thing. \u{1F600}"),
    });
  });

  it("can be anchored by text, and by what stands around it where it stands twice", async () => {
    const alone = await create({ kind: "paragraph", anchor: { text: "The footer goes." } });
    expect(alone.anchor!.passage).toEqual(spanOf("The footer goes."));
    const second = await create({
      kind: "range",
      anchor: { text: "stays", before: "The header stays. It ", after: " the same." },
    });
    const { start } = spanOf("stays the same");
    expect(second.anchor).toMatchObject({ passage: { start, end: start + 5 }, slice: "stays" });
  });

  it.each<[string, Partial<NewThread>, string, RegExp]>([
    ["no anchor", { kind: "range" }, "invalid-request", /needs an anchor/],
    ["one too many", { anchor: { start: 0, end: 3 } }, "invalid-request", /takes no anchor/],
    ["beyond the end", { anchor: { start: 0, end: 9_999 } }, "invalid-request", /within/],
    ["before the start", { anchor: { start: -1, end: 3 } }, "invalid-request", /within/],
    ["an empty passage", { anchor: { start: 3, end: 3 } }, "invalid-request", /empty/],
    ["backwards", { anchor: { start: 5, end: 3 } }, "invalid-request", /within/],
    ["between characters", { anchor: { start: 1.5, end: 3 } }, "invalid-request", /within/],
    ["no number", { anchor: { start: Number.NaN, end: 3 } }, "invalid-request", /within/],
    [
      "half a character",
      { anchor: { start: 0, end: DOCUMENT.indexOf("\u{1F600}") + 1 } },
      "invalid-request",
      /within/,
    ],
    [
      "half a line ending",
      { anchor: { start: 0, end: DOCUMENT.indexOf("\r") + 1 } },
      "invalid-request",
      /within/,
    ],
    [
      "text that is not there",
      { anchor: { text: "no such words" } },
      "place-uncertain",
      /is not in/,
    ],
    ["no text", { anchor: { text: "" } }, "place-uncertain", /is not in/],
    ["text that stands twice", { anchor: { text: "stays" } }, "place-uncertain", /several places/],
    ["text with a NUL", { anchor: { text: "a\0" } }, "invalid-text", /anchor holds a NUL/],
  ])("are not anchored with %s", async (what, input, type, sentence) => {
    const kind = what === "one too many" ? "discussion" : "range";
    await expect(create({ kind, ...input })).rejects.toMatchObject({
      name: "UserError",
      type,
      message: expect.stringMatching(sentence) as string,
    });
  });

  it.each<[string, Partial<NewThread>, string]>([
    ["an RFC that is not known", { rfcSlug: "nope" }, "not-found"],
    ["a branch that does not exist", { branchName: "nope" }, "repository-unavailable"],
    ["a branch that cannot exist", { branchName: "a..b" }, "repository-unavailable"],
    ["a branch named with a NUL", { branchName: "a\0b" }, "invalid-text"],
    ["an RFC named with a NUL", { rfcSlug: "a\0b" }, "not-found"],
    ["an endless title", { title: "x".repeat(201) }, "too-large"],
    ["a title with a NUL", { title: "\0" }, "invalid-text"],
  ])("are not made for %s", async (_what, input, type) => {
    await expect(create(input)).rejects.toMatchObject({ name: "UserError", type });
  });

  it("can be held on another branch, whose document they are about", async () => {
    const other = DOCUMENT.replace("one thing", "another thing");
    await test.repository.outsideCommit("rfc.md", other, { branch: "proposal" });
    const input = { branchName: "proposal", kind: "range" as const };
    const thread = await create({ ...input, anchor: { text: "another thing" } });
    await test.ask(thread.id, "hello");
    expect(test.provider.requests.at(-1)!.stablePrompt).toContain("says another thing");
  });

  it("point their passage out to the model, where it stands now and once it is gone", async () => {
    const { id } = await create({ kind: "range", anchor: { text: "The footer goes." } });
    await test.ask(id, "hello");
    const told = (): string => test.provider.requests.at(-1)!.turnPrompt;
    expect(told()).toContain(
      "(section The RFC › Design):\n<passage>\nThe footer goes.\n</passage>",
    );

    const anchorOf = async () => (await test.engine.threads.view(id)).thread;
    await test.repository.outsideCommit("rfc.md", DOCUMENT.replace("# The", "New.\n\n# The"));
    await until(async () => (await anchorOf()).anchor!.passage!.start > spanOf("The footer").start);
    await test.repository.outsideCommit("rfc.md", "# The RFC\n\nAll is new.\n");
    const gone = await until(async () => {
      const thread = await anchorOf();
      return thread.anchorStaleSince && thread;
    });
    await test.ask(id, "and now?");
    expect(told()).toContain("no longer has. It read:\n<passage>\nThe footer goes.\n</passage>");

    await test.repository.outsideCommit("rfc.md", DOCUMENT);
    await until(async () => (await anchorOf()).anchorStaleSince === null);
    expect((await anchorOf()).anchor!.passage).toEqual(spanOf("The footer goes."));
    expect(gone.anchorStaleSince).toBeInstanceOf(Date);
  });

  it("take nothing while they are closed, and everything again once they are reopened", async () => {
    const { id } = await create({});
    const edit = { original: "The footer goes.", proposed: "The footer stays." };
    const manual = await test.engine.changes.propose(id, edit, test.user);
    expect(await test.engine.threads.close(id, test.user)).toMatchObject({ state: "closed" });
    await expect(test.engine.threads.post(id, { text: "a" }, test.user)).rejects.toMatchObject({
      type: "thread-closed",
    });
    await expect(test.engine.changes.propose(id, edit, test.user)).rejects.toMatchObject({
      type: "thread-closed",
    });
    expect((await test.engine.changes.get(manual.id)).state).toBe("pending");
    expect(await test.engine.threads.reopen(id, test.user)).toMatchObject({ state: "open" });
    await test.ask(id, "hello again");
    expect((await test.engine.threads.view(id)).messages).toHaveLength(2);
  });

  it.each(["nope", crypto.randomUUID()])("that do not exist are not found (%s)", async (id) => {
    const { threads, changes } = test.engine;
    for (const ask of [
      () => threads.view(id),
      () => threads.close(id, test.user),
      () => threads.reopen(id, test.user),
      () => threads.chooseModel(id, null),
      () => changes.propose(id, { original: "a", proposed: "b" }, test.user),
    ]) {
      await expect(ask()).rejects.toMatchObject({ type: "not-found" });
    }
  });
});
