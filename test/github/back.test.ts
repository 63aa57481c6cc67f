/** What happens on GitHub comes back into the threads. */
import { describe, expect, it } from "vitest";
import { createGate } from "../fakes/reply-script.ts";
import { GitHubApp, PATH } from "../support/github-app.ts";
import { DOCUMENT, until } from "../support/test-app.ts";

const SOON = { original: "after one minute", proposed: "after two minutes" };
const HEADER = { original: "carries a header", proposed: "carries a signed header" };

/** With webhooks, and by asking alone. */
describe.each([true, false])("with webhooks: %s", (webhooks) => {
  // Slow asking, where webhooks are to be what brings it.
  const environment: Record<string, string> = webhooks ? { GITHUB_POLL_SECONDS: "600" } : {};

  it.concurrent("a suggestion that a maintainer commits is accepted, with the commit and who did it", async () => {
    await using world = await GitHubApp.start({ webhooks, environment });
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON, HEADER]);
    const [comment] = await world.shown(2);
    await world.looked();
    const sha = await world.repository.applySuggestion(comment!.id, "olive");
    const [change, other] = await until(async () => {
      const { changes } = await world.thread(threadId);
      return changes[0]!.state === "accepted" && changes;
    });
    expect(change!.commitSha).toBe(sha);
    expect(other!.state).toBe("pending");
    const { decisions } = await world.thread(threadId);
    expect(decisions).toMatchObject([{ author: "olive", verdict: "accept", outcome: "committed" }]);
    await until(async () =>
      (await world.notes(threadId)).some((note) => note.includes(`${sha.slice(0, 7)} by olive`)),
    );
    await until(async () => {
      const body = world.repository.reviewComments(world.pull)[0]!.body;
      return body.includes("was accepted by olive");
    });
    expect((await world.notes(threadId)).join()).not.toContain("resolved");
    world.github.expectConforming();
  });

  it.concurrent("a thread that is resolved by hand is told, once, and the change stays open", async () => {
    await using world = await GitHubApp.start({ webhooks, environment });
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    const [comment] = await world.shown(1);
    await world.looked();
    world.repository.resolveThread(comment!.id, "olive");
    await until(async () =>
      (await world.notes(threadId)).some((note) => note.includes("resolved")),
    );
    await world.looked();
    const told = (await world.notes(threadId)).filter((note) => note.includes("olive resolved"));
    expect(told).toHaveLength(1);
    expect((await world.thread(threadId)).changes[0]!.state).toBe("pending");
  });

  it.concurrent("a reply to a suggestion is told in the conversation that it comes from, once", async () => {
    await using world = await GitHubApp.start({ webhooks, environment });
    const threadId = await world.newThread();
    await world.propose(threadId, [SOON]);
    const [comment] = await world.shown(1);
    await world.looked();
    world.repository.replyTo(comment!.id, "olive", "Is two minutes\nreally enough?");
    const note = await until(async () =>
      (await world.notes(threadId)).find((text) => text.includes("olive replied")),
    );
    expect(note).toContain("change #1: “Is two minutes really enough?”");
    await world.looked();
    expect((await world.notes(threadId)).filter((text) => text.includes("replied"))).toHaveLength(
      1,
    );
  });
});

it.concurrent("names the right one of several commits", async () => {
  await using world = await GitHubApp.start({ webhooks: false });
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  const [comment] = await world.shown(1);
  await world.looked();
  // Nobody looks while three commits come in.
  await world.app.sql`update pull_request_looks set lease_until = now() + interval '2 seconds'`;
  const before = DOCUMENT.replace("- second item", "- a second item");
  await world.repository.commit("feature", { [PATH]: before }, { by: "peter" });
  const sha = await world.repository
    .applySuggestion(comment!.id, "olive")
    .catch(async () => applied(world, before));
  const now = await world.repository.read(PATH, "feature");
  const after = now.replace("- first item", "- the first item");
  await world.repository.commit("feature", { [PATH]: after }, { by: "peter" });
  const change = await until(async () => {
    const [first] = (await world.thread(threadId)).changes;
    return first!.state === "accepted" && first!;
  });
  expect(change.commitSha).toBe(sha);
});

async function applied(world: GitHubApp, body: string): Promise<string> {
  const changed = body.replace(SOON.original, SOON.proposed);
  return world.repository.commit("feature", { [PATH]: changed }, { by: "olive" });
}

describe.each(["merged", "closed"] as const)("a pull request that is %s", (how) => {
  it.concurrent("withdraws the rest, and says on the pull request what was decided, once", async () => {
    await using world = await GitHubApp.start();
    const threadId = await world.newThread();
    await world.propose(threadId, [
      SOON,
      HEADER,
      { original: "- first item", proposed: "- the first item" },
    ]);
    await world.shown(3);
    await world.looked();
    const { changes } = await world.thread(threadId);
    await world.engine.changes.accept(changes[0]!.id, world.user);
    await until(async () => (await world.engine.changes.get(changes[0]!.id)).state === "accepted");
    await world.engine.changes.decline(changes[1]!.id, "No need.", world.user);
    if (how === "merged") await world.repository.mergePull(world.pull, "olive");
    else world.repository.closePull(world.pull, "olive");
    const [summary] = await until(async () => {
      const found = world.repository.issueComments(world.pull);
      return found.length > 0 && found;
    });
    const after = (await world.thread(threadId)).changes;
    expect(after.map(({ state }) => state)).toEqual(["accepted", "declined", "withdrawn"]);
    expect(summary!.body).toContain(`This pull request was ${how}`);
    expect(summary!.body).toMatch(
      /Accepted[^]*Change 1[^]*Declined[^]*Change 2[^]*No need\.[^]*Withdrawn[^]*Change 3/,
    );
    await until(async () =>
      (await world.notes(threadId)).some(
        (note) => note.includes(`was ${how}`) && note.includes("#3"),
      ),
    );
    await world.looked();
    await world.looked();
    expect(world.repository.issueComments(world.pull)).toHaveLength(1);
    const bodies = world.suggestions().map(({ comment }) => comment.body);
    expect(bodies.some((body) => body.startsWith("```suggestion"))).toBe(false);
    expect((await world.view()).pullRequest?.state).toBe(how);
    world.github.expectConforming();
  });
});

it.concurrent("a suggestion that is committed just before the merge counts as accepted", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON, HEADER]);
  const [comment] = await world.shown(2);
  await world.looked();
  // Nobody looks in between, and the branch is gone before anybody does.
  await world.app.sql`update pull_request_looks set lease_until = now() + interval '2 seconds'`;
  const sha = await world.repository.applySuggestion(comment!.id, "olive");
  await world.repository.mergePull(world.pull, "olive");
  await world.repository.deleteBranch("feature", "olive");
  await until(async () => world.repository.issueComments(world.pull).length === 1);
  const { changes } = await world.thread(threadId);
  expect(changes.map(({ state }) => state)).toEqual(["accepted", "withdrawn"]);
  expect(changes[0]!.commitSha).toBe(sha);
  expect(world.repository.issueComments(world.pull)[0]!.body).toMatch(/Accepted[^]*Change 1/);
});

it.concurrent("a commit that only claims a change is no accept, and is told as what it is", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  await world.shown(1);
  const [change] = (await world.thread(threadId)).changes;
  const forged = DOCUMENT.replace("- second item", "- another item");
  const message = `Innocent\n\nRedline-Change: ${change!.id}\n`;
  const sha = await world.repository.commit("feature", { [PATH]: forged }, { by: "eve", message });
  await until(async () =>
    (await world.notes(threadId)).some((note) => note.includes(sha.slice(0, 7))),
  );
  await world.engine.changes.accept(change!.id, world.user);
  const accepted = await until(async () => {
    const now = await world.engine.changes.get(change!.id);
    return now.state === "accepted" && now;
  });
  expect(accepted.commitSha).not.toBe(sha);
  expect(await world.repository.read(PATH, "feature")).toContain("after two minutes");
});

it.concurrent("an answer that is ready after the merge is shown all the same", async () => {
  await using world = await GitHubApp.start();
  const gate = createGate();
  world.provider.script = () => [gate.wait(), "Late, but here."];
  world.repository.comment(world.pull, "olive", "@redline are you there?");
  await gate.reached;
  await world.repository.mergePull(world.pull, "olive");
  await until(async () => (await world.view()).pullRequest?.state === "merged");
  gate.open();
  await until(async () =>
    world.repository.issueComments(world.pull).some(({ body }) => body.includes("Late, but here.")),
  );
});

it.concurrent("a branch that is deleted after the merge leaves its last document to be read", async () => {
  await using world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [SOON]);
  await world.shown(1);
  await world.repository.mergePull(world.pull, "olive");
  await world.repository.deleteBranch("feature", "olive");
  await until(async () => world.repository.issueComments(world.pull).length === 1);
  await until(async () => (await world.view()).problem === null);
  expect((await world.view()).document?.body).toBe(DOCUMENT);
});
