import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Change } from "../../src/changes/change.ts";
import { block } from "../fakes/scripted-provider.ts";
import { TestApp, until } from "../support/test-app.ts";

describe("keeping changes at the tip", () => {
  let test: TestApp;
  let threadId: string;
  beforeAll(async () => {
    test = await TestApp.start();
    threadId = await test.newThread();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  async function propose(original: string, proposed: string): Promise<Change> {
    test.provider.script = (request) => [block(request, original, proposed)];
    await test.ask(threadId, `${original} → ${proposed}`);
    return (await test.engine.threads.view(threadId)).changes.at(-1)!;
  }

  /** Somebody else commits; resolves when Redline has noticed. */
  async function edit(from: string, to: string, message = "An edit from outside"): Promise<string> {
    const now = await test.repository.show("rfc.md");
    if (!now.includes(from)) throw new Error(`the document does not hold ${from}`);
    const sha = await test.repository.outsideCommit("rfc.md", now.replace(from, to), { message });
    await until(async () => (await test.engine.rfcs.view("rfc")).document?.headSha === sha);
    return sha;
  }

  const systemTexts = async () =>
    (await test.engine.threads.view(threadId)).messages
      .filter(({ role }) => role === "system")
      .map(({ text }) => text);

  it("moves an untouched change silently and records the outside edit", async () => {
    const change = await propose("a header", "the header Webhook-Id");
    await edit("# The RFC\n", "# The RFC\n\nA new first paragraph.\n", "Add a paragraph");
    const moved = await test.engine.changes.get(change.id);
    expect(moved).toMatchObject({ state: "pending", drift: "fresh" });
    expect(moved.placement.passage!.start).toBe(change.placement.passage!.start + 24);
    const notes = await systemTexts();
    expect(notes.at(-1)).toMatch(
      /^The document was edited outside of Redline: [0-9a-f]{7} “Add a paragraph” by Olive Outsider\.$/,
    );
  });

  it("says stale once, keeps it pending, and takes it back when the text returns", async () => {
    const change = await propose("- second item\n", "- the second item\n");
    await edit("- second item\n", "");
    const stale = await test.engine.changes.get(change.id);
    expect(stale).toMatchObject({ state: "pending", drift: "stale" });
    expect(stale.staleSince).toBeInstanceOf(Date);
    expect((await systemTexts()).at(-1)).toContain(`Change #${change.number} is stale`);
    await expect(test.engine.changes.accept(change.id, test.user)).rejects.toThrow("is stale");

    await edit("# The RFC\n", "# The RFC!\n");
    expect((await test.engine.changes.get(change.id)).staleSince).toEqual(stale.staleSince);

    await edit("- first item\n", "- first item\n- second item\n");
    const back = await test.engine.changes.get(change.id);
    expect(back.state).toBe("pending");
    expect(back.staleSince).toBeNull();
    expect(back.drift).not.toBe("stale");
  });

  it("counts a change that a push already applies as accepted with that commit", async () => {
    const change = await propose("over the lazy dog", "over the idle dog");
    const sha = await edit("over the lazy dog", "over the idle dog");
    expect(await test.engine.changes.get(change.id)).toMatchObject({
      state: "accepted",
      commitSha: sha,
    });
  });

  it("asks before a merged change is written, and conflicts otherwise", async () => {
    const merged = await propose(
      "It stays the same over all attempts.",
      "It stays the same over all attempts, for ever.",
    );
    await edit("It stays the same", "It remains the same");
    const rebased = await test.engine.changes.get(merged.id);
    expect(rebased).toMatchObject({ drift: "rebased" });
    expect(rebased.placement.replacement).toBe("It remains the same over all attempts, for ever.");
    await expect(test.engine.changes.accept(merged.id, test.user)).rejects.toThrow("confirm it");
    const confirmed = await test.engine.changes.choosePlace(merged.id, {
      ...rebased.placement.passage!,
      blobSha: rebased.baseBlobSha,
    });
    expect(confirmed).toMatchObject({ drift: "fresh", placement: { certainty: "certain" } });
    await test.engine.changes.accept(merged.id, test.user);
    await until(async () => (await test.engine.changes.get(merged.id)).state === "accepted");
    expect(await test.repository.show("rfc.md")).toContain(
      "It remains the same over all attempts, for ever.",
    );

    // A place that was seen in an earlier version says nothing about this one.
    const early = await propose("The quick brown fox", "The quick red fox");
    await edit("# The RFC", "# The longer title of the RFC");
    const { passage } = early.placement;
    await expect(
      test.engine.changes.choosePlace(early.id, { ...passage!, blobSha: early.baseBlobSha }),
    ).rejects.toThrow("has changed since you saw it");
    await test.engine.changes.decline(early.id, undefined, test.user);

    const clash = await propose("The quick brown fox", "The slow brown fox");
    await edit("The quick brown fox", "The speedy brown fox");
    const conflict = await test.engine.changes.get(clash.id);
    expect(conflict).toMatchObject({ drift: "conflict" });
    await expect(test.engine.changes.accept(clash.id, test.user)).rejects.toThrow("conflicts");
  });

  it("commits one of two overlapping changes and keeps the other from being written", async () => {
    const one = await propose("first item", "item one");
    const two = await propose("- first item", "- the item");
    const [first, second] = await Promise.allSettled([
      test.engine.changes.accept(one.id, test.user),
      test.engine.changes.accept(two.id, test.user),
    ]);
    expect([first.status, second.status]).toContain("fulfilled");
    const settled = await until(async () => {
      const states = await Promise.all([one.id, two.id].map((id) => test.engine.changes.get(id)));
      return states.every(({ state }) => state !== "accepting") && states;
    });
    expect(settled.map(({ state }) => state).toSorted()).toEqual(["accepted", "pending"]);
    const text = await test.repository.show("rfc.md");
    expect([text.includes("item one"), text.includes("the item")].filter(Boolean)).toHaveLength(1);
  });

  it("tells a missing branch as the RFC's problem, and recovers", async () => {
    await test.repository.git("branch", "-m", "main", "elsewhere");
    const broken = await until(async () => {
      const view = await test.engine.rfcs.view("rfc");
      return view.problem !== null && view;
    });
    expect(broken.document).toBeNull();
    expect(broken.problem).toContain("main");
    test.provider.script = () => ["never"];
    const frames = await test.ask(threadId, "hello?");
    expect(JSON.parse(frames.at(-2)!.data).detail).toContain("main");
    await test.repository.git("branch", "-m", "elsewhere", "main");
    await until(async () => (await test.engine.rfcs.view("rfc")).problem === null);
  });

  it("keeps the anchor of a thread in place, and says when it is gone", async () => {
    const input = { rfcSlug: "rfc", branchName: "main", kind: "range" as const };
    const anchored = await test.engine.threads.create(
      { ...input, anchor: { text: "Each delivery carries" } },
      test.user,
    );
    expect(anchored.anchor!.slice).toBe("Each delivery carries");
    test.provider.script = () => ["ok"];
    await test.ask(anchored.id, "what about it?");
    expect(test.provider.requests.at(-1)!.turnPrompt).toContain(
      "<passage>\nEach delivery carries\n",
    );
    await edit("Each delivery carries", "All of them carry");
    const moved = (await test.engine.threads.view(anchored.id)).thread;
    await test.ask(anchored.id, "and now?");
    const prompt = test.provider.requests.at(-1)!.turnPrompt;
    expect(prompt).toContain(moved.anchorStaleSince ? "no longer has" : "All of them carry");
    await expect(
      test.engine.threads.create({ ...input, anchor: { text: "nowhere to be found" } }, test.user),
    ).rejects.toThrow("not in the document");
    await expect(test.engine.threads.create(input, test.user)).rejects.toThrow("needs an anchor");
  });
});
