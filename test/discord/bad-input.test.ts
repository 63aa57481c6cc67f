import { describe, expect, it } from "vitest";

import { interact } from "../fakes/discord/interactions.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import {
  ask,
  buttonsOf,
  cardsIn,
  decidedByBob,
  errorsOf,
  idsOf,
  logged,
  opened,
  press,
  propose,
  says,
  toldNext,
  willPropose,
} from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;
const POST = "POST /channels/{channel_id}/messages";
const EDIT = "PATCH /channels/{channel_id}/messages/{message_id}";
const FAILED = /something failed|unexpected|went wrong/i;

/** The next question is answered as if nothing had been. */
async function answers(
  world: DiscordApp,
  thread: Parameters<DiscordApp["replies"]>[0],
): Promise<void> {
  world.provider.script = () => ["I am here."];
  const before = world.replies(thread).filter((text) => text === "I am here.").length;
  ask(world, world.bob, thread, "are you there?");
  await until(
    async () => world.replies(thread).filter((text) => text === "I am here.").length > before,
    "an answer",
  );
}

describe("a permission", () => {
  it("to see the channel (50001) that is taken away is named, and the thread goes on with it", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, channel, guild, repository } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    channel.overwrites.push({
      id: world.discord.app.botId,
      kind: "member",
      allow: 0n,
      deny: 1n << 10n,
    });
    const someone = await world.app.engine.people.localMaintainer();
    const [row] = await world.app.sql<{ id: string }[]>`select id from changes`;
    await world.app.engine.changes.accept(row!.id, someone);
    await until(async () => logged(world, "Redline cannot see this channel; give its role"));
    await until(async () => (await repository.show("rfc.md")).includes("one hour"));
    const tries = world.discord.requestsOf(EDIT).filter(({ status }) => status === 403).length;
    expect(tries).toBeLessThanOrEqual(5);
    // Whoever links from there is told what is wanting.
    const own = guild.addThread(channel, "unseen", bob);
    const told = await toldNext(world, ada, () => ada.runs(own, "/rfc link", { rfc: "rfc" }));
    expect(told).toBe(
      "I cannot read what is said here; give my role the permissions “View Channel” and “Read Message History” first.",
    );
    channel.overwrites.length = 0;
    await answers(world, thread);
    await says(world, thread, card!.id, "Accepted by");
  });

  it("to write in threads (50013) that is missing is named, few calls are tried, and it goes on later", async () => {
    await using world = await DiscordApp.start();
    const { bob, guild, channel, discord } = world;
    const thread = await world.link();
    await world.settled();
    const before = discord.requestsOf(POST).length;
    guild.overwriteBot(channel, { deny: ["SEND_MESSAGES_IN_THREADS"] });
    ask(world, bob, thread, "what is it?");
    await until(async () =>
      logged(world, "Redline lacks the permission “Send Messages in Threads” here"),
    );
    await world.settled();
    expect(discord.requestsOf(POST).length - before).toBeLessThanOrEqual(5);
    channel.overwrites.length = 0;
    await answers(world, thread);
  });

  it("to attach files (50013) that is missing is named", async () => {
    const original = Array.from({ length: 200 }, (_, n) => `Rule ${n} as it was.`).join("\n");
    await using world = await DiscordApp.start({ document: `# The RFC\n\n${original}\n` });
    const { guild, channel } = world;
    const thread = await decidedByBob(world);
    guild.overwriteBot(channel, { deny: ["ATTACH_FILES"] });
    willPropose(world, [[original, original.replaceAll("was", "is")]]);
    ask(world, world.ada, thread, "please change it");
    await until(async () => logged(world, "Attach Files"));
    channel.overwrites.length = 0;
    await answers(world, thread);
    await until(async () => cardsIn(world, thread).length === 1, "the card");
  });

  it("to begin threads (50013) that is missing is told to whoever links", async () => {
    await using world = await DiscordApp.start();
    const { ada, guild, channel } = world;
    guild.overwriteBot(channel, { deny: ["CREATE_PUBLIC_THREADS"] });
    const told = await toldNext(world, ada, () => ada.runs(channel, "/rfc link", { rfc: "rfc" }));
    expect(told).toBe(
      "Redline lacks the permission “Create Public Threads” here; give it to Redline's role.",
    );
    expect(await world.app.sql`select 1 from thread_links`).toEqual([]);
    expect(world.discord.thinking()).toEqual([]);
  });
});

describe("a thread", () => {
  it("that is archived is opened again for the answer", async () => {
    await using world = await DiscordApp.start();
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    world.guild.archive(thread);
    const someone = await world.app.engine.people.localMaintainer();
    const [row] = await world.app.sql<{ id: string }[]>`select id from changes`;
    await world.app.engine.changes.accept(row!.id, someone);
    await says(world, thread, card!.id, "Accepted by");
    expect(thread.thread!.archived).toBe(false);
  });

  it("that is locked is named, and goes on when it is unlocked", async () => {
    await using world = await DiscordApp.start();
    const { guild, app } = world;
    guild.deny("MANAGE_THREADS");
    const thread = await world.link();
    guild.archive(thread, { locked: true });
    const [link] = await app.sql<{ threadId: string }[]>`select thread_id from thread_links`;
    const someone = await app.engine.people.localMaintainer();
    await app.engine.threads.post(link!.threadId, { text: "Hello?" }, someone);
    await until(async () => logged(world, "This thread is locked; ask a moderator to unlock it"));
    guild.unlock(thread);
    await answers(world, thread);
  });

  it("that was deleted does no harm, nor does its channel", async () => {
    await using world = await DiscordApp.start();
    const { guild, app } = world;
    const thread = await decidedByBob(world);
    await propose(world, thread, HOUR);
    const [link] = await app.sql<{ threadId: string }[]>`select thread_id from thread_links`;
    guild.deleteChannel(thread);
    await until(async () => {
      const rows = await app.sql`select 1 from thread_links where ended_at is null`;
      return rows.length === 0;
    }, "the end of the link");
    const someone = await app.engine.people.localMaintainer();
    await app.engine.threads.post(link!.threadId, { text: "Hello?" }, someone);
    await world.settled();
    // What was going on is still in the console; another place works as before.
    const other = await world.link();
    await answers(world, other);
    guild.deleteChannel(world.channel);
    await until(async () => {
      const rows = await app.sql`select 1 from thread_links where ended_at is null`;
      return rows.length === 0;
    }, "the end of the other");
    expect(errorsOf(world)).toEqual([]);
  });
});

describe("a message", () => {
  it("of Redline's that was deleted is not written again, and its change can be decided", async () => {
    await using world = await DiscordApp.start();
    const { bob, guild, discord, repository } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    guild.deleteMessage(discord.message(thread, card!.id));
    expect(await toldNext(world, bob, () => bob.runs(thread, "/rfc accept", { change: 1 }))).toBe(
      "You accepted change #1; it is being committed.",
    );
    await until(async () => (await repository.show("rfc.md")).includes("one hour"));
    await world.settled();
    expect(cardsIn(world, thread)).toEqual([]);
    await answers(world, thread);
    expect(errorsOf(world)).toEqual([]);
  });

  it("that was deleted while its question waits is nobody's reason to stop", async () => {
    await using world = await DiscordApp.start();
    const { bob, channel, guild, discord } = world;
    // The thread is begun from the message that asks for it.
    const asked = ask(world, bob, channel, "link rfc new");
    guild.deleteMessage(asked);
    await world.stored(`create:${asked.id}`);
    await world.settled();
    expect(errorsOf(world)).toEqual([]);
    const thread = await world.link();
    guild.deleteMessage(discord.message(channel, thread.id));
    await answers(world, thread);
  });

  it("that takes no more edits (30046) is replaced", async () => {
    await using world = await DiscordApp.start({ discord: { sizes: { oldEdits: 0 } } });
    const { bob, discord } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    // Old to Discord, though not by its id.
    discord.message(thread, card!.id).at -= 2 * 3_600_000;
    await press(world, bob, thread, card!, "Accept");
    const fresh = await until(async () =>
      cardsIn(world, thread).find(({ text }) => text.includes("Accepted by bob")),
    );
    expect(fresh.id).not.toBe(card!.id);
    expect(fresh.text).toContain("continues [an older message]");
    expect(buttonsOf(fresh)).toEqual([]);
    await world.settled();
    expect(cardsIn(world, thread)).toHaveLength(2);
    expect(errorsOf(world)).toEqual([]);
  });
});

describe("an interaction", () => {
  it("that has expired is done all the same, and told where that is possible", async () => {
    await using world = await DiscordApp.start();
    const { bob, discord, repository } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const calls = "POST /interactions/{interaction_id}/{interaction_token}/callback";
    const hooks = "POST /webhooks/{webhook_id}/{webhook_token}";
    const gone = { status: 404, times: 100 };
    discord.fail({ route: calls, code: 10_062, ...gone });
    discord.fail({ route: hooks, code: 10_015, ...gone });
    // Nobody waits for three seconds: the person reads that it failed, and it is done.
    const { world: state } = discord;
    const [customId] = idsOf(card!, "Accept");
    const source = discord.message(thread, card!.id);
    const data = { custom_id: customId, component_type: 2, id: 1 };
    void interact(state, { kind: "component", channel: thread, userId: bob.id, data, source });
    await until(async () => (await repository.show("rfc.md")).includes("one hour"));
    await says(world, thread, card!.id, "Accepted by bob");
    // What there is to tell comes as a direct message instead.
    const told = await toldNext(world, bob, () => {
      void interact(state, { kind: "component", channel: thread, userId: bob.id, data, source });
    });
    expect(told).not.toMatch(FAILED);
    await world.settled();
    expect(errorsOf(world)).toEqual([]);
  });

  it("whose form was opened by two presses at once is done once", async () => {
    await using world = await DiscordApp.start();
    const { bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    const first = await opened(world, bob, thread, card!, "Decline");
    await press(world, bob, thread, card!, "Decline");
    const second = await until(async () => (bob.modal === first ? null : bob.modal));
    await bob.submits(first, { reason: "Once." });
    await says(world, thread, card!.id, "Declined by bob: Once.");
    const told = await toldNext(world, bob, () => bob.submits(second, { reason: "Twice." }));
    expect(told).toMatch(/declined/);
    expect(cardsIn(world, thread)[0]!.text).toContain("Once.");
  });

  it("of a name that Redline does not know is answered", async () => {
    await using world = await DiscordApp.start();
    const { bob, discord } = world;
    const thread = await world.link();
    const data = {
      id: "1",
      name: "rfc",
      type: 1,
      options: [{ type: 1, name: "explode", options: [] }],
    };
    const told = await toldNext(world, bob, () =>
      interact(discord.world, { kind: "command", channel: thread, userId: bob.id, data }),
    );
    expect(told).toBe("There is no command “explode”; `/rfc help` lists what there is.");
    expect(discord.thinking()).toEqual([]);
  });
});
