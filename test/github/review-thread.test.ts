/** GitHub is a chat platform too: the conversation below a pull request. */
import { expect, it } from "vitest";
import { block } from "../fakes/scripted-provider.ts";
import { createGate } from "../fakes/reply-script.ts";
import { GitHubApp } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";

const answers = (world: GitHubApp): string[] =>
  world.repository
    .issueComments(world.pull)
    .filter(({ author }) => author.login === "redline-bot")
    .map(({ body }) => body);

/** The RFC's review thread, once it is there. */
async function reviewThread(world: GitHubApp) {
  const thread = await until(async () =>
    (await world.view()).threads.find(({ kind }) => kind === "review"),
  );
  return world.thread(thread.id);
}

it.concurrent("a comment that mentions Redline is answered below the pull request, with its suggestions", async () => {
  await using world = await GitHubApp.start();
  world.provider.script = (request) => [
    "Two minutes it is. cc @everyone\n\n",
    block(request, "after one minute", "after two minutes"),
  ];
  world.repository.comment(
    world.pull,
    "olive",
    "> Retries are sent\n\n@redline make it two minutes",
  );
  const [answer] = await until(async () => answers(world).length === 1 && answers(world));
  expect(answer).toContain("Two minutes it is.");
  expect(answer).not.toMatch(/(?<!`)@everyone/);
  const { thread, messages, changes } = await reviewThread(world);
  expect(thread.title).toBe("#1 Retries");
  expect(messages[0]).toMatchObject({
    role: "user",
    author: "olive",
    text: "make it two minutes",
    quote: "Retries are sent",
  });
  expect(changes).toHaveLength(1);
  const [comment] = await world.shown(1);
  expect(answer).toContain(
    `[change 1](${world.github.htmlUrl}/acme/rfcs/pull/1#discussion_r${comment!.id})`,
  );
  await world.looked();
  await world.looked();
  expect(answers(world)).toHaveLength(1);
  world.github.expectConforming();
});

it.concurrent("a question in a review thread is answered there, about the lines that it is on", async () => {
  await using world = await GitHubApp.start();
  const asked = await world.repository.commentOnLines(world.pull, "olive", {
    path: "text/0001-retries.md",
    line: 7,
    body: "@redline-bot which header?",
  });
  const reply = await until(async () =>
    world.repository.reviewComments(world.pull).find(({ inReplyTo }) => inReplyTo === asked.id),
  );
  expect(reply.author.login).toBe("redline-bot");
  expect(reply.body).toContain("Hello.");
  const { messages } = await reviewThread(world);
  expect(messages[0]!.quote).toBe(
    "Each delivery carries a header. It stays the same over all attempts.",
  );
});

it.concurrent("other talk, other bots, quoted and old mentions are left alone", async () => {
  await using world = await GitHubApp.start({ register: false });
  world.repository.comment(world.pull, "olive", "@redline this was said before it came");
  // GitHub's times are whole seconds.
  const said = Date.now();
  await until(async () => Date.now() > said + 2_000);
  await world.register();
  const say = (body: string, by = "olive") => world.repository.comment(world.pull, by, body);
  say("I like it.");
  say("> @redline quoted");
  say("`@redline` in code, mail@redline.example.org, @redline-fan");
  say("@redline from a bot", "helper[bot]");
  await world.looked();
  await world.looked();
  expect((await world.view()).threads).toHaveLength(0);
  expect(answers(world)).toHaveLength(0);
});

it.concurrent("an edit is followed, and a deleted question is neither answered nor sent to the model", async () => {
  await using world = await GitHubApp.start();
  const gate = createGate();
  world.provider.script = () => [gate.wait(), "Hello."];
  const first = world.repository.comment(world.pull, "olive", "@redline one");
  const { thread } = await until(async () => {
    const view = await reviewThread(world);
    return view.turns.some(({ state }) => state === "running") && view;
  });
  // The next two wait for the running turn.
  const second = world.repository.comment(world.pull, "olive", "@redline two");
  const third = world.repository.comment(world.pull, "olive", "@redline three");
  await until(async () => (await world.thread(thread.id)).messages.length >= 4);
  world.repository.editComment(second.id, "olive", "@redline two, better");
  world.repository.deleteComment(third.id, "olive");
  await until(async () => {
    const { messages } = await world.thread(thread.id);
    return messages.some(({ text }) => text === "two, better") && messages.some((m) => m.deletedAt);
  });
  gate.open();
  await until(async () => answers(world).length === 2);
  const sent = JSON.stringify(world.provider.requests.at(-1)!.messages);
  expect(sent).toContain("two, better");
  expect(sent).not.toContain("three");
  expect(first.id).toBeGreaterThan(0);
});

it.concurrent("a failed answer says so in one sentence", async () => {
  await using world = await GitHubApp.start();
  world.provider.script = () => [new Error("secret details")];
  world.repository.comment(world.pull, "olive", "@redline hello?");
  const [answer] = await until(async () => answers(world).length === 1 && answers(world));
  expect(answer).toMatch(/Something failed on our side/);
  expect(answer).not.toContain("secret details");
});

it.concurrent("an answer whose review thread is gone stands below the pull request, and the next ones follow", async () => {
  await using world = await GitHubApp.start();
  const gate = createGate();
  world.provider.script = () => [gate.wait(), "Hello."];
  const root = await world.repository.commentOnLines(world.pull, "olive", {
    path: "text/0001-retries.md",
    line: 7,
    body: "Hm.",
  });
  world.repository.replyTo(root.id, "olive", "@redline well?");
  await gate.reached;
  world.repository.deleteComment(root.id, "olive");
  gate.open();
  await until(async () => answers(world).length === 1);
  world.repository.comment(world.pull, "olive", "@redline and now?");
  await until(async () => answers(world).length === 2);
  expect((await world.view()).reviewProblem).toBeNull();
});
