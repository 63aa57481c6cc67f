/**
 * Redline is killed with SIGKILL, or frozen, while it writes to somebody in private, and another process goes
 * on with the same database: in the end there is each message once.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Sql } from "../../src/store/database.ts";
import { insertNotifications } from "../../src/store/notifications.ts";
import type { CallPoint, Moment } from "../faults/call-point.ts";
import { DiscordRig } from "../faults/discord-rig.ts";
import type { Rig } from "../faults/rig.ts";
import { SlackRig } from "../faults/slack-rig.ts";
import { until } from "../support/test-app.ts";

const MOMENTS: Moment[] = ["before", "after"];

let counter = 0;
/** Tells bob that the pull request of this number was closed. */
async function tellBob(sql: Sql, accountId: string): Promise<string> {
  const [bob] = await sql<{ userId: string }[]>`
    select user_id from identities where platform_user_id = ${accountId}`;
  const prNumber = (counter += 1);
  await sql`update notification_settings set direct_after = null`;
  await insertNotifications(sql, [
    {
      userId: bob!.userId,
      kind: "rfc_closed",
      category: "personal-direct",
      subject: `${prNumber}:closed`,
      rfcSlug: "rfc",
      threadId: null,
      prNumber,
    },
  ]);
  return `Pull request #${prNumber} of`;
}

async function sent(sql: Sql): Promise<void> {
  await until(async () => {
    const rows = await sql`
      select 1 from private_messages where state in ('pending', 'sending')
      union all select 1 from notifications where told_at is null`;
    return rows.length === 0;
  }, "the sending");
}

interface Stage {
  rig: Rig;
  accountId: string;
  stopAtPost(moment: Moment): CallPoint;
  inbox(): string[];
}

function describeTakeovers(open: () => Promise<Stage & AsyncDisposable>): void {
  let stage: Stage & AsyncDisposable;
  beforeAll(async () => {
    stage = await open();
  });
  afterAll(() => stage[Symbol.asyncDispose]());
  beforeEach(async () => {
    if (!stage.rig.redline.isRunning) await stage.rig.start();
    await sent(stage.rig.sql);
  });

  const times = (words: string): number =>
    stage.inbox().filter((text) => text.includes(words)).length;

  it.each(MOMENTS)("killed %s it is there", async (moment) => {
    const { rig, accountId } = stage;
    const point = stage.stopAtPost(moment);
    const words = await tellBob(rig.sql, accountId);
    await point.kill();
    expect(times(words)).toBe(moment === "after" ? 1 : 0);
    await rig.start();
    await sent(rig.sql);
    expect(times(words)).toBe(1);
  });

  it("frozen after it is there, while another takes over", async () => {
    const { rig, accountId } = stage;
    const point = stage.stopAtPost("after");
    const words = await tellBob(rig.sql, accountId);
    const frozen = await point.freeze();
    const other = await rig.startAnother();
    await sent(rig.sql);
    frozen.signal("SIGCONT");
    const next = await tellBob(rig.sql, accountId);
    await sent(rig.sql);
    await other.kill();
    expect([times(words), times(next)]).toEqual([1, 1]);
  });
}

describe("a private message in Slack", () => {
  describeTakeovers(async () => {
    const world = await SlackRig.start();
    const { slack, team, bob, rig } = world;
    await slack.settled();
    await rig.settled();
    return {
      rig,
      accountId: bob.id,
      stopAtPost: (moment) => world.stopAt("chat.postMessage", moment),
      inbox: () => slack.visible(team.directMessages(bob)).map(({ text }) => text),
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  });
});

describe("a private message on Discord", () => {
  describeTakeovers(async () => {
    const world = await DiscordRig.start();
    const { discord, bob, rig } = world;
    await world.stored();
    await rig.settled();
    return {
      rig,
      accountId: bob.id,
      stopAtPost: (moment) => world.stopAt("POST /channels/{channel_id}/messages", moment),
      inbox: () => discord.visible(bob.direct).map(({ text }) => text),
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  });
});
