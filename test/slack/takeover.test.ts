/**
 * Redline is killed with SIGKILL at points of a reply in Slack, and another process goes on with the same
 * database: in the end there is one answer, whole, each card once, and nothing that looks unfinished.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ModelCall } from "../fakes/model-server.ts";
import type { Reply } from "../fakes/reply-script.ts";
import { changeBlock, createGate } from "../fakes/reply-script.ts";
import { SlackRig } from "../faults/slack-rig.ts";
import {
  CARDS,
  goOnIn,
  IDLE,
  isCardOf,
  itOutlivesDecisions,
  itOutlivesHandling,
  MOMENTS,
  twoCards,
  WHOLE,
  whole,
} from "../faults/takeover.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import { restAskers } from "../support/chat-places.ts";
import { until } from "../support/test-app.ts";

let world: SlackRig;
let thread: string;

beforeAll(async () => {
  world = await SlackRig.start();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  if (!world.rig.redline.isRunning) await world.rig.start();
  await restAskers(world.rig.sql);
  thread = await world.link();
});

const current = () => ({ world, thread });

/** Another process takes over; what it shows in the end. */
const goOn = (reply?: (call: ModelCall) => Reply): Promise<string[]> =>
  goOnIn(world, thread, reply);

describe("kill -9 in a streamed answer", () => {
  it.each(MOMENTS)("%s its stream begins", async (moment) => {
    const silence = createGate();
    world.rig.model.reply(["First attempt, ", silence.wait]);
    const point = world.stopAt("chat.startStream", moment);
    world.ask(thread);
    await point.kill();
    expect(await goOn(whole)).toEqual([WHOLE]);
  });

  it("after text was appended", async () => {
    const silence = createGate();
    world.rig.model.reply(["First attempt, half of it ", silence.wait]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("half"), "the half");
    await world.rig.redline.kill();
    expect(await goOn(whole)).toEqual([WHOLE]);
  });

  it("while a change is drafted", async () => {
    const [beginning, silence] = [createGate(), createGate()];
    world.rig.model.reply(({ tag }) => [
      "First attempt.\n\nIt has two lines.\n",
      beginning.wait,
      `${tag}\n<original>${IDLE.original}</original>\n<prop`,
      silence.wait,
    ]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("First"), "the first line");
    beginning.open();
    await until(async () => world.replies(thread)[1]?.tasks.length, "the task line");
    await world.rig.redline.kill();
    const [answer, ...cards] = await goOn(twoCards);
    expect(answer).toBe(WHOLE);
    expect(cards).toEqual(CARDS);
  });

  it.each(MOMENTS)("%s its stream is closed", async (moment) => {
    world.rig.model.reply(twoCards);
    const point = world.stopAt("chat.stopStream", moment);
    world.ask(thread);
    await point.kill();
    const [answer, ...cards] = await goOn();
    expect(answer).toBe(WHOLE);
    expect(cards).toEqual(CARDS);
  });

  it("while the status line is taken away", async () => {
    const silence = createGate();
    world.rig.model.reply(["The whole ", silence.wait, "answer."]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("The whole"), "the first words");
    const point = world.stopAt("agents.sessions.setStatus", "before");
    silence.open();
    await point.kill();
    expect(await goOn()).toEqual([WHOLE]);
  });

  it.each(["chat.stopStream", "chat.startStream"])("during rollover, after %s", async (method) => {
    const silence = createGate();
    const lines = Array.from({ length: 400 }, (_, at) => `Line ${at} of the long answer.\n\n`);
    const long = (): Reply => ["Begun.\n\n", lines.join("")];
    world.rig.model.reply(["Begun.\n\n", silence.wait, lines.join("")]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("Begun"), "the first stream");
    const point = world.stopAt(method, "after");
    silence.open();
    await point.kill();
    const texts = await goOn(long);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.join("\n\n").split("\n\n")).toEqual([
      "Begun.",
      ...lines.map((line) => line.trim()),
    ]);
  });
});

describe("kill -9 at a card", () => {
  it.each(MOMENTS)("%s it is posted", async (moment) => {
    world.rig.model.reply(twoCards);
    const point = world.stopAt("chat.postMessage", moment);
    world.ask(thread);
    await point.kill();
    expect(await goOn()).toEqual([WHOLE, ...CARDS]);
  });
});

describe("kill -9 with an event", () => {
  itOutlivesHandling(current);

  it("in the middle of handling a press", async () => {
    world.rig.model.reply(twoCards);
    world.ask(thread);
    const card = await world.card(thread, "swift brown");
    await world.settled(thread);
    await using hold = await DatabaseHold.place(world.rig.databaseUrl, {
      table: "inbox",
      on: "update",
      when: "new.state = 'done'",
    });
    const told = world.slack.ephemerals(world.channel, world.bob.id).length;
    const pressed = world.bob.clicks(world.channel, card.ts, "redline:decline");
    await hold.reached();
    await world.rig.redline.kill();
    await hold.rollBack();
    await pressed;
    const texts = await goOn();
    expect(texts).toEqual([WHOLE, ...CARDS]);
    expect(world.slack.ephemerals(world.channel, world.bob.id).length - told).toBeLessThan(2);
  });
});

describe("two processes", () => {
  it("one of which freezes while it streams, show the answer once", async () => {
    const { rig, slack } = world;
    const silence = createGate();
    rig.model.reply(["Stale words ", silence.wait, "and more of them."]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("Stale"), "the stale words");
    const frozen = rig.redline;
    frozen.signal("SIGSTOP");
    const calls = slack.callsOf().length;
    rig.model.reply(whole);
    await using other = await rig.startAnother();
    await world.settled(thread);
    expect(world.texts(thread)).toEqual([WHOLE]);

    silence.open();
    frozen.signal("SIGCONT");
    await until(async () => (await fetch(`${frozen.url}/readyz`)).ok, "the thawed process");
    expect(slack.callsOf().length).toBeGreaterThan(calls);
    world.rig.model.reply(["Still here."]);
    world.ask(thread, "are you there?");
    await until(async () => world.texts(thread).length === 2, "the next answer");
    await world.settled(thread);
    expect(world.texts(thread)).toEqual([WHOLE, "Still here."]);
    expect(other.isRunning).toBe(true);
    await frozen.kill();
  });

  it("one of which freezes in the middle of a call, show its card once", async () => {
    const { rig, slack } = world;
    rig.model.reply(twoCards);
    const point = world.stopAt("chat.postMessage", "after");
    world.ask(thread);
    const frozen = await point.freeze();
    await using other = await rig.startAnother();
    await world.settled(thread);
    const texts = world.texts(thread);
    expect(texts).toEqual([WHOLE, ...CARDS]);
    frozen.signal("SIGCONT");
    await until(async () => (await fetch(`${frozen.url}/readyz`)).ok, "the thawed process");
    await world.settled(thread);
    expect(world.texts(thread)).toEqual(texts);
    expect(slack.violations()).toEqual([]);
    expect(other.isRunning).toBe(true);
    await frozen.kill();
  });

  it("one of which freezes while a call waits for its turn, make it once", async () => {
    const { rig } = world;
    const silence = createGate();
    rig.model.reply(({ tag }) => [`${WHOLE}\n`, silence.wait, changeBlock(tag, IDLE)]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes(WHOLE), "the answer");
    await rig.sql`update call_slots set next_at = clock_timestamp() + interval '8 s'
      where key like '%/chat.postMessage/%'`;
    silence.open();
    await until(async () => {
      const rows =
        await rig.sql`select 1 from deliveries where kind = 'card' and state = 'posting'`;
      return rows.length > 0;
    }, "the call that waits");
    const frozen = rig.redline;
    frozen.signal("SIGSTOP");
    await using other = await rig.startAnother();
    await world.settled(thread);
    expect(world.texts(thread)).toEqual([WHOLE, isCardOf("idle dog")]);

    frozen.signal("SIGCONT");
    await until(async () => (await fetch(`${frozen.url}/readyz`)).ok, "the thawed process");
    rig.model.reply(["Still here."]);
    world.ask(thread, "are you there?");
    await until(async () => world.texts(thread).includes("Still here."), "the next answer");
    await world.settled(thread);
    expect(world.texts(thread)).toEqual([WHOLE, isCardOf("idle dog"), "Still here."]);
    expect(other.isRunning).toBe(true);
    await frozen.kill();
  });

  it("one of which is told to stop hands its answer over", async () => {
    const { rig } = world;
    const silence = createGate();
    rig.model.reply(["First attempt, half of it ", silence.wait]);
    world.ask(thread);
    await until(async () => world.texts(thread)[0]?.includes("half"), "the half");
    const leaving = rig.redline;
    leaving.signal("SIGTERM");
    expect(await leaving.ended).toMatchObject({ code: 0 });
    expect(await goOn(whole)).toEqual([WHOLE]);
  });
});

describe("kill -9 at a card that was decided", () => {
  itOutlivesDecisions(
    current,
    (moment) => world.stopAt("chat.update", moment),
    ({ ts }) => world.bob.clicks(world.channel, ts, "redline:accept"),
  );
});
