import { describe, expect, it } from "vitest";

import type { Channel, Message, Modal } from "../fakes/discord/model.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import {
  ANSWER,
  ask,
  buttonsOf,
  cardsIn,
  decidedByBob,
  fieldsOf,
  press,
  says,
  toldNext,
} from "./scene.ts";

const DISCUSS = "Discuss in RFC";
const PROPOSE = "Propose edit";

async function openedOn(user: FakeUser, message: Message, command: string): Promise<Modal> {
  const { answer } = await user.usesOn(message, command);
  expect(answer).toBe(ANSWER.modal);
  return until(async () => user.modal, "the form");
}

describe("“Discuss in RFC”", () => {
  it("quotes the message in a linked thread, and leaves nothing behind", async () => {
    await using world = await DiscordApp.start();
    const { bob, provider, discord } = world;
    const thread = await world.link();
    const said = bob.says(thread, `A minute \\*hurts\\* our receivers, says ${bob.mention}.`);
    provider.script = () => ["Then take an hour."];
    await bob.usesOn(said, DISCUSS);
    await until(async () => world.replies(thread).includes("Then take an hour."));
    expect(provider.requests.at(-1)!.messages.at(-1)!.content).toContain(
      "A minute *hurts* our receivers, says @bob.",
    );
    await until(async () => discord.thinking().length === 0);
    expect(world.told(bob)).toEqual([]);
  });

  it("asks which RFC elsewhere, and begins the thread", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, channel, provider } = world;
    const said = bob.says(channel, "A minute hurts our receivers.");
    provider.script = () => ["Then take an hour."];
    const form = await openedOn(ada, said, DISCUSS);
    expect(form.title).toBe("Discuss in RFC");
    await ada.submits(form, { rfc: "rfc", question: "Should it be longer?" });
    const thread = await world.threadOf(said);
    await until(async () => world.replies(thread).includes("Then take an hour."));
    const asked = JSON.stringify(provider.requests.at(-1)!.messages);
    expect(asked).toContain("Should it be longer?");
    expect(asked).toContain("A minute hurts our receivers.");
    // Who may not link is told so instead of being asked.
    const other = bob.says(channel, "Another one.");
    expect(await toldNext(world, bob, () => bob.usesOn(other, DISCUSS))).toContain(
      "Only admins of this server link",
    );
    expect(bob.modal).toBeNull();
    expect(world.discord.thinking()).toEqual([]);
  });

  it("answers in a thread that is not linked, and to a message without text", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, guild, channel, provider } = world;
    const thread = guild.addThread(channel, "ideas", bob);
    const said = bob.says(thread, "A minute hurts.");
    provider.script = () => ["Then take an hour."];
    const form = await openedOn(ada, said, DISCUSS);
    await ada.submits(form, { rfc: "rfc" });
    await until(async () => world.replies(thread).includes("Then take an hour."));
    const robot = guild.addBot("robot");
    const empty = world.discord.world.post(thread, robot.id, { content: "" });
    expect(await toldNext(world, ada, () => ada.usesOn(empty, DISCUSS))).toBe(
      "This message has no text that could be discussed.",
    );
  });
});

describe("“Propose edit”", () => {
  async function proposed(
    world: DiscordApp,
    message: Message,
    values: Record<string, string>,
  ): Promise<string> {
    const form = await openedOn(world.ada, message, PROPOSE);
    return toldNext(world, world.ada, () => world.ada.submits(form, values));
  }

  it("makes a change by hand, which is located and decided like any other", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob } = world;
    const thread = await decidedByBob(world);
    const message = ada.says(thread, "> one minute\nshould be\n```\none hour\n```");
    const form = await openedOn(ada, message, PROPOSE);
    expect(form.title).toBe("Propose edit");
    expect(fieldsOf(form)).toEqual({ original: "one minute", proposed: "one hour", reason: "" });
    const told = await toldNext(world, ada, () =>
      ada.submits(form, { reason: "Receivers need time." }),
    );
    expect(told).toBe("You proposed change #1; it waits for a decision on its card.");
    const card = await until(async () => cardsIn(world, thread)[0], "the card");
    expect(card.text).toContain("### Change #1  ·  § The RFC\n-# proposed by ada");
    expect(card.text).toContain("~~minute~~ **hour**");
    expect(card.text).toContain("**Why:** Receivers need time.");
    expect(await world.app.sql`select kind from changes`).toMatchObject([{ kind: "manual" }]);
    await press(world, bob, thread, card, "Accept");
    await says(world, thread, card.id, "Accepted by bob");
    expect(await world.repository.show("rfc.md")).toContain("sent after one hour.");
    // Nobody was asked for an answer.
    expect(world.provider.requests).toEqual([]);
  });

  it("says what was not found, and what is ambiguous", async () => {
    await using world = await DiscordApp.start({
      document: "# The RFC\n\n## A\n\nWe wait for it.\n\n## B\n\nThey wait for it.\n",
    });
    const { ada, bob, discord } = world;
    const thread = await decidedByBob(world);
    const message = ada.says(thread, "I would change that.");
    expect(
      await proposed(world, message, { original: "There is no such text.", proposed: "None." }),
    ).toMatch(/^Change #1 is kept, but its original text was not found in the document: show/);
    const lost = await until(async () => cardsIn(world, thread)[0], "the first card");
    expect(lost.text).toContain("! Not located: the passage that it edits was not found.");
    expect(buttonsOf(lost)).toEqual(["Decline", "Raise a concern", "Open"]);

    expect(
      await proposed(world, message, { original: "wait for it", proposed: "wait for both" }),
    ).toBe(
      "The original text of change #2 stands at 2 places: choose the one that you mean on its card.",
    );
    const card = await until(async () => cardsIn(world, thread)[1], "the second card");
    await bob.chooses(discord.message(thread, card.id), "Choose the place", "Line 9, § B");
    await says(world, thread, card.id, "Pending");
    await press(world, bob, thread, card, "Accept");
    await says(world, thread, card.id, "Accepted by bob");
    expect(await world.repository.show("rfc.md")).toContain("They wait for both.");
  });

  it("is for linked places, and takes no empty original", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, channel } = world;
    const outside = bob.says(channel, "one minute is short");
    expect(await toldNext(world, ada, () => ada.usesOn(outside, PROPOSE))).toBe(
      "This place is not linked to an RFC yet; `/rfc link <slug or PR URL>` does that.",
    );
    const thread = await world.link();
    const message = bob.says(thread, "one minute is short");
    expect(await proposed(world, message, { original: "   ", proposed: "x" })).toContain(
      "the original text was left empty",
    );
    expect(await world.app.sql`select 1 from changes`).toEqual([]);
    expect(world.discord.thinking()).toEqual([]);
  });

  it("is bounded for each person", async () => {
    await using world = await DiscordApp.start();
    const thread = await world.link();
    const message = world.bob.says(thread, "one minute is short");
    const edit = (n: number) => ({ original: "one minute", proposed: `${n} minutes` });
    for (let n = 1; n <= 10; n += 1) {
      expect(await proposed(world, message, edit(n))).toContain(`You proposed change #${n}`);
    }
    expect(await proposed(world, message, edit(11))).toMatch(
      /^You have proposed a lot within a few minutes; propose this again in/,
    );
    await until(async () => cardsIn(world, thread).length === 10, "the cards");
  });
});

/** The one command that a person gives by speaking. */
async function answeredIn(world: DiscordApp, thread: Channel, user: FakeUser): Promise<void> {
  ask(world, user, thread, "is a minute enough?");
  await until(async () => world.replies(thread).includes("Hello."), "the answer");
}

describe("a form that is left open", () => {
  it("holds nobody up", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob } = world;
    const thread = await world.link();
    const message = bob.says(thread, "one minute is short");
    const form = await openedOn(ada, message, PROPOSE);
    await answeredIn(world, thread, bob);
    await toldNext(world, ada, () => ada.runs(thread, "/rfc unlink"));
    expect(
      await toldNext(world, ada, () => ada.submits(form, { original: "one minute" })),
    ).toContain("This place is not linked to an RFC yet");
  });
});
