/** A review thread that is held in Slack, too: both read what is said in the other. */
import { afterAll, beforeAll, expect, it } from "vitest";

import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import { GitHubApp } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";
import { PACE } from "./mirror-world.ts";

let slack: FakeSlack;
let team: FakeTeam;
let ada: FakeUser;
let bob: FakeUser;
let channel: Channel;
let world: GitHubApp;
let threadTs: string;

beforeAll(async () => {
  slack = await FakeSlack.start({
    rates: { window: 60_000 * PACE, postInterval: 1_000 * PACE },
  });
  team = slack.addTeam("Acme");
  ada = team.addUser("ada", { isAdmin: true });
  bob = team.addUser("bob");
  channel = team.addChannel("rfcs", { members: [ada, bob] });
  world = await GitHubApp.start({
    environment: {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: team.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
    },
    overrides: { slackPaceFactor: PACE },
  });
  let count = 0;
  world.provider.script = () => [`Answer ${(count += 1)}.`];
  world.repository.comment(world.pull, "olive", "Not for Redline, and from before.");
  world.repository.comment(world.pull, "olive", "@redline is a minute enough?");
  await until(async () => comments().some((body) => body.startsWith("Answer 1.")), "an answer");
  const asked = ada.says(channel, `${team.mention} link rfc`);
  threadTs = asked.ts;
  await until(
    async () => JSON.stringify(slack.ephemerals(channel, ada.id)).includes("on pull request #1"),
    "the question",
  );
  ada.says(channel, `${team.mention} link rfc join 1`, { threadTs });
  await until(async () => replies().length > 1, "the greeting");
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await slack.dispose();
});

const comments = (): string[] =>
  world.repository
    .issueComments(world.pull)
    .filter(({ author }) => author.login === "redline-bot")
    .map(({ body }) => body);
const replies = (): string[] =>
  slack
    .visible(channel, threadTs)
    .slice(1)
    .map(({ text }) => text);
const inSlack = (words: string) =>
  until(async () => replies().some((text) => text.includes(words)), `“${words}” in Slack`);
const onPull = (words: string) =>
  until(async () => comments().some((body) => body.includes(words)), `“${words}” on GitHub`);
const heads = (bodies: readonly string[]): string[] =>
  bodies.map((body) => body.split("\n\n").slice(0, 2).join(" "));

it("shows people's comments in Slack and Slack's messages on the pull request, each once", async () => {
  world.repository.comment(world.pull, "olive", "> Retries\n\nI would say two. @bob");
  await inSlack("I would say two");
  bob.says(channel, "Why two, @olive?", { threadTs });
  await onPull("Why two");
  ada.says(channel, `${team.mention} what do you say?`, { threadTs });
  await inSlack("Answer 2.");
  await onPull("Answer 2.");
  await world.looked();
  await world.looked();
  expect(replies().slice(2)).toEqual([
    "**olive** (GitHub):\n> Retries\n\nI would say two. @bob",
    "Why two, @olive?",
    `${team.mention} what do you say?`,
    "Answer 2.",
  ]);
  expect(heads(comments()).map((text) => text.replace(/ Discussed in.*$/, ""))).toEqual([
    "Answer 1.",
    "**bob** (Slack): Why two, @&#8203;olive?",
    "**ada** (Slack): what do you say?",
    "Answer 2.",
  ]);
  expect(slack.pings).toEqual([]);
  world.github.expectConforming();
});

it("follows edits and deletions, both ways", async () => {
  const { ts } = bob.says(channel, "Three, then.", { threadTs });
  await onPull("Three, then.");
  bob.edits(channel, ts, "Four, then.");
  await onPull("Four, then.");
  bob.deletes(channel, ts);
  await until(async () => !comments().some((body) => body.includes("then.")), "the deletion");
  const comment = world.repository.comment(world.pull, "olive", "Five it is.");
  await inSlack("Five it is.");
  world.repository.editComment(comment.id, "olive", "Six it is.");
  await inSlack("Six it is.");
  world.repository.deleteComment(comment.id, "olive");
  await until(async () => !replies().some((text) => text.includes("it is.")), "the deletion");
});
