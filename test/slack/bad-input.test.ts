import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";

import { BOT_SCOPES } from "../fakes/slack/install.ts";
import { block } from "../fakes/scripted-provider.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";
import {
  ask,
  buttonsOf,
  cardsIn,
  decidedByBob,
  propose,
  says,
  seenAt,
  toldNext,
  willPropose,
} from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;

/** Posts an event as Slack would, or nearly. */
async function post(
  world: SlackApp,
  payload: object,
  { secret = world.slack.app.signingSecret, age = 0 }: { secret?: string; age?: number } = {},
): Promise<number> {
  const body = JSON.stringify(payload);
  const stamp = String(Math.floor(Date.now() / 1_000) - age);
  const signature = createHmac("sha256", secret).update(`v0:${stamp}:${body}`).digest("hex");
  const answer = await fetch(`${world.app.url}/slack/events`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-slack-request-timestamp": stamp,
      "x-slack-signature": `v0=${signature}`,
    },
    body,
  });
  await answer.body?.cancel();
  return answer.status;
}

const message = (teamId: string, channel: string, text: string, ts: string) => ({
  type: "event_callback",
  team_id: teamId,
  api_app_id: "A1",
  event_id: `Ev${ts}`,
  event: { type: "app_mention", channel, user: "U1", text, ts, channel_type: "channel" },
});

const logged = (world: SlackApp, words: string | RegExp) =>
  world.log.find(({ message: said }) =>
    typeof words === "string" ? said.includes(words) : words.test(said),
  );

describe("a request", () => {
  it("with a wrong or stale signature is refused, and nothing is kept", async () => {
    await using world = await SlackApp.start({ mode: "http" });
    const event = message(world.team.id, world.channel.id, "hi", "1700000000.000100");
    expect(await post(world, event, { secret: "another" })).toBe(401);
    expect(await post(world, event, { age: 301 })).toBe(401);
    expect(await world.app.sql`select 1 from inbox`).toEqual([]);
    expect(await post(world, event)).toBe(200);
    expect(await world.app.sql`select 1 from inbox`).toHaveLength(1);
    await world.settled();
  });

  it("of an unknown workspace is acknowledged, noted and left", async () => {
    await using world = await SlackApp.start({ mode: "oauth" });
    const event = message("T0UNKNOWN", "C0UNKNOWN", "<@U1> link rfc new", "1700000000.000200");
    expect(await post(world, event)).toBe(200);
    await until(async () => logged(world, "an event of a workspace that is not installed"));
    await world.settled();
    expect(world.slack.callsOf()).toEqual([]);
  });

  it("that comes again does nothing more", async () => {
    await using world = await SlackApp.start({ mode: "http" });
    const thread = await decidedByBob(world);
    await propose(world, thread, HOUR);
    const before = world.replies(thread);
    for (const delivery of [...world.slack.deliveries.all]) {
      if (delivery.kind === "events_api") await world.slack.deliveries.again(delivery, 1);
    }
    await world.settled();
    expect(world.replies(thread)).toEqual(before);
    expect(world.provider.requests).toHaveLength(1);
  });
});

describe("a place", () => {
  it.each(["public", "private"] as const)(
    "that Redline was removed from (%s) is named in the log, and goes on when it is back",
    async (kind) => {
      await using world = await SlackApp.start();
      const { team, channel, bob, slack, provider } = world;
      channel.kind = kind;
      const thread = await decidedByBob(world);
      const [card, other] = await propose(world, thread, HOUR, ["- second item", "- third item"]);
      team.leave(channel, team.botUserId);
      await until(async () => logged(world, "Redline was removed from a channel"));
      await bob.clicks(channel, card!.ts, "redline:accept");
      await until(async () =>
        logged(world, "Redline is not in this channel; invite it with /invite"),
      );
      await until(async () => (await world.repository.show("rfc.md")).includes("one hour"));
      expect(logged(world, "a look at a place failed")).toBeUndefined();
      team.join(channel, team.botUserId);
      provider.script = () => ["I am back."];
      ask(world, bob, thread, "are you back?");
      await until(async () => world.replies(thread).includes("I am back."));
      await says(world, thread, card!.ts, "Accepted by bob");
      // What was not decided meanwhile still is to be decided here.
      expect(buttonsOf(seenAt(world, thread, other!.ts))).toContain("Accept");
      await bob.clicks(channel, other!.ts, "redline:accept");
      await says(world, thread, other!.ts, "Accepted by bob");
      slack.forgive();
    },
  );

  it("that was deleted does no harm", async () => {
    await using world = await SlackApp.start();
    const thread = await decidedByBob(world);
    await propose(world, thread, HOUR);
    const { bob, channel, team, provider } = world;
    for (const { ts } of world.visible(thread).toReversed()) team.deleteMessage(channel, ts);
    await world.slack.settled();
    const [row] = await world.app.sql<{ id: string }[]>`select id from changes`;
    const someone = await world.app.engine.people.localMaintainer();
    await world.app.engine.changes.accept(row!.id, someone);
    await until(async () => (await world.repository.show("rfc.md")).includes("one hour"));
    await world.settled();
    expect(world.log.filter(({ level }) => level === "error")).toEqual([]);
    // Another place works as before.
    const other = await world.link();
    provider.script = () => ["I am here."];
    ask(world, bob, other, "hello?");
    await until(async () => world.replies(other).includes("I am here."));
  });

  it("that is archived is named, and told to nobody else", async () => {
    await using world = await SlackApp.start();
    const thread = await decidedByBob(world);
    const [threadId] = await world.app.sql<
      { threadId: string }[]
    >`select thread_id from thread_links`;
    world.team.archive(world.channel);
    const someone = await world.app.engine.people.localMaintainer();
    await world.app.engine.threads.post(threadId!.threadId, { text: "Hello?" }, someone);
    await until(async () => logged(world, "This channel is archived; unarchive it"));
    expect(world.replies(thread).at(-1)).toContain("a maintainer");
  });
});

describe("Slack's refusal", () => {
  it("of the token is named, and what was to be shown is shown later", async () => {
    await using world = await SlackApp.start();
    const thread = await decidedByBob(world);
    world.slack.fail({ method: "chat.postMessage", error: "invalid_auth", times: 1 });
    willPropose(world, [HOUR]);
    ask(world, world.ada, thread, "please change it");
    await until(async () =>
      logged(world, "Slack no longer accepts Redline's sign-in; install the app again."),
    );
    ask(world, world.ada, thread, "and?");
    await until(async () => cardsIn(world, thread).length === 2, "both cards");
  });

  it("for want of a scope names the scope", async () => {
    const without = BOT_SCOPES.filter((scope) => !scope.startsWith("users:read"));
    await using world = await SlackApp.start({ slack: { scopes: without } });
    const { ts } = world.ada.says(world.channel, "a thread");
    const told = await toldNext(world, world.ada, () => ask(world, world.ada, ts, "link rfc new"));
    expect(told).toBe(
      "Redline's Slack app lacks the scope users:read; add it in the app's settings and install the app again.",
    );
  });

  it.each(["invalid_blocks", "msg_blocks_too_long"])(
    "of blocks (%s) leads to plain text, and is logged",
    async (error) => {
      await using world = await SlackApp.start();
      const thread = await decidedByBob(world);
      let refusal = (): void => {};
      const refused = new Promise<void>((resolve) => (refusal = resolve));
      world.provider.script = (request) => [
        "I propose this.\n\n",
        refused,
        block(request, ...HOUR),
      ];
      ask(world, world.ada, thread, "please change it");
      await until(async () =>
        world.replies(thread).some((text) => text.includes("I propose this.")),
      );
      world.slack.fail({ method: "chat.postMessage", error, times: 1 });
      refusal();
      const card = await until(async () => cardsIn(world, thread)[0], "the card");
      expect(card.blocks).toEqual([]);
      expect(card.text).toContain("Change #1 in § The RFC: Pending.\n- one minute\n+ one hour\n");
      expect(card.text).toContain("/rfcs/rfc/threads/");
      const note = logged(world, "Slack refused blocks; they are shown as plain text");
      expect(JSON.stringify(note!.fields)).toContain("one hour");
      // It is no dead end: commands decide, and the card follows.
      await toldNext(world, world.bob, () => ask(world, world.bob, thread, "accept 1"));
      const after = await says(world, thread, card.ts, "Accepted by bob");
      expect(buttonsOf(after)).toEqual([]);
    },
  );
});
