/**
 * Redline is killed with SIGKILL at points of a reply in Discord, and another process goes on with the same
 * database: in the end there is one answer, whole, each card once, and nothing that looks unfinished.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Channel, Command } from "../fakes/discord/model.ts";
import type { ModelCall } from "../fakes/model-server.ts";
import type { Reply } from "../fakes/reply-script.ts";
import { changeBlock, createGate } from "../fakes/reply-script.ts";
import { DiscordRig } from "../faults/discord-rig.ts";
import {
  CARDS,
  goOnIn,
  IDLE,
  itOutlivesDecisions,
  itOutlivesHandling,
  MOMENTS,
  SWIFT,
  twoCards,
  WHOLE,
  whole,
} from "../faults/takeover.ts";
import { restAskers } from "../support/chat-places.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import { until } from "../support/test-app.ts";

const POST = "POST /channels/{channel_id}/messages";
const EDIT = "PATCH /channels/{channel_id}/messages/{message_id}";
const BEGIN = "POST /channels/{channel_id}/messages/{message_id}/threads";
const ANSWER = "POST /interactions/{interaction_id}/{interaction_token}/callback";
const REGISTER = "PUT /applications/{application_id}/commands";
const isCard = (body: unknown): boolean => JSON.stringify(body).includes('"components"');
const namesOf = (commands: readonly Command[]): string[] =>
  commands.map(({ body }) => String(body["name"])).toSorted();

let world: DiscordRig;
let thread: Channel;

beforeAll(async () => {
  world = await DiscordRig.start();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.discord.limits.clearFaults();
  if (!world.rig.redline.isRunning) await world.rig.start();
  await restAskers(world.rig.sql);
  thread = await world.link();
});

const current = () => ({ world, thread });

/** Another process takes over; what it shows in the end. */
const goOn = (reply?: (call: ModelCall) => Reply): Promise<string[]> =>
  goOnIn(world, thread, reply);

describe("kill -9 in an answer", () => {
  it.each(MOMENTS)("%s it is posted", async (moment) => {
    const silence = createGate();
    world.rig.model.reply(["First attempt, ", silence.wait]);
    const point = world.stopAt(POST, moment);
    world.ask(thread);
    await point.kill();
    expect(await goOn(whole)).toEqual([WHOLE]);
  });

  it.each(MOMENTS)("%s its text is edited", async (moment) => {
    const [more, silence] = [createGate(), createGate()];
    world.rig.model.reply(["First attempt, ", more.wait, "half of it ", silence.wait]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("First"), "the first words");
    const point = world.stopAt(EDIT, moment);
    more.open();
    await point.kill();
    expect(await goOn(whole)).toEqual([WHOLE]);
  });

  it("while a change is drafted", async () => {
    const silence = createGate();
    world.rig.model.reply(({ tag }) => [
      "First attempt.\n\nIt has two lines.\n",
      `${tag}\n<original>${IDLE.original}</original>\n<prop`,
      silence.wait,
    ]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("two lines"), "the prose");
    await world.rig.redline.kill();
    expect(await goOn(twoCards)).toEqual([WHOLE, ...CARDS]);
  });

  it.each(MOMENTS)("%s its final text is shown", async (moment) => {
    const gate = createGate();
    world.rig.model.reply(({ tag }) => [
      "The whole ",
      gate.wait,
      "answer.\n",
      changeBlock(tag, IDLE),
      changeBlock(tag, SWIFT),
    ]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("whole"), "the first words");
    const isFinal = (body: unknown): boolean => JSON.stringify(body).includes(WHOLE);
    const point = world.stopAt(EDIT, moment, { fits: isFinal });
    gate.open();
    await point.kill();
    expect(await goOn(twoCards)).toEqual([WHOLE, ...CARDS]);
  });

  it.each([
    ["the first message is ended", EDIT, "before"],
    ["the first message is ended", EDIT, "after"],
    ["the second is posted", POST, "before"],
    ["the second is posted", POST, "after"],
  ] as const)("during rollover, when %s (%s, %s)", async (_, route, moment) => {
    const gate = createGate();
    const lines = Array.from({ length: 150 }, (_line, at) => `Line ${at} of the long answer.`);
    const long = `Begun.\n\n${lines.join("\n\n")}`;
    world.rig.model.reply(["Begun.\n\n", gate.wait, long.slice("Begun.\n\n".length)]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("Begun"), "the first words");
    const point = world.stopAt(route, moment);
    gate.open();
    await point.kill();
    const texts = await goOn(() => [long]);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join("\n\n")).toBe(long);
  });
});

describe("kill -9 at a card", () => {
  it.each(MOMENTS)("%s it is posted", async (moment) => {
    world.rig.model.reply(twoCards);
    const point = world.stopAt(POST, moment, { fits: isCard });
    world.ask(thread);
    await point.kill();
    expect(await goOn()).toEqual([WHOLE, ...CARDS]);
  });
});

describe("kill -9 with an event", () => {
  itOutlivesHandling(current);

  it("before it is stored", async () => {
    world.rig.model.reply(whole);
    await using hold = await DatabaseHold.place(world.rig.databaseUrl, {
      table: "inbox",
      on: "insert",
    });
    world.ask(thread);
    await hold.reached();
    await world.rig.redline.kill();
    await hold.rollBack();
    expect(await goOn()).toEqual([WHOLE]);
  });

  it.each(MOMENTS)("%s the thread of a link is begun", async (moment) => {
    const point = world.stopAt(BEGIN, moment);
    const asked = world.ask(world.channel, "link rfc new");
    await point.kill();
    await world.rig.start();
    thread = await world.threadOf(asked);
    await world.settled(thread);
    expect(world.replies(thread)).toHaveLength(1);
    world.rig.model.reply(whole);
    world.ask(thread);
    await world.settled(thread);
    expect(world.texts(thread)).toEqual([WHOLE]);
  });

  it.each(MOMENTS)("%s an interaction is answered", async (moment) => {
    const { ada, discord } = world;
    const told = world.told(ada).length;
    // The worker tries, too.
    const point = world.stopAt(ANSWER, moment, { times: moment === "before" ? 9 : 1 });
    const asked = ada.runs(thread, "/rfc status");
    await point.kill();
    discord.limits.clearFaults();
    expect(await goOn()).toEqual([]);
    const { answer } = await asked;
    if (moment === "after") expect(answer).toBe(5);
    expect(world.told(ada).slice(told)).toEqual([expect.stringContaining("The RFC")]);
    expect(ada.told(thread)).toHaveLength(answer === null ? 0 : 1);
  });

  it("in the middle of storing an interaction", async () => {
    const { ada, discord, rig } = world;
    await using hold = await DatabaseHold.place(rig.databaseUrl, { table: "inbox", on: "insert" });
    const silent = new Promise<void>(() => {});
    // Discord waits for the first answer longer than the database takes here.
    discord.fail({ route: ANSWER, until: silent, times: 9 });
    const asked = ada.runs(thread, "/rfc status");
    await hold.reached();
    await rig.redline.kill();
    await hold.rollBack();
    discord.limits.clearFaults();
    expect(await goOn()).toEqual([]);
    // Discord's client says that it failed.
    expect((await asked).answer).toBeNull();
    expect((await ada.runs(thread, "/rfc status")).answer).toBe(5);
    await until(async () => ada.told(thread).at(-1)?.text.includes("The RFC"), "the answer");
    await world.settled(thread);
  });

  it("in the middle of handling a press", async () => {
    world.rig.model.reply(twoCards);
    world.ask(thread);
    await world.settled(thread);
    const card = await world.card(thread, "swift brown");
    await using hold = await DatabaseHold.place(world.rig.databaseUrl, {
      table: "inbox",
      on: "update",
      when: "new.state = 'done'",
    });
    const told = world.told(world.bob).length;
    const pressed = world.bob.presses(card, "Decline");
    await hold.reached();
    await world.rig.redline.kill();
    await hold.rollBack();
    await pressed;
    expect(await goOn()).toEqual([WHOLE, ...CARDS]);
    expect(world.told(world.bob).length - told).toBeLessThan(2);
    if (world.bob.modal) world.bob.closes(world.bob.modal);
  });
});

describe("kill -9 of the process that holds the gateway", () => {
  it.each(MOMENTS)("%s its commands are registered", async (moment) => {
    await world.rig.redline.kill();
    const { commands } = world.discord.world;
    const before = namesOf(commands);
    expect(before.length).toBeGreaterThan(0);
    commands.length = 0;
    const point = world.stopAt(REGISTER, moment);
    await world.rig.start();
    await point.kill();
    await world.rig.start();
    await until(async () => commands.length >= before.length, "the commands");
    const after = namesOf(commands);
    expect(after).toEqual(before);
    expect((await world.ada.runs(thread, "/rfc status")).answer).toBe(5);
    await world.settled(thread);
  });

  it.each([
    ["SIGKILL", "dies"],
    ["SIGSTOP", "freezes"],
  ] as const)("(%s) lets another take over within 10 s when it %s", async (signal, _what) => {
    const { rig, discord } = world;
    await rig.redline.kill();
    const holder = await rig.startAnother({ ROLES: "ingest" });
    await rig.start();
    rig.model.reply(whole);
    world.ask(thread);
    await world.settled(thread);
    const identifies = discord.gateway.identifies;

    holder.signal(signal);
    const began = performance.now();
    world.bob.says(thread, "said meanwhile");
    world.ask(thread, "and now?");
    await until(async () => discord.gateway.identifies > identifies, "the takeover");
    expect(performance.now() - began).toBeLessThan(10_000);
    await until(async () => world.texts(thread).length === 2, "the answer");
    await world.settled(thread);
    expect(world.texts(thread)).toEqual([WHOLE, WHOLE]);
    const question = rig.model.requests.at(-1)!.messages.at(-1)!;
    expect(JSON.stringify(question)).toContain("said meanwhile");

    if (signal === "SIGSTOP") {
      holder.signal("SIGCONT");
      await until(async () => discord.gateway.connected.length === 1, "one connection");
      world.ask(thread, "one more?");
      await until(async () => world.texts(thread).length === 3, "the next answer");
      await world.settled(thread);
      expect(world.texts(thread)).toEqual([WHOLE, WHOLE, WHOLE]);
      await holder.kill();
    }
  });
});

describe("kill -9 at a card that was decided", () => {
  itOutlivesDecisions(
    current,
    (moment) => world.stopAt(EDIT, moment, { fits: isCard }),
    (card) => world.bob.presses(card, "Accept"),
  );
});
