/** Whatever comes twice, late, in the wrong order, or not at all from Discord: everything is answered once. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Dispatch } from "../fakes/discord/dispatches.ts";
import type { Channel, Message } from "../fakes/discord/model.ts";
import { createGate } from "../fakes/reply-script.ts";
import type { Gate } from "../fakes/reply-script.ts";
import { block } from "../fakes/scripted-provider.ts";
import { placesBusy, restAskers } from "../support/chat-places.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { expectNothingTyping, repliesIn, textsIn } from "../support/discord-places.ts";
import { until } from "../support/test-app.ts";
import { makeMaintainer } from "./scene.ts";

let world: DiscordApp;
let thread: Channel;

beforeAll(async () => {
  world = await DiscordApp.start();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await restAskers(world.app.sql);
  thread = await world.link();
  world.provider.script = () => ["Yes."];
  await world.settled();
});

const ask = (text = "is it so?", at = thread): Message =>
  world.ada.says(at, `${world.discord.mention} ${text}`);

/** What stands below the greeting, once these are stored and nothing is under way. */
async function shown(...asked: readonly Message[]): Promise<string[]> {
  for (const { id } of asked) await world.stored(`create:${id}`);
  await world.settled();
  await until(async () => !(await placesBusy(world.app.sql)), "quiet places");
  expectNothingTyping(world.discord, thread);
  return textsIn(world.discord, thread);
}

/** Answers in two parts; resolves once the first is shown. */
async function askInTwoParts(): Promise<Gate> {
  const gate = createGate();
  world.provider.script = () => ["The first half ", gate.wait(), "and the second."];
  ask();
  await until(
    async () => textsIn(world.discord, thread)[0]?.includes("first half"),
    "the first half",
  );
  return gate;
}

const TWO_PARTS = "The first half and the second.";
const lastQuestion = (): string => world.provider.requests.at(-1)!.messages.at(-1)!.content;

describe("what the gateway dispatches", () => {
  it("three times each", async () => {
    world.discord.gateway.repeat(3);
    const asked = ask();
    expect(await shown(asked)).toEqual(["Yes."]);
    world.discord.gateway.repeat(1);
  });

  it("again after it was answered", async () => {
    const { gateway } = world.discord;
    const from = gateway.dispatched.length;
    const asked = ask();
    expect(await shown(asked)).toEqual(["Yes."]);
    for (const dispatch of gateway.dispatched.slice(from)) gateway.again(dispatch);
    expect(await shown()).toEqual(["Yes."]);
  });

  const reversed = (held: readonly Dispatch[]): Dispatch[] => held.toReversed();

  it("an edit before the message that it edits", async () => {
    world.discord.gateway.hold();
    const asked = ask("is it not so?");
    world.ada.edits(asked, `${world.discord.mention} is it indeed so?`);
    world.discord.gateway.release(reversed);
    expect(await shown(asked)).toEqual(["Yes."]);
    expect(lastQuestion()).toContain("is it indeed so?");
    expect(lastQuestion()).not.toContain("is it not so?");
  });

  it("a deletion before the message that it deletes", async () => {
    const requests = world.provider.requests.length;
    world.discord.gateway.hold();
    const asked = ask("forget this");
    world.ada.deletes(asked);
    world.discord.gateway.release(reversed);
    expect(await shown(asked)).toEqual([]);
    expect(world.provider.requests).toHaveLength(requests);
    const next = ask("and now?");
    expect(await shown(next)).toEqual(["Yes."]);
    expect(JSON.stringify(world.provider.requests.at(-1))).not.toContain("forget this");
  });

  it("a later message before an earlier one", async () => {
    world.discord.gateway.hold();
    const asked = [ask("first?"), ask("second?")];
    world.discord.gateway.release(reversed);
    const texts = await shown(...asked);
    expect(texts.every((text) => text === "Yes.")).toBe(true);
    const said = JSON.stringify(world.provider.requests.map(({ messages }) => messages));
    expect(said).toContain("first?");
    expect(said).toContain("second?");
    expect(texts.length).toBeLessThanOrEqual(2);
    expect(texts.length).toBeGreaterThan(0);
  });

  it("a press that comes again", async () => {
    const { ada, bob, discord, repository } = world;
    await makeMaintainer(world, thread);
    world.provider.script = (request) => ["Kinder:\n", block(request, "lazy dog", "idle dog")];
    await shown(ask());
    const { id } = repliesIn(discord, thread).find(({ text }) => text.includes("Pending"))!;
    const card = discord.message(thread, id);
    const from = discord.gateway.dispatched.length;
    await Promise.all([bob.presses(card, "Accept"), bob.presses(card, "Accept")]);
    const [press] = discord.gateway.dispatched.slice(from);
    discord.gateway.again(press!);
    await until(async () =>
      repliesIn(discord, thread).some(
        (one) => one.id === id && one.text.includes("Accepted by bob"),
      ),
    );
    discord.gateway.again(press!);
    await shown();
    expect(await repository.log()).toHaveLength(2);
    expect(ada.told(thread)).toEqual([]);
  });
});

describe("the gateway", () => {
  it.each([
    ["drops", () => world.discord.gateway.drop()],
    ["asks to come again", () => world.discord.gateway.reconnect()],
    ["closes for a moment", () => world.discord.gateway.closeAll(4000)],
    [
      "says that the session is invalid and can be resumed",
      () => world.discord.gateway.invalidate(true),
    ],
    ["says that the session is invalid", () => world.discord.gateway.invalidate(false)],
    [
      "drops, and knows the session no more",
      () => {
        world.discord.gateway.forget();
        world.discord.gateway.drop();
      },
    ],
  ])("%s in the middle of an answer, and while somebody asks", async (_, strike) => {
    const { bob, discord } = world;
    const gate = await askInTwoParts();
    const said = bob.says(thread, "before it");
    strike();
    const missed = bob.says(thread, "said meanwhile");
    const next = ask("are you there?");
    gate.open();
    world.provider.script = () => ["Still here."];
    expect(await shown(said, missed, next)).toEqual([TWO_PARTS, "Still here."]);
    expect(JSON.stringify(world.provider.requests.at(-1))).toContain("said meanwhile");
    await until(async () => discord.gateway.connected.length === 1, "one connection");
  });

  it.each([
    ["the session is known again", false],
    ["the session is lost", true],
  ])("is gone for ten seconds, and %s", async (_, isForgotten) => {
    const { bob, discord } = world;
    const other = await world.link();
    const early = bob.says(thread, "early");
    await world.stored(`create:${early.id}`);
    const { gateway } = discord;
    const began = performance.now();
    gateway.down();
    if (isForgotten) gateway.forget();
    bob.edits(early, "early, as edited");
    const asked = [ask("one?"), bob.says(thread, "a remark"), ask("two?"), ask("three?", other)];
    await until(async () => performance.now() - began > 10_000, "ten seconds");
    gateway.up();
    const texts = await shown(...asked);
    // What was missed may share a turn.
    expect([["Yes."], ["Yes.", "Yes."]]).toContainEqual(texts);
    expect(textsIn(discord, other)).toEqual(["Yes."]);
    const last = world.provider.requests.findLast(({ messages }) =>
      JSON.stringify(messages).includes("two?"),
    );
    const seen = JSON.stringify(last!.messages);
    const order = ["early, as edited", "one?", "a remark", "two?"];
    const places = order.map((words) => seen.indexOf(words));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it("is gone while a question is taken back", async () => {
    const { ada, discord } = world;
    const requests = world.provider.requests.length;
    discord.gateway.down();
    discord.gateway.forget();
    ada.deletes(ask("never mind"));
    const identifies = discord.gateway.identifies;
    discord.gateway.up();
    await until(async () => discord.gateway.identifies > identifies, "a connection");
    const asked = ask("and now?");
    expect(await shown(asked)).toEqual(["Yes."]);
    expect(JSON.stringify(world.provider.requests.slice(requests))).not.toContain("never mind");
  });
});

describe("the database", () => {
  it("is away while people ask, in the middle of an answer", async () => {
    const { bob, database } = world;
    const gate = await askInTwoParts();
    const hold = await DatabaseHold.place(database.url, { table: "inbox", on: "insert" });
    const asked = [bob.says(thread, "said meanwhile"), ask("are you there?")];
    await hold.reached();
    gate.open();
    await until(async () => textsIn(world.discord, thread)[0] === TWO_PARTS, "the answer");
    world.provider.script = () => ["Still here."];
    await hold.release();
    expect(await shown(...asked)).toEqual([TWO_PARTS, "Still here."]);
    expect(JSON.stringify(world.provider.requests.at(-1))).toContain("said meanwhile");
  });

  it("ends every session while people ask, in the middle of an answer", async () => {
    const { bob, app, discord } = world;
    const gate = await askInTwoParts();
    world.provider.script = ({ messages }) =>
      messages.at(-1)!.content.includes("are you there?") ? ["Still here."] : [TWO_PARTS];
    await app.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    const asked = [bob.says(thread, "said meanwhile"), ask("are you there?")];
    gate.open();
    await until(async () => textsIn(discord, thread).includes("Still here."), "the next answer");
    // Where the first one had to begin again it may answer both.
    expect([[TWO_PARTS, "Still here."], ["Still here."]]).toContainEqual(await shown(...asked));
    expect(JSON.stringify(world.provider.requests.at(-1))).toContain("said meanwhile");
  });
});
