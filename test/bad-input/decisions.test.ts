/** Decisions that come twice, at once, or in each other's way. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Change } from "../../src/changes/change.ts";
import type { User } from "../../src/engine.ts";
import { UserError } from "../../src/errors.ts";
import { ensureUser } from "../../src/store/people.ts";
import { block } from "../fakes/scripted-provider.ts";
import { brokenInvariants, isBusy } from "../support/invariants.ts";
import { collect, TestApp, until } from "../support/test-app.ts";

let test: TestApp;
let threadId: string;

const LINES = Array.from({ length: 20 }, (_, index) => `Line ${index} of the document.\n\n`);
const people: User[] = [];

beforeAll(async () => {
  test = await TestApp.start({ document: `# The RFC\n\n${LINES.join("")}` });
  threadId = await test.newThread();
  for (const name of ["Ada", "Ben", "Cleo", "Dan"]) {
    const identity = { platform: "test", workspaceId: "", platformUserId: name };
    const seen = { displayName: name, email: `${name.toLowerCase()}@example.org` };
    people.push(await ensureUser(test.app.sql, identity, seen));
  }
});
afterAll(() => test[Symbol.asyncDispose]());

const propose = (original: string, proposed: string): Promise<Change> =>
  test.engine.changes.propose(threadId, { original, proposed }, people[0]!);
const accept = (change: Change, by = people[0]!): Promise<Change> =>
  test.engine.changes.accept(change.id, by);
const decline = (change: Change, reason?: string, by = people[0]!): Promise<Change> =>
  test.engine.changes.decline(change.id, reason, by);

async function settled(change: Change): Promise<Change> {
  await until(async () => !(await isBusy(test.world)), "the end of all work");
  return test.engine.changes.get(change.id);
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw new Error(`it was not refused: ${String(error)}`);
  return `${error.type}: ${error.message}`;
}

const systemMessages = async (): Promise<string[]> =>
  (await test.engine.threads.view(threadId)).messages
    .filter(({ role }) => role === "system")
    .map(({ text }) => text);

async function expectWhole(): Promise<void> {
  expect(await brokenInvariants({ ...test.world, posted: [] })).toEqual([]);
}

describe("a change that is decided", () => {
  it("cannot be decided again, and says what it is", async () => {
    const accepted = await propose("Line 0", "Row 0");
    await accept(accepted);
    await settled(accepted);
    const declined = await propose("Line 1", "Row 1");
    await decline(declined, "Keep it.");
    const cases: [Change, string][] = [
      [accepted, `already-decided: Change #${accepted.number} is accepted already.`],
      [declined, `already-decided: Change #${declined.number} is declined already.`],
    ];
    for (const [change, words] of cases) {
      const before = await test.engine.changes.get(change.id);
      expect(await refusal(accept(change))).toBe(words);
      expect(await refusal(decline(change))).toBe(words);
      const place = { start: 0, end: 4, blobSha: change.baseBlobSha };
      expect(await refusal(test.engine.changes.choosePlace(change.id, place))).toBe(words);
      expect(await test.engine.changes.get(change.id)).toEqual(before);
    }
    await expectWhole();
  });

  it("keeps the reason as people wrote it, and refuses one that is too long", async () => {
    const change = await propose("Line 2", "Row 2");
    expect(await refusal(decline(change, "x".repeat(4_001)))).toBe(
      "too-large: A reason has at most 4000 characters.",
    );
    await decline(change, "  We said “no”.\nTwice.  ");
    const { decisions } = await test.engine.threads.view(threadId);
    expect(decisions.at(-1)).toMatchObject({ reason: "We said “no”.\nTwice." });
    expect((await systemMessages()).at(-1)).toMatch(
      new RegExp(`^Ada declined change #${change.number}: We said “no”\\.\\sTwice\\.$`),
    );
  });
});

describe("several people at once", () => {
  it("accepting one change: one decision stands, one commit is made", async () => {
    const change = await propose("Line 3", "Row 3");
    const commits = (await test.repository.log()).length;
    const outcomes = await Promise.allSettled(
      [...people, ...people].map((by) => accept(change, by)),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      expect(outcome.reason).toMatchObject({ type: "already-decided" });
      expect(outcome.reason.message).toMatch(/is (being committed|accepted) already\.$/);
    }
    expect((await settled(change)).state).toBe("accepted");
    expect(await test.repository.log()).toHaveLength(commits + 1);
    const { decisions } = await test.engine.threads.view(threadId);
    expect(decisions.filter(({ changeId }) => changeId === change.id)).toHaveLength(1);
    await expectWhole();
  });

  it("accepting and declining one change: one of the two stands", async () => {
    for (let line = 4; line < 8; line += 1) {
      const change = await propose(`Line ${line}`, `Row ${line}`);
      const decided = [accept(change, people[1]), decline(change, "No.", people[2])];
      const outcomes = await Promise.allSettled(line % 2 === 0 ? decided : decided.toReversed());
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const { state } = await settled(change);
      expect(["accepted", "declined"]).toContain(state);
      expect(await test.repository.show("rfc.md")).toContain(
        `${state === "accepted" ? "Row" : "Line"} ${line} of`,
      );
    }
    await expectWhole();
  });

  it("accepting many changes: each becomes one commit", async () => {
    const changes: Change[] = [];
    for (let line = 8; line < 14; line += 1)
      changes.push(await propose(`Line ${line} `, `Row ${line} `));
    await Promise.all(changes.map((change, index) => accept(change, people[index % 4])));
    for (const change of changes) expect((await settled(change)).state).toBe("accepted");
    for (let line = 8; line < 14; line += 1) {
      expect(await test.repository.readWorking("rfc.md")).toContain(`Row ${line} of`);
    }
    await expectWhole();
  });
});

describe("changes of one passage", () => {
  it("accepted one after the other: the second is looked at again first", async () => {
    const first = await propose("Line 14 of the document.", "Row 14 of the paper.");
    const second = await propose("Line 14 of the", "Item 14 of the");
    await accept(first);
    await settled(first);
    const words = await refusal(accept(second));
    expect(words).toMatch(new RegExp(`^place-uncertain: .*[cC]hange #${second.number} .*\\.$`));
    expect((await settled(second)).state).toBe("pending");
    expect(await test.repository.show("rfc.md")).toContain("Row 14 of the paper.");
    await expectWhole();
  });

  it("accepted at once: one is committed, the other is refused, or comes back with the reason", async () => {
    const first = await propose("Line 15 of the document.", "Row 15 of the paper.");
    const second = await propose("Line 15 of the", "Item 15 of the");
    const asked = await Promise.allSettled([accept(first, people[0]), accept(second, people[1])]);
    for (const answer of asked) {
      if (answer.status === "rejected")
        expect(String(answer.reason)).toMatch(/overlaps with change #/);
    }
    const states = [await settled(first), await settled(second)];
    const back = states.find(({ state }) => state === "pending")!;
    expect(states.map(({ state }) => state).toSorted()).toEqual(["accepted", "pending"]);
    if (back.failure !== null) {
      const sentence = `^Change #${back.number} was not committed: the passage was edited meanwhile`;
      expect(back.failure).toMatch(new RegExp(sentence));
      expect(await systemMessages()).toContain(back.failure);
    }
    expect(await refusal(accept(back))).toMatch(/^place-uncertain: /);
    await decline(back);
    await expectWhole();
  });

  it("that say the same: both are accepted, with one edit of the document", async () => {
    const first = await propose("Line 16", "Row 16");
    const second = await propose("Line 16", "Row 16");
    const commits = (await test.repository.log()).length;
    await Promise.allSettled([accept(first), accept(second, people[1])]);
    const states = await until(async () => {
      const now = [await settled(first), await settled(second)];
      return now.every(({ state }) => state === "accepted") && now;
    });
    expect(states[0]!.commitSha).toBe(states[1]!.commitSha);
    expect(await test.repository.log()).toHaveLength(commits + 1);
    expect(await test.repository.show("rfc.md")).toContain("Row 16 of the document.");
  });

  it("that insert at one point: both can be accepted", async () => {
    const insert = (proposed: string): Promise<Change> =>
      test.engine.changes.propose(
        threadId,
        { original: "", proposed, after: "Line 17 of the document." },
        people[0]!,
      );
    const [first, second] = [await insert(" One more."), await insert(" And another.")];
    await accept(first);
    await settled(first);
    await accept(second);
    await settled(second);
    const text = await test.repository.show("rfc.md");
    expect(text).toMatch(/Line 17 of the document\.( One more\.| And another\.){2}\n/);
  });
});

describe("a change that is written while the document moves on", () => {
  it("is brought to the new tip, where it cannot be accepted as it was", async () => {
    let open = (): void => {};
    const silence = new Promise<void>((resolve) => {
      open = resolve;
    });
    test.provider.script = (request) => [
      "Well: ",
      silence,
      `\n${block(request, "Line 19 of the document.", "Row 19 of the document.")}`,
      block(request, "# The RFC", "# An RFC"),
    ];
    const { turnId } = await test.engine.threads.post(threadId, { text: "Go" }, people[0]!);
    const running = async (): Promise<boolean> =>
      (await test.engine.threads.view(threadId)).messages.at(-1)!.text === "Well: ";
    await until(running, "the answer");
    const text = await test.repository.show("rfc.md");
    const tip = await test.repository.outsideCommit(
      "rfc.md",
      `${text.replace("Line 19 of the document", "Line nineteen of it")}One more.\n`,
    );
    await until(async () => {
      const [branch] = await test.app.sql`select head_sha from branches`;
      return branch!["headSha"] === tip;
    }, "the new tip");
    open();
    await collect(await test.engine.streams.turn(turnId));
    const [gone, kept] = (await test.engine.threads.view(threadId)).changes.slice(-2);
    expect(await settled(gone!)).toMatchObject({ state: "pending", drift: "conflict" });
    expect(await settled(kept!)).toMatchObject({ state: "pending", drift: "fresh" });
    expect((await systemMessages()).at(-1)).toBe(
      `Change #${gone!.number} conflicts with that edit; have it drafted again.`,
    );
    expect(await refusal(accept(gone!))).toMatch(/^place-uncertain: /);
    await accept(kept!);
    expect((await settled(kept!)).state).toBe("accepted");
    await decline(gone!);
  });
});

describe("a document that cannot be written", () => {
  it("with edits that are not committed refuses the accept, and loses nothing", async () => {
    const change = await propose("Line 18", "Row 18");
    const committed = await test.repository.show("rfc.md");
    await test.repository.write("rfc.md", `${committed}My own words.\n`);
    expect(await refusal(accept(change))).toMatch(/^working-tree-dirty: .*commit or stash/);
    expect((await test.engine.changes.get(change.id)).state).toBe("pending");
    expect(await test.repository.readWorking("rfc.md")).toContain("My own words.");
    await test.repository.write("rfc.md", committed);
    await accept(change);
    expect((await settled(change)).state).toBe("accepted");
  });
});
