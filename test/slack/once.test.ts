/** Whatever comes twice, late, or in the wrong order from Slack: everything is answered once. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Delivery, Message } from "../fakes/slack/model.ts";
import { block } from "../fakes/scripted-provider.ts";
import { SlackApp } from "../support/slack-app.ts";
import { placesBusy, restAskers } from "../support/chat-places.ts";
import { expectNothingTyping } from "../support/slack-places.ts";
import { until } from "../support/test-app.ts";

let world: SlackApp;
let thread: string;

beforeAll(async () => {
  world = await SlackApp.start();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await restAskers(world.app.sql);
  thread = await world.link();
  world.provider.script = () => ["Yes."];
  await world.settled();
});

const ask = (text = "is it so?"): Message =>
  world.ada.says(world.channel, `${world.team.mention} ${text}`, { threadTs: thread });

/** What stands below the greeting, once nothing is under way. */
async function shown(): Promise<string[]> {
  await world.settled();
  await until(async () => !(await placesBusy(world.app.sql)), "quiet places");
  expectNothingTyping(world.slack, world.channel, thread);
  return world
    .visible(thread)
    .flatMap(({ isBot, text }) => (isBot ? [text] : []))
    .slice(1);
}

const eventOf = ({ payload }: Delivery): { type?: string; subtype?: string } =>
  payload["event"] as { type?: string; subtype?: string };

const lastQuestion = (): string => world.provider.requests.at(-1)!.messages.at(-1)!.content;

describe("events of Slack", () => {
  it.each(["message", "app_mention"])("%s first of the two for a mention", async (first) => {
    world.slack.deliveries.hold();
    ask();
    world.slack.deliveries.release((held) =>
      held.toSorted((a, b) => Number(b.name === first) - Number(a.name === first)),
    );
    expect(await shown()).toEqual(["Yes."]);
  });

  it("an event that comes again after it was answered", async () => {
    const from = world.slack.deliveries.all.length;
    ask();
    expect(await shown()).toEqual(["Yes."]);
    for (const delivery of world.slack.deliveries.all.slice(from)) {
      await world.slack.deliveries.again(delivery);
      await world.slack.deliveries.again(delivery, 1);
    }
    expect(await shown()).toEqual(["Yes."]);
  });

  it("an edit before the message that it edits", async () => {
    world.slack.deliveries.hold();
    const { ts } = ask("is it not so?");
    world.ada.edits(world.channel, ts, `${world.team.mention} is it indeed so?`);
    world.slack.deliveries.release((held) => held.toReversed());
    expect(await shown()).toEqual(["Yes."]);
    expect(lastQuestion()).toContain("is it indeed so?");
    expect(lastQuestion()).not.toContain("is it not so?");
  });

  it("a deletion before the message that it deletes", async () => {
    const asked = world.provider.requests.length;
    world.slack.deliveries.hold();
    const { ts } = ask("forget this");
    world.ada.deletes(world.channel, ts);
    world.slack.deliveries.release((held) => held.toReversed());
    expect(await shown()).toEqual([]);
    expect(world.provider.requests).toHaveLength(asked);
    ask("and now?");
    expect(await shown()).toEqual(["Yes."]);
    expect(JSON.stringify(world.provider.requests.at(-1))).not.toContain("forget this");
  });

  it("presses that come again", async () => {
    world.provider.script = (request) => ["Kinder:\n", block(request, "lazy dog", "idle dog")];
    ask();
    await shown();
    const card = world.visible(thread).find(({ text }) => text.includes("Pending"))!;
    const { ada, bob, channel, team } = world;
    ada.says(channel, `${team.mention} maintainers add <@${bob.id}>`, { threadTs: thread });
    await until(async () =>
      world.replies(thread).some((text) => /made bob a maintainer/.test(text)),
    );
    const press = await bob.clicks(channel, card.ts, "redline:accept");
    const pressAgain = bob.clicks(channel, card.ts, "redline:accept").catch(() => null);
    await world.slack.deliveries.again(press);
    await pressAgain;
    await until(async () =>
      world.visible(thread).some(({ ts, text }) => ts === card.ts && text.includes("Accepted")),
    );
    await world.settled();
    expect(await world.repository.log()).toHaveLength(2);
  });
});

describe("the socket", () => {
  it.each([
    ["drops", () => world.slack.sockets.drop()],
    ["is asked to come again", () => world.slack.sockets.disconnect("warning")],
    ["is refreshed", () => world.slack.sockets.disconnect("refresh_requested")],
  ])("%s in the middle of an answer", async (_, strike) => {
    let goOn: () => void = () => {};
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    world.provider.script = () => ["The first half ", gate, "and the second."];
    ask();
    await until(async () => world.replies(thread).some((text) => text.includes("first half")));
    strike();
    goOn();
    expect(await shown()).toEqual(["The first half and the second."]);
    world.provider.script = () => ["Still here."];
    ask("are you there?");
    expect(await shown()).toEqual(["The first half and the second.", "Still here."]);
    expect(world.slack.deliveries.all.map(eventOf)).not.toEqual([]);
  });

  it("drops while what somebody says is on its way", async () => {
    world.slack.sockets.drop();
    ask();
    world.slack.sockets.drop();
    expect(await shown()).toEqual(["Yes."]);
  });
});
