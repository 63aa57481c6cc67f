import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { User } from "../../src/engine.ts";
import { ensureUser } from "../../src/store/people.ts";
import { putPullRequest } from "../../src/store/pull-requests.ts";
import { block } from "../fakes/scripted-provider.ts";
import { pullWith } from "../support/pull-request.ts";
import { ReviewWorld } from "../support/review-world.ts";
import { TestApp, until } from "../support/test-app.ts";

const WORDS = Array.from({ length: 12 }, (_, index) => `passage-${index}`);
const DOCUMENT = `# The RFC\n\n${WORDS.map((word) => `Here stands ${word} alone.`).join("\n\n")}\n`;

describe("what happens to a change", () => {
  let test: TestApp;
  let threadId: string;
  let ada: User;
  let bob: User;
  let next = 0;
  beforeAll(async () => {
    test = await TestApp.start({ document: DOCUMENT });
    ada = await person("ada", "Ada");
    bob = await person("bob", "Bob");
    await test.app.sql`insert into rfc_maintainers (rfc_slug, user_id) values ('rfc', ${bob.id})`;
    threadId = await test.newThread();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const person = (id: string, displayName: string): Promise<User> => {
    const identity = { platform: "test", workspaceId: "", platformUserId: id };
    return ensureUser(test.app.sql, identity, { displayName, email: null });
  };
  const propose = (by: User) => {
    const original = `Here stands ${WORDS[(next += 1)]!} alone`;
    return test.engine.changes.propose(threadId, { original, proposed: `Edited ${next}` }, by);
  };
  const told = async (user: User, changeId: string) =>
    (await test.engine.notifications.list(user.id, {})).items
      .filter((item) => item.changeId === changeId)
      .map(({ text }) => text)
      .toReversed();

  it("is told to whose it is, and to who may decide", async () => {
    const declined = await propose(ada);
    await test.engine.changes.decline(declined.id, "Too long; see “Design”", bob);
    const accepted = await propose(ada);
    await test.engine.changes.accept(accepted.id, bob);
    const { commitSha } = await until(async () => {
      const change = await test.engine.changes.get(accepted.id);
      return change.state === "accepted" && change;
    });
    const [one, other] = [declined, accepted].map(({ number }) => `change #${number} to “The RFC”`);
    expect(await told(ada, declined.id)).toEqual([
      `Bob declined your ${one}: Too long; see “Design”.`,
    ]);
    expect(await told(ada, accepted.id)).toEqual([
      `Bob accepted your ${other} (commit ${commitSha!.slice(0, 7)}).`,
    ]);
    expect(await told(bob, declined.id)).toEqual([
      `Change #${declined.number} to “The RFC” waits for a decision.`,
    ]);
  });

  it("is told when somebody's own version takes its place", async () => {
    const first = await propose(ada);
    const version = { proposed: "Another wording." };
    const second = await test.engine.changes.revise(first.id, version, bob);
    const replaced = `Replaced by change #${second.number}, an edited version.`;
    expect(await told(ada, first.id)).toEqual([
      `Bob declined your change #${first.number} to “The RFC”: ${replaced}`,
    ]);
    // It is Bob's own now.
    expect(await told(bob, second.id)).toEqual([]);
  });

  it("is told once for each version in which it is stale", async () => {
    const change = await propose(ada);
    const { body } = (await test.engine.rfcs.view("rfc")).document!;
    const gone = body.replace(`Here stands ${WORDS[next]!} alone.\n\n`, "");
    await test.repository.outsideCommit("rfc.md", gone);
    const stale = `Your change #${change.number} to “The RFC” is stale: its passage is no longer in the document.`;
    await until(async () => (await told(ada, change.id)).length > 0);
    await test.engine.rfcs.view("rfc");
    expect(await told(ada, change.id)).toEqual([stale]);
  });

  it("is told when it comes into the document from outside", async () => {
    const change = await propose(ada);
    const { body } = (await test.engine.rfcs.view("rfc")).document!;
    const made = body.replace(change.original, change.proposed);
    await test.repository.outsideCommit("rfc.md", made);
    await until(async () => (await told(ada, change.id)).length > 0);
    expect(await told(ada, change.id)).toEqual([
      expect.stringMatching(
        `^Your change #${change.number} to “The RFC” is in the document now \\(commit [0-9a-f]{7}\\)\\.$`,
      ),
    ]);
  });

  it("of an answer, is told to who asked, and waits for who may decide once it has ended", async () => {
    test.provider.script = (request) => [
      "Here.\n\n",
      block(request, `Here stands ${WORDS[(next += 1)]!} alone`, "Asked for", "Because."),
    ];
    const { turnId } = await test.engine.threads.post(threadId, { text: "Edit it, please." }, ada);
    const change = await until(async () => {
      const { changes, turns } = await test.engine.threads.view(threadId);
      const isDone = turns.some(({ id, state }) => id === turnId && state === "done");
      return isDone && changes.find((one) => one.turnId === turnId);
    });
    expect(await told(bob, change.id)).toEqual([
      `Change #${change.number} to “The RFC” waits for a decision.`,
    ]);
    await test.engine.changes.decline(change.id, undefined, bob);
    expect(await told(ada, change.id)).toEqual([
      `Bob declined your change #${change.number} to “The RFC”.`,
    ]);
  });

  it("is told to nobody where the message was not stored", async () => {
    const { sql } = test.app;
    await test.engine.threads.record(threadId, { text: "First." }, ada);
    await test.engine.threads.record(threadId, { text: "Second.", dedupKey: "k" }, bob);
    const count = async () =>
      (await sql<{ n: number }[]>`select count(*)::int as n from notifications`)[0]!.n;
    const before = await count();
    await test.engine.threads.close(threadId, test.user);
    await expect(test.engine.threads.post(threadId, { text: "Late." }, bob)).rejects.toMatchObject({
      type: "thread-closed",
    });
    await test.engine.threads.record(threadId, { text: "Second.", dedupKey: "k" }, bob);
    expect(await count()).toBe(before);
  });
});

describe("the end of a pull request", () => {
  let world: ReviewWorld;
  beforeAll(async () => {
    world = await ReviewWorld.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const told = (rfcSlug: string) =>
    world.sql<{ kind: string; subject: string; prNumber: number }[]>`
      select kind, subject, pr_number from notifications where rfc_slug = ${rfcSlug} order by id`;
  const see = (key: { rfcSlug: string; branchName: string }, more: object) =>
    world.sql.begin((tx) => putPullRequest(tx, key, pullWith({ number: 3, ...more }), null));
  const watched = async () => {
    const key = await world.branch();
    await world.sql`
      insert into watches (user_id, rfc_slug) values (${world.userId}, ${key.rfcSlug})`;
    return key;
  };

  it("is told once, and again where it was reopened", async () => {
    const key = await watched();
    const closed = { state: "closed", closedAt: new Date("2026-01-01T00:00:00Z") };
    await see(key, {});
    await Promise.all([see(key, closed), see(key, closed), see(key, closed)]);
    await see(key, closed);
    await see(key, {});
    await see(key, { state: "merged", closedAt: new Date("2026-01-02T00:00:00Z") });
    expect(await told(key.rfcSlug)).toEqual([
      { kind: "rfc_closed", subject: `${key.rfcSlug}#3:2026-01-01T00:00:00.000Z`, prNumber: 3 },
      { kind: "rfc_merged", subject: `${key.rfcSlug}#3:2026-01-02T00:00:00.000Z`, prNumber: 3 },
    ]);
  });

  it("is no news where it had ended before it was known", async () => {
    const key = await watched();
    await see(key, { state: "merged", closedAt: new Date("2026-01-01T00:00:00Z") });
    expect(await told(key.rfcSlug)).toEqual([]);
  });

  it("is told of each RFC that the pull request is about", async () => {
    const [one, other] = [await watched(), await watched()];
    for (const key of [one, other]) {
      await see(key, {});
      await see(key, { state: "merged", closedAt: new Date("2026-01-01T00:00:00Z") });
    }
    expect(await told(one.rfcSlug)).toHaveLength(1);
    expect(await told(other.rfcSlug)).toHaveLength(1);
  });
});
