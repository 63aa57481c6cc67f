import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { WhyView } from "../../src/rfcs/insight.ts";
import { block } from "../fakes/scripted-provider.ts";
import { TestApp, until } from "../support/test-app.ts";

const DOCUMENT = `# The RFC

Retries are sent after one minute. They end after an hour.

## Design

Each delivery carries a header. It stays the same.

Nobody has touched this.
`;

describe("why a passage reads as it does", () => {
  let test: TestApp;
  let thread: string;

  beforeAll(async () => {
    test = await TestApp.start({ document: DOCUMENT });
    thread = await test.newThread();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const current = async () => (await test.engine.rfcs.view("rfc")).document!;

  async function why(text: string): Promise<WhyView> {
    const { body, blobSha } = await current();
    const start = body.indexOf(text);
    expect(start).toBeGreaterThanOrEqual(0);
    return test.engine.insight.why("rfc", { start, end: start + text.length, blobSha });
  }

  /** Has the model propose it, accepts it, and waits for the commit; the commit's sha. */
  async function change(question: string, from: string, to: string, reason: string) {
    test.provider.script = (request) => ["Well.\n\n", block(request, from, to, reason)];
    await test.ask(thread, question);
    const { changes } = await test.engine.threads.view(thread);
    const { id } = changes.at(-1)!;
    await test.engine.changes.accept(id, test.user);
    return until(async () => {
      const { state, commitSha } = await test.engine.changes.get(id);
      return state === "accepted" && commitSha !== null ? commitSha : null;
    }, "the commit");
  }

  it("says plainly that nothing of Redline's made it", async () => {
    const view = await why("Nobody has touched this.");
    expect(view).toMatchObject({ text: "Nobody has touched this.", steps: [] });
    expect(view.isFromBeginning).toBe(true);
  });

  it("tells the change with its messages, people, decision and commit", async () => {
    const sha = await change("Is a minute enough?", "one minute", "two minutes", "Too short.");
    const view = await why("Retries are sent after two minutes.");
    expect(view.isFromBeginning).toBe(true);
    expect(view.steps).toHaveLength(1);
    const [step] = view.steps;
    expect(step).toMatchObject({
      before: "Retries are sent after one minute.",
      after: "Retries are sent after two minutes.",
      commit: { sha },
    });
    const [story] = step!.stories;
    expect(story).toMatchObject({
      change: { number: 1, reason: "Too short.", commitSha: sha },
      decision: { author: test.user.displayName, verdict: "accept", outcome: "committed" },
      thread: { id: thread },
    });
    expect(story!.messages.map(({ role, text }) => `${role}: ${text.trim()}`)).toEqual([
      "user: Is a minute enough?",
      "assistant: Well.",
    ]);
    expect((await why("They end after an hour.")).steps).toEqual([]);
  });

  it("goes back through several changes, newest first, also of text that moved along", async () => {
    await change("Longer?", "an hour", "a whole day", "Weekends.");
    await change("And first?", "# The RFC\n", "# The RFC\n\nDraft.\n", "A mark.");
    await change("Again", "after two minutes", "two minutes later", "Style.");
    const numbers = async (text: string): Promise<number[]> =>
      (await why(text)).steps.map(({ stories }) => stories[0]!.change.number);
    expect(await numbers("Retries are sent two minutes later.")).toEqual([4, 1]);
    expect(await numbers("They end after a whole day.")).toEqual([2]);
    expect(await numbers("Nobody has touched this.")).toEqual([]);
    const born = await why("Draft.");
    expect(born.steps.map(({ before }) => before)).toEqual([null]);
    expect(born.isFromBeginning).toBe(false);
  });

  it("counts a deletion among what made the sentence", async () => {
    await change("Shorter", "a whole day", "a day", "Shorter.");
    const [step] = (await why("They end after a day.")).steps;
    expect(step).toMatchObject({ before: "They end after a whole day." });
  });

  it("tells edits from outside as such, each commit for itself", async () => {
    const { repository } = test;
    const before = await repository.show("rfc.md");
    const one = before.replace("carries a header", "carries one header");
    await repository.outsideCommit("rfc.md", one, { message: "Count headers" });
    const two = one.replace("stays the same", "never changes");
    await repository.outsideCommit("rfc.md", two, {
      message: "Never say same",
      author: { name: "Ada", email: "ada@example.org" },
    });
    await until(async () => (await current()).body === two);
    const [header] = (await why("Each delivery carries one header.")).steps;
    expect(header).toMatchObject({ stories: [], commit: { subject: "Count headers" } });
    const [same] = (await why("It never changes.")).steps;
    expect(same).toMatchObject({
      before: "It stays the same.",
      stories: [],
      commit: { subject: "Never say same", authorName: "Ada" },
    });
  });

  it("tells an outside edit and an accepted change in one step apart", async () => {
    const { repository, engine } = test;
    test.provider.script = (request) => [block(request, "Draft.", "Accepted.", "Done.")];
    await test.ask(thread, "Is it done?");
    const { id } = (await engine.threads.view(thread)).changes.at(-1)!;
    // Both may be seen in one look at the branch, in either order.
    const outside = (await repository.show("rfc.md")).replace("Nobody has", "Olive has");
    await repository.outsideCommit("rfc.md", outside, { message: "Sign it" });
    await engine.changes.accept(id, test.user);
    await until(async () => (await engine.changes.get(id)).state === "accepted");
    expect((await why("Olive has touched this.")).steps).toMatchObject([
      { stories: [], commit: { subject: "Sign it" } },
    ]);
    const [draft] = (await why("Accepted.")).steps;
    expect(draft!.stories.map(({ change: { id: made } }) => made)).toEqual([id]);
  });

  it("leads back from a commit to its change, thread and people", async () => {
    const [step] = (await why("Retries are sent two minutes later.")).steps;
    const view = await test.engine.insight.commit("rfc", step!.commit!.sha.slice(0, 8));
    expect(view).toMatchObject({
      commit: { sha: step!.commit!.sha, authorName: test.user.displayName },
      outside: null,
    });
    expect(view.stories.map(({ change: { number } }) => number)).toEqual([4]);
  });

  it("leads back from a commit of somebody else to what it changed", async () => {
    const commits = await test.repository.log();
    const sha = commits.find(({ message }) => message.startsWith("Never say same"))!.sha;
    const view = await test.engine.insight.commit("rfc", sha);
    expect(view).toMatchObject({
      commit: { sha, authorName: "Ada", subject: "Never say same" },
      stories: [],
      outside: {
        before: "Each delivery carries one header. It stays the same.",
        after: "Each delivery carries one header. It never changes.",
      },
    });
  });

  it("refuses what it cannot know", async () => {
    const { engine } = test;
    const { body, blobSha } = await current();
    const place = { start: 0, end: 5, blobSha };
    const refused = (work: Promise<unknown>) => work.catch(({ type }: { type: string }) => type);
    expect(await refused(engine.insight.why("nope", place))).toBe("not-found");
    expect(await refused(engine.insight.why("rfc", { ...place, blobSha: "0" }))).toBe("not-found");
    const beyond = { ...place, end: body.length + 1 };
    expect(await refused(engine.insight.why("rfc", beyond))).toBe("invalid-request");
    expect(await refused(engine.insight.commit("rfc", "abcdef0"))).toBe("not-found");
    expect(await refused(engine.insight.commit("rfc", "%"))).toBe("not-found");
  });
});
