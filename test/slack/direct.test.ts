import { describe, expect, it } from "vitest";

import { DISCUSS } from "../../adapters/slack/manifest.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel } from "../fakes/slack/model.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";
import { ask, decidedByBob, toldNext, willPropose } from "./scene.ts";

const texts = (world: SlackApp, channel: Channel, ts?: string): string[] =>
  world.slack.visible(channel, ts).map(({ text }) => text);

/** Everything of a conversation, in and out of its threads. */
function allOf(world: SlackApp, channel: Channel): string {
  return world.slack
    .channel(channel)
    .messages.map(({ text }) => text)
    .join("\n");
}

/** A linked conversation with Redline alone; what is said there stands below each other. */
async function linkedDirect(world: SlackApp, user: FakeUser): Promise<Channel> {
  const channel = world.team.directMessages(user);
  user.says(channel, "link rfc new");
  await until(async () => allOf(world, channel).includes("is linked to"), "the greeting");
  return channel;
}

describe("direct messages", () => {
  it("are a thread of one's own, which anybody may link", async () => {
    await using world = await SlackApp.start();
    const { bob, provider } = world;
    const channel = world.team.directMessages(bob);
    bob.says(channel, "What is this about?");
    await until(async () => allOf(world, channel).includes("Is this about “The RFC”?"), "the hint");
    await linkedDirect(world, bob);
    expect(allOf(world, channel)).not.toContain("Here I answer when");
    provider.script = () => ["It is about retries."];
    bob.says(channel, "What is it about?");
    await until(async () => texts(world, channel).includes("It is about retries."));
    await world.settled();
    // Nobody else sees any of it.
    expect(world.visible()).toEqual([]);
    const [row] = await world.app.sql<{ privateTo: string | null }[]>`
      select private_to from thread_links`;
    expect(row!.privateTo).not.toBeNull();
  });

  it("keep their changes out of other people's lists", async () => {
    await using world = await SlackApp.start();
    const { ada, bob } = world;
    const thread = await decidedByBob(world);
    const own = await linkedDirect(world, bob);
    willPropose(world, [["one minute", "one hour", "A secret."]]);
    bob.says(own, "please change it");
    const card = await until(async () =>
      world.slack.visible(own).find(({ text }) => text.includes("Pending")),
    );
    await world.settled();
    const told = await toldNext(world, ada, () => ask(world, ada, thread, "changes"));
    expect(told).toBe("No change waits for a decision here.");
    expect(await toldNext(world, ada, () => ask(world, ada, thread, "accept 1"))).toContain(
      "There is no change #1 here",
    );
    ada.opensHome();
    const home = await until(async () => ada.home);
    expect(JSON.stringify(home.view)).not.toContain("A secret");
    await bob.clicks(own, card.ts, "redline:accept");
    await until(async () => texts(world, own).some((text) => text.includes("Accepted by bob")));
  });

  it("answer in the agent's view", async () => {
    await using world = await SlackApp.start();
    const { bob, provider } = world;
    const { ts } = bob.startsAssistantThread(world.channel);
    const channel = world.team.directMessages(bob);
    bob.says(channel, "link rfc new", { threadTs: ts });
    await until(async () =>
      texts(world, channel, ts).some((text) => text.includes("is linked to")),
    );
    provider.script = () => ["Retries."];
    bob.says(channel, "What is it about?", { threadTs: ts });
    await until(async () => texts(world, channel, ts).includes("Retries."));
    await world.settled();
    expect(world.slack.visible(channel, ts).map(({ state }) => state)).not.toContain("live");
    expect(world.visible()).toEqual([]);
    expect(world.slack.session(channel, ts)?.activity ?? "").toBe("");
  });
});

describe("“Discuss in RFC”", () => {
  it("quotes the message in a linked thread", async () => {
    await using world = await SlackApp.start();
    const { bob, channel, provider } = world;
    const thread = await world.link();
    const said = bob.says(channel, "A minute *hurts* our receivers.", { threadTs: thread });
    await world.settled();
    provider.script = () => ["Then take an hour."];
    await bob.usesShortcut(DISCUSS, said);
    await until(async () => world.replies(thread).includes("Then take an hour."));
    expect(JSON.stringify(provider.requests.at(-1)!.messages.at(-1))).toContain(
      "A minute *hurts* our receivers.",
    );
  });

  it("asks which RFC elsewhere, and begins the thread", async () => {
    await using world = await SlackApp.start();
    const { ada, bob, channel, provider } = world;
    const said = bob.says(channel, "A minute hurts our receivers.");
    await world.settled();
    provider.script = () => ["Then take an hour."];
    await ada.usesShortcut(DISCUSS, said);
    const form = await until(async () => ada.modal, "the form");
    expect(form.view["title"]).toMatchObject({ text: "Discuss in RFC" });
    await ada.submits(form, { rfc: "rfc", question: "Should it be longer?" });
    await until(async () => world.replies(said.ts).includes("Then take an hour."));
    const asked = provider.requests.at(-1)!;
    expect(JSON.stringify(asked.messages)).toContain("Should it be longer?");
    expect(JSON.stringify(asked.messages)).toContain("A minute hurts our receivers.");
    // Who may not link is told so instead of being asked.
    const other = bob.says(channel, "Another one.");
    await world.settled();
    expect(await toldNext(world, bob, () => bob.usesShortcut(DISCUSS, other))).toContain(
      "Only admins of this workspace link",
    );
    expect(bob.modal).toBeNull();
  });
});
