/**
 * Redline is asked to end at every phase of its work, as a rolling restart does, and started again: it ends by
 * itself and in time, nothing is lost, and nothing shows twice.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CommitStep } from "../../adapters/git/steps.ts";
import { changeBlock, createGate } from "../fakes/reply-script.ts";
import { restAskers } from "../support/chat-places.ts";
import type { HoldPoint } from "../support/database-hold.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import { until } from "../support/test-app.ts";
import type { CallPoint } from "./call-point.ts";
import { DiscordRig } from "./discord-rig.ts";
import { expectWhole, Rig } from "./rig.ts";
import { SlackRig } from "./slack-rig.ts";
import { CARDS, goOnIn, MOMENTS, twoCards, WHOLE, whole } from "./takeover.ts";

const EDIT = { original: "after one minute", proposed: "after two minutes", reason: "Too short." };

const ENDED = { code: 0, signal: null };

const turnsOf = ({ sql }: Rig): Promise<{ state: string; text: string }[]> => sql`
  select u.state, m.text from turns u
    left join thread_messages m on m.turn_id = u.id and m.role = 'assistant' order by u.created_at`;

describe.concurrent("SIGTERM in a turn", () => {
  const HELD: [phase: string, point: HoldPoint][] = [
    [
      "while it is claimed",
      {
        table: "threads",
        on: "update",
        when: "new.lease_epoch > old.lease_epoch",
      },
    ],
    ["while it begins", { table: "turns", on: "update", when: "new.state = 'running'" }],
    ["while a change is written", { table: "changes", on: "insert" }],
    ["while it ends", { table: "turns", on: "update", when: "new.state = 'done'" }],
  ];

  it.each(HELD)("%s", async (_phase, point) => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    rig.model.reply(({ tag }) => ["First:\n", changeBlock(tag, EDIT), "Agreed?"]);
    await using hold = await DatabaseHold.place(rig.databaseUrl, point);
    await rig.post(threadId);
    await hold.reached();
    rig.redline.signal("SIGTERM");
    await hold.release();
    expect(await rig.redline.ended, rig.redline.output()).toEqual(ENDED);

    await rig.start();
    await rig.settled();
    expect(await turnsOf(rig)).toEqual([{ state: "done", text: "First:\n\nAgreed?" }]);
    expect(await rig.sql`select 1 from changes where state = 'pending'`).toHaveLength(1);
    await expectWhole(rig, threadId);
  });

  it("between a block and the end", async () => {
    await using rig = await Rig.start();
    const threadId = await rig.client.newThread();
    const silence = createGate();
    rig.model.reply(({ tag }) => ["First:\n", changeBlock(tag, EDIT), silence.wait, "Late."]);
    await rig.post(threadId);
    await until(
      async () => (await rig.sql`select 1 from changes`).length === 1,
      "the change of the first attempt",
    );
    rig.redline.signal("SIGTERM");
    expect(await rig.redline.ended).toEqual(ENDED);
    rig.model.reply(({ tag }) => ["Second:\n", changeBlock(tag, EDIT)]);
    await rig.start();
    await rig.settled();
    expect(await turnsOf(rig)).toEqual([{ state: "done", text: "Second:\n\n" }]);
    expect(await rig.sql`select state from changes order by number`).toEqual([
      { state: "withdrawn" },
      { state: "pending" },
    ]);
    await expectWhole(rig, threadId);
  });
});

describe.concurrent("SIGTERM in a commit", () => {
  it.each<CommitStep>(["checked", "announced", "branch-moved", "file-replaced"])(
    "after the step “%s”",
    async (step) => {
      await using rig = await Rig.start();
      const threadId = await rig.client.newThread();
      const { id } = await rig.client.propose(threadId, EDIT.original, EDIT.proposed);
      rig.redline.order({ stopAt: step });
      await rig.client.accept(id);
      expect(await rig.redline.ended, rig.redline.output()).toEqual(ENDED);
      await rig.start();
      await rig.settled();
      expect(await rig.client.change(id)).toMatchObject({ state: "accepted", failure: null });
      expect(await rig.repository.log()).toHaveLength(2);
      await expectWhole(rig, threadId);
    },
  );
});

/** Lets a call that is held take its effect, with the wish to end heard first. */
async function endAt(point: CallPoint): Promise<void> {
  const redline = await point.freeze();
  redline.signal("SIGTERM");
  redline.signal("SIGCONT");
  expect(await redline.ended, redline.output()).toEqual(ENDED);
}

describe("SIGTERM with Slack", () => {
  let world: SlackRig;
  beforeAll(async () => {
    world = await SlackRig.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(async () => {
    if (!world.rig.redline.isRunning) await world.rig.start();
    await restAskers(world.rig.sql);
  });

  it.each<[phase: string, on: HoldPoint["on"], when: string]>([
    ["stored", "insert", "true"],
    ["taken", "update", "new.lease_until is not null"],
    ["done with", "update", "new.state = 'done'"],
  ])("while a message is %s", async (_phase, on, when) => {
    const thread = await world.link();
    world.rig.model.reply(whole);
    await using hold = await DatabaseHold.place(world.rig.databaseUrl, {
      table: "inbox",
      on,
      when,
    });
    world.ask(thread);
    await hold.reached();
    world.rig.redline.signal("SIGTERM");
    await hold.release();
    expect(await world.rig.redline.ended, world.rig.redline.output()).toEqual(ENDED);
    expect(await goOnIn(world, thread)).toEqual([WHOLE]);
  });

  const METHODS = ["chat.startStream", "chat.stopStream", "chat.postMessage"];
  it.each(METHODS)("in and after %s", async (method) => {
    for (const moment of MOMENTS) {
      if (!world.rig.redline.isRunning) await world.rig.start();
      const thread = await world.link();
      world.rig.model.reply(twoCards);
      const point = world.stopAt(method, moment);
      world.ask(thread);
      await endAt(point);
      expect(await goOnIn(world, thread)).toEqual([WHOLE, ...CARDS]);
    }
  });
});

describe("SIGTERM while something is delivered to Discord", () => {
  let world: DiscordRig;
  beforeAll(async () => {
    world = await DiscordRig.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it.each(MOMENTS)("%s an answer is posted", async (moment) => {
    if (!world.rig.redline.isRunning) await world.rig.start();
    await restAskers(world.rig.sql);
    const thread = await world.link();
    world.rig.model.reply(twoCards);
    const point = world.stopAt("POST /channels/{channel_id}/messages", moment);
    world.ask(thread);
    await endAt(point);
    expect(await goOnIn(world, thread)).toEqual([WHOLE, ...CARDS]);
  });
});
