import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { block } from "../fakes/scripted-provider.ts";
import { TestApp, textOf, until } from "../support/test-app.ts";

describe("the main job", () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await TestApp.start();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it("discusses, proposes, accepts and commits", async () => {
    const threadId = await test.newThread();
    test.provider.script = (request) => [
      "I would write ",
      "two minutes.\n\n",
      block(request, "after one minute", "after two minutes", "One is too short."),
      "Shall I?",
    ];
    const frames = await test.ask(threadId, "Is one minute enough?");
    expect(textOf(frames)).toBe("I would write two minutes.\n\n\nShall I?");
    const kinds = frames.map((frame) => frame.event ?? "text");
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual([
      "turn",
      "text",
      "change",
      "text",
      "changes",
      "text",
    ]);
    const view = await test.engine.threads.view(threadId);
    expect(view.messages.map(({ role, text, status }) => ({ role, text, status }))).toEqual([
      { role: "user", text: "Is one minute enough?", status: "complete" },
      { role: "assistant", text: "I would write two minutes.\n\n\nShall I?", status: "complete" },
    ]);
    const [change] = view.changes;
    expect(change).toMatchObject({
      state: "pending",
      original: "after one minute",
      placement: { certainty: "certain" },
    });
    expect(view.turns[0]).toMatchObject({ state: "done", usage: { input: 100 } });

    const accepting = await test.engine.changes.accept(change!.id, test.user);
    expect(accepting.state).toBe("accepting");
    const accepted = await until(async () => {
      const now = await test.engine.changes.get(change!.id);
      return now.state === "accepted" && now;
    });
    const [commit] = await test.repository.log();
    expect(commit).toMatchObject({ sha: accepted.commitSha });
    expect(commit!.message).toContain(`Redline-Change: ${change!.id}`);
    expect(commit!.message).toContain("Co-authored-by: Local maintainer <maintainer@localhost>");
    expect(await test.repository.show("rfc.md")).toContain("Retries are sent after two minutes.");
  });
});
