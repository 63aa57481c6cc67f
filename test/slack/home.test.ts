import { expect, it } from "vitest";

import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Json } from "../fakes/slack/model.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";
import { ask, decidedByBob, propose, says, toldNext } from "./scene.ts";

/** Opens the app's home anew, and reads it. */
async function homeOf(user: FakeUser): Promise<string> {
  const before = user.home?.hash ?? null;
  user.opensHome();
  const home = await until(async () => (user.home?.hash === before ? null : user.home), "the home");
  return (home.view["blocks"] as Json[]).flatMap(textsIn).join("\n");
}

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  const { text, ...rest } = value as Json;
  return typeof text === "string" ? [text] : [...textsIn(text), ...textsIn(Object.values(rest))];
}

it("shows a newcomer what there is, and what to do", async () => {
  await using world = await SlackApp.start();
  const home = await homeOf(world.bob);
  expect(home).toContain("Nothing waits for you.");
  expect(home).toContain("You watch no RFC yet.");
  expect(home).toContain("None yet. Mention Redline in a thread with `link`");
  expect(home).toContain("Open the console");
});

it("shows a maintainer what waits, and everybody what happened since they looked", async () => {
  await using world = await SlackApp.start();
  const { ada, bob } = world;
  const thread = await decidedByBob(world);
  const [card] = await propose(
    world,
    thread,
    ["one minute", "one hour", "Receivers <!channel> need *time*."],
    ["- second item", "- third item", "Three."],
  );
  const first = await homeOf(bob);
  expect(first).toContain("Waits for your decision");
  expect(first).toMatch(/\|#1>\* The RFC {2}· {2}§ The RFC/);
  expect(first).not.toContain("<!channel>");
  expect(first).toMatch(/\|#2>\* The RFC {2}· {2}§ The RFC › Design/);
  expect(first).toContain("What happened lately");
  expect(first).toContain("Change #1 of “The RFC” was proposed");
  expect(first).toContain("2 pending  ·  0 accepted  ·  0 declined");
  expect(first).toMatch(/<https:\/\/acme\.slack\.com\/archives\/\S+\|Thread>/);
  // Who does not decide has nothing to decide.
  expect(await homeOf(ada)).toContain("Nothing waits for you.");

  await toldNext(world, bob, () => ask(world, bob, thread, "watch"));
  await bob.clicks(world.channel, card!.ts, "redline:accept");
  await says(world, thread, card!.ts, "Accepted by bob");
  const second = await homeOf(ada);
  expect(second).toContain("Since you last looked");
  expect(second).toContain("bob accepted change #1 of “The RFC”.");
  expect(second).not.toContain("was proposed");
  const watched = await homeOf(bob);
  expect(watched).not.toContain("You watch no RFC yet.");
  expect(watched).not.toMatch(/\|#1>/);
  expect(await homeOf(ada)).toContain("Nothing new.");
  expect(world.slack.pings).toEqual([]);
});
