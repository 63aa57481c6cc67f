import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Change } from "../../src/changes/change.ts";
import type { User } from "../../src/engine.ts";
import { ensureUser } from "../../src/store/people.ts";
import { block } from "../fakes/scripted-provider.ts";
import { TestApp, until } from "../support/test-app.ts";

const WORDS = Array.from({ length: 40 }, (_, index) => `passage-${index}`);
const DOCUMENT = `# The RFC\n\n${WORDS.map((word) => `Here stands ${word} alone.`).join("\n\n")}\n`;

describe("decisions", () => {
  let test: TestApp;
  let threadId: string;
  let grace: User;
  let next = 0;
  beforeAll(async () => {
    test = await TestApp.start({ document: DOCUMENT });
    threadId = await test.newThread();
    grace = await person("grace", "Grace Hopper", "grace@example.org");
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const person = (id: string, displayName: string, email: string | null): Promise<User> => {
    const identity = { platform: "test", workspaceId: "", platformUserId: id };
    return ensureUser(test.app.sql, identity, { displayName, email });
  };
  /** A change of a passage that no other test touches. */
  const propose = (more: { proposed?: string; reason?: string } = {}): Promise<Change> => {
    const original = `Here stands ${WORDS[(next += 1)]!} alone`;
    const edit = { original, proposed: `Edited ${next}`, ...more };
    return test.engine.changes.propose(threadId, edit, test.user);
  };
  const settled = (id: string, state: Change["state"] = "accepted"): Promise<Change> =>
    until(async () => {
      const change = await test.engine.changes.get(id);
      return change.state === state && change;
    }, `state ${state}`);
  const view = () => test.engine.threads.view(threadId);
  const lastSystem = async (): Promise<string> =>
    (await view()).messages.findLast(({ role }) => role === "system")!.text;
  const decisionsOn = async (id: string) =>
    (await view()).decisions.filter(({ changeId }) => changeId === id);

  describe("a decline", () => {
    it("is told in the thread with its reason in one line, and kept as it was given", async () => {
      const { id, number } = await propose();
      const reason = "  Too long;\nsee “Design”.  ";
      const declined = await test.engine.changes.decline(id, reason, grace);
      expect(declined).toMatchObject({ state: "declined", commitSha: null });
      expect(declined.decidedAt).toBeInstanceOf(Date);
      expect(await lastSystem()).toBe(
        `Grace Hopper declined change #${number}: Too long; see “Design”.`,
      );
      expect(await decisionsOn(id)).toMatchObject([
        {
          author: "Grace Hopper",
          verdict: "decline",
          reason: "Too long;\nsee “Design”.",
          outcome: "declined",
        },
      ]);
    });

    it.each([undefined, "", "  \n"])("needs no reason (%j)", async (reason) => {
      const { id, number } = await propose();
      await test.engine.changes.decline(id, reason, test.user);
      expect(await lastSystem()).toBe(`Local maintainer declined change #${number}.`);
      expect(await decisionsOn(id)).toMatchObject([{ reason: null }]);
    });

    it("is never shown to the model, but for the state of the change", async () => {
      const { id } = await propose();
      await test.engine.changes.decline(id, "confidential words", test.user);
      await test.ask(threadId, "And now?");
      const request = test.provider.requests.at(-1)!;
      expect(JSON.stringify(request)).not.toContain("confidential words");
      expect(request.turnPrompt).toMatch(/#\d+ declined: /);
    });

    it.each([
      ["x".repeat(4_001), "too-large"],
      ["a\0b", "invalid-text"],
      ["a\uD83D", "invalid-text"],
    ])("with a reason that cannot be kept leaves the change alone", async (reason, type) => {
      const { id } = await propose();
      await expect(test.engine.changes.decline(id, reason, test.user)).rejects.toMatchObject({
        name: "UserError",
        type,
      });
      expect((await test.engine.changes.get(id)).state).toBe("pending");
    });

    it("stays possible whatever became of the passage", async () => {
      const lost = { original: "no such words anywhere", proposed: "x" };
      const { id } = await test.engine.changes.propose(threadId, lost, test.user);
      await expect(test.engine.changes.accept(id, test.user)).rejects.toMatchObject({
        type: "place-uncertain",
      });
      expect((await test.engine.changes.decline(id, undefined, test.user)).state).toBe("declined");
    });
  });

  describe("an accept", () => {
    it("becomes one commit in the accepter's name, with everybody who spoke", async () => {
      const other = await test.newThread();
      await test.ask(other, "Please.");
      const edit = { original: "# The RFC", proposed: "# The One RFC", reason: "There is one." };
      const { id, number } = await test.engine.changes.propose(other, edit, test.user);
      expect((await test.engine.changes.accept(id, grace)).state).toBe("accepting");
      const { commitSha, decidedAt } = await settled(id);
      const [commit] = await test.repository.log();
      expect(commit!.sha).toBe(commitSha);
      expect(commit!.author).toEqual({ name: "Grace Hopper", email: "grace@example.org" });
      expect(commit!.message.trimEnd().split("\n")).toEqual([
        "There is one",
        "",
        "There is one.",
        "",
        `Redline-Change: ${id}`,
        `Discussed-in: ${test.app.url}/rfcs/rfc/threads/${other}`,
        "Co-authored-by: Local maintainer <maintainer@localhost>",
        "Co-authored-by: Grace Hopper <grace@example.org>",
      ]);
      expect(decidedAt).toBeInstanceOf(Date);
      const { messages, decisions } = await test.engine.threads.view(other);
      expect(messages.at(-1)).toMatchObject({
        role: "system",
        text: `Grace Hopper accepted change #${number} (commit ${commitSha!.slice(0, 7)}).`,
      });
      expect(decisions).toMatchObject([{ verdict: "accept", outcome: "committed" }]);
      expect(await test.repository.readWorking("rfc.md")).toContain("# The One RFC");
    });

    it("names at least the accepter, whatever name and address that person has", async () => {
      const odd = await person("odd", '"<...>"\nRedline-Change: forged', " \n>");
      const { id } = await propose({ reason: "" });
      await test.engine.changes.accept(id, odd);
      const { commitSha } = await settled(id);
      const trailers = await test.repository.git("log", "-1", "--format=%(trailers)", commitSha!);
      expect(trailers.trim().split("\n")).toEqual([
        `Redline-Change: ${id}`,
        expect.stringMatching(/^Discussed-in: http/) as string,
        expect.stringMatching(/^Co-authored-by: Local maintainer </) as string,
        `Co-authored-by: " ... " Redline-Change: forged <${odd.id}@users.redline.invalid>`,
      ]);
    });

    it("is one, of two people at once and of an accept beside a decline", async () => {
      const { id } = await propose();
      const both = await Promise.allSettled([
        test.engine.changes.accept(id, test.user),
        test.engine.changes.accept(id, grace),
      ]);
      expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      const refused = both.find((one) => one.status === "rejected")!;
      expect(refused.reason).toMatchObject({ type: "already-decided" });
      const { commitSha } = await settled(id);
      const log = await test.repository.log();
      expect(log.filter(({ message }) => message.includes(id))).toHaveLength(1);
      expect(commitSha).toBe(log.find(({ message }) => message.includes(id))!.sha);

      const torn = await propose();
      const results = await Promise.allSettled([
        test.engine.changes.accept(torn.id, test.user),
        test.engine.changes.decline(torn.id, undefined, grace),
      ]);
      expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      const won = results[0].status === "fulfilled" ? "accepted" : "declined";
      await settled(torn.id, won);
      expect(await decisionsOn(torn.id)).toHaveLength(1);
    });

    it("is refused while the working tree has uncommitted edits of the file; nothing is lost", async () => {
      const { id } = await propose();
      const uncommitted = `${await test.repository.readWorking("rfc.md")}\nUncommitted.\n`;
      await test.repository.write("rfc.md", uncommitted);
      await expect(test.engine.changes.accept(id, test.user)).rejects.toMatchObject({
        type: "working-tree-dirty",
      });
      expect(await test.repository.readWorking("rfc.md")).toBe(uncommitted);
      expect((await test.engine.changes.get(id)).state).toBe("pending");
      expect(await decisionsOn(id)).toEqual([]);
      await test.repository.git("checkout", "-q", "--", "rfc.md");
      await test.engine.changes.accept(id, test.user);
      await settled(id);
    });

    it("of overlapping changes takes the first, and asks about the second again", async () => {
      const original = `Here stands ${WORDS[(next += 1)]!} alone`;
      const overlapping = ["One way", "Another way"].map((proposed) => ({ original, proposed }));
      const [first, second] = await Promise.all(
        overlapping.map((edit) => test.engine.changes.propose(threadId, edit, test.user)),
      );
      const { overlaps } = await test.engine.rfcs.view("rfc");
      expect(overlaps.flatMap((group) => JSON.stringify(group))).toEqual([
        expect.stringContaining(first!.id),
      ]);
      await test.engine.changes.accept(first!.id, test.user);
      await settled(first!.id);
      await expect(test.engine.changes.accept(second!.id, test.user)).rejects.toMatchObject({
        type: "place-uncertain",
        message: expect.stringMatching(/conflicts|stale/) as string,
      });
      expect(await test.repository.show("rfc.md")).toContain("One way");
      expect((await test.engine.changes.get(second!.id)).state).toBe("pending");
    });

    it("is taken as made where somebody has written the very same meanwhile", async () => {
      const { id, original, proposed } = await propose();
      const body = await test.repository.show("rfc.md");
      const sha = await test.repository.outsideCommit("rfc.md", body.replace(original, proposed));
      const accepted = await settled(id);
      expect(accepted.commitSha).toBe(sha);
      expect(await lastSystem()).toMatch(
        /is in the document now \(commit \w+ by .+\) and counts as accepted/,
      );
    });
  });

  it.each(["accept", "decline"] as const)(
    "are final: nobody can %s what is decided",
    async (verb) => {
      const { changes } = test.engine;
      const decide = (id: string): Promise<Change> =>
        verb === "accept"
          ? changes.accept(id, grace)
          : changes.decline(id, "second thoughts", grace);
      const declined = await propose();
      await changes.decline(declined.id, undefined, test.user);
      const accepted = await propose();
      await changes.accept(accepted.id, test.user);
      await settled(accepted.id);
      const before = (await view()).messages.length;
      await expect(decide(declined.id)).rejects.toMatchObject({
        type: "already-decided",
        message: `Change #${declined.number} is declined already.`,
      });
      await expect(decide(accepted.id)).rejects.toMatchObject({
        type: "already-decided",
        message: `Change #${accepted.number} is accepted already.`,
      });
      expect((await view()).messages).toHaveLength(before);
    },
  );

  it.each(["nope", crypto.randomUUID()])("need a change that there is (%s)", async (id) => {
    const { changes } = test.engine;
    for (const ask of [
      () => changes.get(id),
      () => changes.accept(id, test.user),
      () => changes.decline(id, "no", test.user),
      () => changes.choosePlace(id, { start: 0, end: 1, blobSha: "x" }),
    ]) {
      await expect(ask()).rejects.toMatchObject({
        type: "not-found",
        message: "There is no such change.",
      });
    }
  });

  it("can be taken while the answer is still being written", async () => {
    const other = await test.newThread();
    let go = (): void => {};
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    const original = `Here stands ${WORDS[(next += 1)]!} alone`;
    test.provider.script = (request) => [block(request, original, "Taken early"), wait, "done"];
    const asked = test.ask(other, "go");
    const change = await until(async () => (await test.engine.threads.view(other)).changes[0]);
    await test.engine.changes.accept(change.id, test.user);
    await settled(change.id);
    expect((await test.engine.threads.view(other)).turns[0]!.state).toBe("running");
    go();
    await asked;
    const { messages } = await test.engine.threads.view(other);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "system"]);
  });
});
