/**
 * Redline is killed with SIGKILL while it shows what people write in one place in the other, and another process
 * goes on with the same database: in the end each message stands once in each place, in its order.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Channel } from "../fakes/discord/model.ts";
import type { Moment } from "../faults/call-point.ts";
import { CallPoint } from "../faults/call-point.ts";
import { Rig } from "../faults/rig.ts";
import { MOMENTS } from "../faults/takeover.ts";
import { placesBusy, restAskers } from "../support/chat-places.ts";
import { until } from "../support/test-app.ts";
import { PACE, TwoPlatforms } from "./mirror-world.ts";

const DISCORD_POST = "POST /channels/{channel_id}/messages";
const DISCORD_EDIT = "PATCH /channels/{channel_id}/messages/{message_id}";
const DISCORD_DELETE = "DELETE /channels/{channel_id}/messages/{message_id}";

let chats: TwoPlatforms;
let rig: Rig;
let ts: string;
let thread: Channel;

beforeAll(async () => {
  chats = await TwoPlatforms.start();
  rig = await Rig.start({
    ...chats.environment,
    TEST_SLACK_PACE: String(PACE),
    TEST_DISCORD_PACE: String(PACE),
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await chats.dispose();
});
beforeEach(async () => {
  if (!rig.redline.isRunning) await rig.start();
  await restAskers(rig.sql);
  ts = await chats.linkSlack();
  thread = await chats.joinDiscord(await chats.shareSlack(ts));
  await chats.shows(ts, "joined a place in Discord");
  await settled();
});

const bobSays = (text: string) => chats.bob.says(chats.slackChannel, text, { threadTs: ts });
const dirkSays = (text: string) => chats.dirk.says(thread, text);
/** What Redline shows of what was written in the other place. */
const mirrored = (where: string | Channel) =>
  chats.textsIn(where).filter((text) => text.startsWith("**"));

/** Waits until nothing is under way. */
async function settled(): Promise<void> {
  await chats.slack.settled();
  await chats.discord.gateway.caughtUp();
  await rig.settled();
  await until(async () => !(await placesBusy(rig.sql)), "quiet places");
}

async function goOn(): Promise<void> {
  await rig.start();
  await settled();
}

/** Waits until so many messages of people are stored in the thread. */
async function stored(count: number): Promise<void> {
  const place = `${chats.slackChannel.id}/${ts}`;
  await until(async () => {
    const rows = await rig.sql`
      select 1 from thread_messages m join thread_links l on l.thread_id = m.thread_id
      where l.place = ${place} and m.role = 'user'`;
    return rows.length === count;
  }, `${count} messages`);
}

const stopAtSlack = (method: string, moment: Moment): CallPoint =>
  new CallPoint(rig, moment, {
    made: () => chats.slack.callsOf(method),
    hold: (held) =>
      chats.slack.fail({ method, until: held, ...(moment === "before" && { cut: "before" }) }),
  });

const stopAtDiscord = (route: string, moment: Moment): CallPoint =>
  new CallPoint(rig, moment, {
    made: () => chats.discord.requestsOf(route),
    hold: (held) =>
      chats.discord.fail({ route, until: held, ...(moment === "before" && { cut: "before" }) }),
  });

describe.each(MOMENTS)("kill -9 %s the effect of", (moment) => {
  it("a post on Discord", async () => {
    const point = stopAtDiscord(DISCORD_POST, moment);
    bobSays("One.");
    bobSays("Two.");
    await point.kill();
    await goOn();
    await stored(2);
    expect(mirrored(thread)).toEqual(["**bob** (Slack): One.", "**bob** (Slack): Two."]);
    expect(mirrored(ts)).toEqual([]);
  });

  it("a post in Slack", async () => {
    const point = stopAtSlack("chat.postMessage", moment);
    dirkSays("One.");
    dirkSays("Two.");
    await point.kill();
    await goOn();
    await stored(2);
    expect(mirrored(ts)).toEqual(["**dirk** (Discord): One.", "**dirk** (Discord): Two."]);
    expect(mirrored(thread)).toEqual([]);
  });

  it("an edit", async () => {
    const { ts: said } = bobSays("One.");
    await chats.shows(thread, "One.");
    await settled();
    const point = stopAtDiscord(DISCORD_EDIT, moment);
    chats.bob.edits(chats.slackChannel, said, "Three.");
    await point.kill();
    await goOn();
    expect(mirrored(thread)).toEqual(["**bob** (Slack): Three."]);
  });

  it("a deletion", async () => {
    const { ts: said } = bobSays("One.");
    await chats.shows(thread, "One.");
    await settled();
    const point = stopAtDiscord(DISCORD_DELETE, moment);
    chats.bob.deletes(chats.slackChannel, said);
    await point.kill();
    await goOn();
    expect(mirrored(thread)).toEqual([]);
  });
});

it("kill -9 again and again while both talk, and every event comes three times", async () => {
  const MOST = 6;
  chats.discord.gateway.repeat(3);
  const from = chats.slack.deliveries.all.length;
  for (let n = 1; n <= MOST; n += 1) {
    bobSays(`Slack ${n}.`);
    dirkSays(`Discord ${n}.`);
    const seen = mirrored(ts).length + mirrored(thread).length;
    if (n % 2 === 1) continue;
    // As soon as something new stands in one of the two.
    await until(async () => mirrored(ts).length + mirrored(thread).length > seen, "a message");
    await rig.redline.kill();
    await rig.start();
  }
  for (const delivery of chats.slack.deliveries.all.slice(from)) {
    await chats.slack.deliveries.again(delivery);
  }
  await stored(2 * MOST);
  await settled();
  chats.discord.gateway.repeat(1);
  // What was not acknowledged comes later: then that is its place in the conversation.
  const place = `${chats.slackChannel.id}/${ts}`;
  const said = await rig.sql<{ text: string; platform: string }[]>`
    select m.text, o.platform
    from thread_links l join thread_messages m on m.thread_id = l.thread_id and m.role = 'user'
      join thread_links o on o.id = m.said_in
    where l.place = ${place} order by m.seq`;
  const writtenIn = (platform: string, head: string) =>
    said.filter((one) => one.platform === platform).map(({ text }) => `${head}: ${text}`);
  expect(mirrored(thread)).toEqual(writtenIn("slack", "**bob** (Slack)"));
  expect(mirrored(ts)).toEqual(writtenIn("discord", "**dirk** (Discord)"));
  const all = Array.from({ length: MOST }, (_, at) => `**bob** (Slack): Slack ${at + 1}.`);
  expect(mirrored(thread).toSorted()).toEqual(all);
});
