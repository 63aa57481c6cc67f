import { describe, expect, it } from "vitest";
import { GitHubApp, PATH } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";

describe.each(["token", "app"] as const)("with the credentials of a %s", (credentials) => {
  it("posts what a turn proposed, and commits what is accepted", async () => {
    await using world = await GitHubApp.start({ credentials });
    const threadId = await world.newThread();
    await world.propose(threadId, [
      { original: "after one minute", proposed: "after two minutes", reason: "Too short." },
      { original: "lazy dog", proposed: "sleeping dog" },
    ]);
    const [first, second] = await world.shown(2);
    expect(first!.body).toMatch(/^```suggestion\nRetries are sent after two minutes\./);
    expect(first!.body).toContain("Too short.");
    expect(first!.body).toContain("discussed in");
    expect(second!.body).toMatch(/^```suggestion\n/);

    const { changes } = await world.thread(threadId);
    await world.engine.changes.accept(changes[0]!.id, world.user);
    const accepted = await until(async () => {
      const change = await world.engine.changes.get(changes[0]!.id);
      return change.state === "accepted" && change;
    });
    expect(await world.repository.tip("feature")).toBe(accepted.commitSha);
    expect(await world.repository.read(PATH, "feature")).toContain("after two minutes");
    // The accepted one has lost its block; the other one is on the same line, and is posted again.
    await until(
      async () => !world.repository.reviewComments(world.pull)[0]!.body.includes("```suggestion"),
    );
    await world.shown(3);
    const live = world
      .suggestions()
      .filter(({ comment }) => comment.body.includes("```suggestion"));
    expect(live).toHaveLength(1);
    expect(live[0]!.comment.body).toContain(
      "after two minutes. The quick brown fox jumps over the sleeping dog.",
    );
    world.github.expectConforming();
  });
});
