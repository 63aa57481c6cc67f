/** Discord fails, refuses, forgets or is mended while Redline answers: nothing is lost, doubled or left open. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { ModelRequest } from "../../src/ports.ts";
import type { Fault } from "../fakes/discord/limits.ts";
import type { Channel, Message } from "../fakes/discord/model.ts";
import { createGate } from "../fakes/reply-script.ts";
import type { Gate } from "../fakes/reply-script.ts";
import { block } from "../fakes/scripted-provider.ts";
import type { Step } from "../fakes/scripted-provider.ts";
import { placesBusy, restAskers } from "../support/chat-places.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { expectNothingTyping, repliesIn, textsIn } from "../support/discord-places.ts";
import { until } from "../support/test-app.ts";
import { ANSWER, makeMaintainer } from "./scene.ts";

const POST = "POST /channels/{channel_id}/messages";
const EDIT = "PATCH /channels/{channel_id}/messages/{message_id}";
const DELETE = "DELETE /channels/{channel_id}/messages/{message_id}";
const LIST = "GET /channels/{channel_id}/messages";
const TYPE = "POST /channels/{channel_id}/typing";
const BEGIN = "POST /channels/{channel_id}/messages/{message_id}/threads";
const RESPOND = "POST /interactions/{interaction_id}/{interaction_token}/callback";
const FOLLOW_UP = "POST /webhooks/{webhook_id}/{webhook_token}";
const REGISTER = "PUT /applications/{application_id}/commands";

const TWO_PARTS = "The first half and the second.";
const WHOLE = "The whole answer.";
const LONG = Array.from({ length: 150 }, (_, at) => `Line ${at} of a long answer.`).join("\n\n");

let world: DiscordApp;
let thread: Channel;
/** Redline's. */
let permissions: bigint;

beforeAll(async () => {
  world = await DiscordApp.start();
  permissions = world.guild.botRole.permissions;
  await makeMaintainer(world, await world.link());
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await restAskers(world.app.sql);
  world.discord.limits.clearFaults();
  world.guild.botRole.permissions = permissions;
  world.log.length = 0;
  thread = await world.link();
  await world.settled();
});

/** What has to come in before anything is settled. */
const said: Message[] = [];

function ask(text = "is it so?"): void {
  said.push(world.ada.says(thread, `${world.discord.mention} ${text}`));
}
const texts = (): string[] => textsIn(world.discord, thread);
const isCard = (body: unknown): boolean => JSON.stringify(body ?? null).includes('"components"');
const isText = (body: unknown): boolean => !isCard(body);

/** Waits until nothing is under way, nor waits to be tried again soon. */
async function quiet(): Promise<void> {
  for (const { id } of said.splice(0)) await world.stored(`create:${id}`);
  await world.settled();
  await until(async () => !(await placesBusy(world.app.sql)), "quiet places");
}

/** What stands below the greeting once nothing is under way, and nothing seems to be. */
async function shown(): Promise<string[]> {
  await quiet();
  expectNothingTyping(world.discord, thread);
  return texts();
}

/** Answers in two parts; resolves once the first is shown. */
async function askInTwoParts(): Promise<Gate> {
  const gate = createGate();
  world.provider.script = () => ["The first half ", gate.wait(), "and the second."];
  ask();
  await until(async () => texts()[0]?.includes("first half"), "the first half");
  return gate;
}

const twoEdits = (request: ModelRequest): Step[] => [
  `${WHOLE}\n`,
  block(request, "lazy dog", "idle dog"),
  block(request, "quick brown", "swift brown"),
];
const TWO_CARDS = [expect.stringContaining("idle dog"), expect.stringContaining("swift brown")];

/** A card of a change that is pending. */
async function card(original = "lazy dog", proposed = "idle dog"): Promise<Message> {
  world.provider.script = (request) => ["Kinder:\n", block(request, original, proposed)];
  ask();
  await shown();
  const { id } = repliesIn(world.discord, thread).at(-1)!;
  return world.discord.message(thread, id);
}

const storedAnswers = async (): Promise<string[]> => {
  const rows = await world.app.sql<{ text: string }[]>`
    select m.text from thread_messages m join thread_links l using (thread_id)
    where m.role = 'assistant' and l.place = ${`${thread.parentId}/${thread.id}`} order by m.seq`;
  return rows.map(({ text }) => text.trim());
};

const warnings = (): string =>
  JSON.stringify(world.log.filter(({ level }) => level === "warn" || level === "error"));

/** Told alone from now on, where it was done and then in direct messages. */
function toldSince(user = world.ada): () => string[] {
  const direct = () => repliesIn(world.discord, user.direct).map(({ text }) => text);
  const [ephemerals, directs] = [world.told(user).length, direct().length];
  return () => [...world.told(user).slice(ephemerals), ...direct().slice(directs)];
}

describe.each(["before", "after"] as const)(
  "a request whose answer is lost %s its effect",
  (cut) => {
    const fail = (fault: Fault): void => world.discord.fail({ cut, ...fault });

    it.each<[string, Fault]>([
      ["the post of an answer", { route: POST, fits: isText }],
      ["the post of a card", { route: POST, fits: isCard }],
      ["the post of a second card", { route: POST, fits: isCard, after: 1 }],
      ["typing", { route: TYPE }],
      ["typing, each time", { route: TYPE, times: 50 }],
      ["a look at what was posted, after a lost post", { route: LIST }],
    ])("%s", async (name, fault) => {
      fail(fault);
      if (name.startsWith("a look")) fail({ route: POST, fits: isText });
      world.provider.script = twoEdits;
      ask();
      expect(await shown()).toEqual([WHOLE, ...TWO_CARDS]);
    });

    it.each([1, 2])("edits, %s in a row", async (times) => {
      const gate = await askInTwoParts();
      fail({ route: EDIT, times });
      gate.open();
      expect(await shown()).toEqual([TWO_PARTS]);
    });

    it("the post of what does not fit into the first message", async () => {
      const gate = createGate();
      world.provider.script = () => ["Begun.\n\n", gate.wait(), LONG];
      ask();
      await until(async () => texts()[0]?.includes("Begun"), "the first words");
      fail({ route: POST });
      gate.open();
      const all = await shown();
      expect(all.length).toBeGreaterThan(2);
      expect(all.join("\n\n")).toBe(`Begun.\n\n${LONG}`);
    });

    it("a deletion", async () => {
      const gate = createGate();
      const asked = world.provider.requests.length;
      world.provider.script = (_request, index) =>
        index === asked ? [LONG, gate.wait(), new Error("the model broke")] : [WHOLE];
      ask();
      await until(async () => texts().length > 2, "the long answer");
      fail({ route: DELETE });
      gate.open();
      expect(await shown()).toEqual([WHOLE]);
      expect(world.discord.requestsOf(DELETE).length).toBeGreaterThan(1);
    });

    it("the edit of a card that was decided", async () => {
      const message = await card();
      fail({ route: EDIT, fits: isCard });
      await world.bob.presses(message, "Decline");
      const modal = await until(async () => world.bob.modal, "the form");
      await world.bob.submits(modal, {});
      await until(async () => texts()[1]?.includes("Declined"), "the decision");
      expect(await shown()).toHaveLength(3);
    });

    it("the beginning of a thread", async () => {
      fail({ route: BEGIN });
      thread = await world.link();
      expect(await shown()).toEqual([]);
      expect(repliesIn(world.discord, thread)).toHaveLength(1);
      world.provider.script = () => [WHOLE];
      ask();
      expect(await shown()).toEqual([WHOLE]);
    });

    it.each([
      ["its first message", POST],
      ["its beginning", BEGIN],
    ])("a thread that a command begins: %s", async (_, route) => {
      const { ada, channel, discord, guild } = world;
      const threads = (): Channel[] =>
        [...guild.state.channels.values()].filter((one) => one.parentId === channel.id);
      const before = threads().length;
      const told = toldSince();
      fail({ route, channelId: channel.id });
      await ada.runs(channel, "/rfc link", { rfc: "rfc new" });
      await until(async () => told().length > 0, "a word about it");
      await shown();
      expect(threads()).toHaveLength(before + 1);
      expect(told()).toHaveLength(1);
      const opened = discord
        .visible(channel)
        .filter(({ isBot, id }) => isBot && id === threads().at(-1)!.id);
      expect(opened).toHaveLength(1);
    });

    it.each([
      ["the first answer to it", RESPOND],
      ["what it is answered", FOLLOW_UP],
    ])("a command: %s", async (_, route) => {
      const told = toldSince();
      fail({ route });
      const { answer } = await world.ada.runs(thread, "/rfc status");
      expect(answer).toBe(ANSWER.thinking);
      await until(async () => world.discord.thinking().length === 0, "the answer");
      await shown();
      expect(told()).toEqual([expect.stringContaining("The RFC")]);
    });

    it("the first answer to a button", async () => {
      const item = cut === "before" ? "first item" : "second item";
      const message = await card(item, `${item} of two`);
      fail({ route: RESPOND });
      const { answer } = await world.bob.presses(message, "Accept");
      expect(answer).toBe(ANSWER.silent);
      await until(async () => texts()[1]?.includes("Accepted by bob"), "the decision");
      await shown();
    });

    const isAnswer = (type: number) => (body: unknown) => (body as { type: number }).type === type;

    it("the form of a button", async () => {
      const { bob } = world;
      const message = await card();
      const told = toldSince(bob);
      fail({ route: RESPOND, fits: isAnswer(ANSWER.modal) });
      await bob.presses(message, "Decline");
      await until(async () => told().length > 0, "a word about it");
      expect(told()).toEqual([expect.stringContaining("press it again")]);
      if (bob.modal) bob.closes(bob.modal);
      fail({ route: RESPOND, fits: isAnswer(ANSWER.silent) });
      await bob.presses(message, "Decline");
      await bob.submits(await until(async () => bob.modal, "the form"), {});
      await until(async () => texts()[1]?.includes("Declined"), "the decision");
      expect(await shown()).toHaveLength(3);
    });

    it("a direct message", async () => {
      const told = toldSince();
      fail({ route: POST, channelId: world.ada.direct.id });
      ask("maintainers list");
      await shown();
      expect(told().length).toBeLessThanOrEqual(1);
      const before = told().length;
      ask("maintainers list");
      await shown();
      expect(told()).toHaveLength(before + 1);
    });

    it("the registration of the commands", async () => {
      await using other = await DiscordApp.start({
        prepare: ({ discord }) => discord.fail({ route: REGISTER, cut }),
      });
      const { commands } = other.discord.world;
      await until(async () => other.discord.requestsOf(REGISTER).length > 0, "the registration");
      await until(async () => commands.length === 3, "the commands");
      expect((await other.ada.runs(other.channel, "/rfc help")).answer).toBe(ANSWER.thinking);
      await until(async () => other.discord.thinking().length === 0, "the answer");
    });
  },
);

describe("a request that Discord does not take for a while", () => {
  it.each<Fault>([
    { route: POST, retryAfter: 0.3, times: 2 },
    { route: EDIT, retryAfter: 0.3, times: 2 },
    { route: POST, retryAfter: 0.3, isGlobal: true },
    { route: POST, status: 503, times: 2 },
    { route: EDIT, status: 500, times: 2 },
    { route: EDIT, status: 502, times: 3 },
    { route: TYPE, retryAfter: 0.3, times: 5 },
    { route: TYPE, status: 500, times: 5 },
    { route: POST, code: 130_000, status: 503 },
  ])("%o", async (fault) => {
    const gate = createGate();
    world.discord.fail(fault);
    world.provider.script = (request) => [
      "The whole ",
      gate.wait(),
      "answer.\n",
      ...twoEdits(request).slice(1),
    ];
    ask();
    await gate.reached;
    gate.open();
    expect(await shown()).toEqual([WHOLE, ...TWO_CARDS]);
  });
});

it("shows nothing more of an answer whose message somebody deleted", async () => {
  const gate = await askInTwoParts();
  const { id } = repliesIn(world.discord, thread).at(-1)!;
  world.guild.deleteMessage(world.discord.message(thread, id));
  gate.open();
  expect(await shown()).toEqual([]);
  expect(await storedAnswers()).toEqual([TWO_PARTS]);
  world.provider.script = () => ["Still here."];
  ask("and now?");
  expect(await shown()).toEqual(["Still here."]);
});

describe("a thread that is archived in the middle of a reply", () => {
  it("is opened again, and the reply finished", async () => {
    const gate = createGate();
    world.provider.script = (request) => [
      "The whole ",
      gate.wait(),
      "answer.\n",
      ...twoEdits(request).slice(1),
    ];
    ask();
    await until(async () => texts()[0]?.includes("whole"), "the first words");
    world.guild.archive(thread);
    gate.open();
    expect(await shown()).toEqual([WHOLE, ...TWO_CARDS]);
    expect(thread.thread!.archived).toBe(false);
    expect(world.log.filter(({ level }) => level === "error")).toEqual([]);
  });

  it.each(["before", "after"] as const)(
    "is opened again where that is lost %s its effect",
    async (cut) => {
      const gate = await askInTwoParts();
      world.guild.archive(thread);
      world.discord.fail({ route: "PATCH /channels/{channel_id}", cut });
      gate.open();
      await until(async () => texts()[0] === TWO_PARTS, "the answer");
      expect(await shown()).toEqual([TWO_PARTS]);
    },
  );

  it.each([
    ["archived and locked", () => world.guild.archive(thread, { locked: true })],
    ["locked", () => world.guild.lock(thread)],
  ])("by somebody who has it %s is named, and left alone until it is opened", async (_, close) => {
    const { guild, discord } = world;
    guild.deny("MANAGE_THREADS");
    const gate = createGate();
    world.provider.script = (request) => [
      "The first half ",
      gate.wait(),
      "and the second.\n",
      ...twoEdits(request).slice(1),
    ];
    ask();
    await until(async () => texts()[0]?.includes("first half"), "the first half");
    close();
    const calls = discord.requestsOf().length;
    gate.open();
    await until(async () => /is locked; ask a moderator/.test(warnings()), "a word in the log");
    await until(async () => (await storedAnswers()).includes(TWO_PARTS), "the answer itself");
    await world.settled();
    const made = discord.requestsOf().slice(calls);
    expect(made.filter(({ route }) => route !== TYPE).length).toBeLessThanOrEqual(8);
    expect(
      made.filter(({ status }) => status === 403 || status === 400).length,
    ).toBeLessThanOrEqual(4);
    expect(world.log.filter(({ level }) => level === "error")).toEqual([]);

    guild.unlock(thread);
    world.provider.script = () => ["Still here."];
    ask("and now?");
    await until(async () => texts().includes("Still here."), "the next answer");
    expect(await shown()).toEqual([TWO_PARTS, ...TWO_CARDS, "Still here."]);
  });
});

it("stops at a word, with what was written so far", async () => {
  await askInTwoParts();
  ask("stop");
  await until(async () => texts().length > 1, "a note");
  const [answer, note, ...more] = await shown();
  expect(answer).toContain("The first half");
  expect(note).toMatch(/stopped/i);
  expect(more).toEqual([]);
});

it("keeps the answers of several threads apart", async () => {
  const threads = [thread, await world.link(), await world.link(), await world.link()];
  const gates = threads.map(() => createGate());
  world.provider.script = ({ messages }) => {
    const at = Number(/number (\d)/.exec(messages.at(-1)!.content)![1]);
    return [`Answer ${at}, first half `, gates[at]!.wait(), `and second half of ${at}.`];
  };
  for (const [at, one] of threads.entries()) {
    world.ada.says(one, `${world.discord.mention} number ${at}`);
  }
  const first = (one: Channel): string | undefined => textsIn(world.discord, one)[0];
  await until(async () => threads.every((one) => first(one)?.includes("first")));
  // One that breaks does not hold up the others.
  world.discord.fail({ route: EDIT, status: 500, times: 2 });
  for (const gate of gates.toReversed()) gate.open();
  await shown();
  for (const [at, one] of threads.entries()) {
    expect(textsIn(world.discord, one)).toEqual([
      `Answer ${at}, first half and second half of ${at}.`,
    ]);
    expectNothingTyping(world.discord, one);
  }
});
