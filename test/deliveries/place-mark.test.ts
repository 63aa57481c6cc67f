import { expect, it } from "vitest";

import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import { HostBusy } from "../../src/ports.ts";
import { putPullRequest } from "../../src/store/pull-requests.ts";
import { pullWith } from "../support/pull-request.ts";
import { until } from "../support/test-app.ts";
import { ChatWorld } from "./chat-world.ts";

const statesOf = (world: ChatWorld): string[] => world.platform.marks.map(({ state }) => state);
const triesOf = (world: ChatWorld): number =>
  world.platform.calls.filter(({ call }) => call === "markState").length;

async function pullIs(world: ChatWorld, state: "open" | "merged" | "closed"): Promise<void> {
  const { app, repository } = world.test;
  const at = { rfcSlug: "rfc", branchName: repository.branch };
  await app.sql.begin((tx) => putPullRequest(tx, at, pullWith({ number: 7, state }), null));
}

/** Something happens in the place, and nothing is left to be done there. */
async function look(world: ChatWorld): Promise<void> {
  await world.test.ask(world.threadId, "Well?");
  await world.settled();
}

it("marks a place as open, accepted and closed, each when it comes to be so", async () => {
  await using world = await ChatWorld.start();
  await until(async () => statesOf(world).length === 1);
  await look(world);
  await pullIs(world, "open");
  await pullIs(world, "merged");
  await until(async () => statesOf(world).length === 2);
  await look(world);
  await pullIs(world, "open");
  await until(async () => statesOf(world).length === 3);
  await pullIs(world, "closed");
  await until(async () => statesOf(world).length === 4);
  await look(world);
  expect(statesOf(world)).toEqual(["open", "accepted", "open", "closed"]);
});

it("marks a place as closed when its thread is", async () => {
  await using world = await ChatWorld.start();
  await until(async () => statesOf(world).length === 1);
  await world.test.engine.threads.close(world.threadId, world.test.user);
  await until(async () => statesOf(world).length === 2);
  await world.test.engine.threads.reopen(world.threadId, world.test.user);
  await until(async () => statesOf(world).length === 3);
  expect(statesOf(world)).toEqual(["open", "closed", "open"]);
});

it("does not go on about a mark that is refused, and shows everything else", async () => {
  await using world = await ChatWorld.start();
  await until(async () => statesOf(world).length === 1);
  world.platform.failNext("markState", "before", new PlaceRefused("access", "May not set tags."));
  await world.test.engine.threads.close(world.threadId, world.test.user);
  await until(async () => triesOf(world) === 2);
  await world.settled();
  await world.test.engine.threads.reopen(world.threadId, world.test.user);
  await until(async () => statesOf(world).length === 2);
  await look(world);
  expect(triesOf(world)).toBe(3);
  expect(world.test.log.filter(({ message }) => message === "a place is not marked")).toHaveLength(
    1,
  );
});

it("tries a mark again that a busy platform did not take, after a while and not for ever", async () => {
  await using world = await ChatWorld.start();
  const { sql } = world.test.app;
  await until(async () => statesOf(world).length === 1);
  for (let tries = 0; tries < 9; tries += 1) {
    world.platform.failNext("markState", "before", new HostBusy("Busy.", new Date()));
  }
  await pullIs(world, "merged");
  for (let tries = 2; tries <= 6; tries += 1) {
    await until(async () => triesOf(world) === tries);
    await look(world);
    expect(triesOf(world)).toBe(tries);
    await sql`update thread_links set mark_after = now()`;
    await look(world);
  }
  expect(triesOf(world)).toBe(6);
});
