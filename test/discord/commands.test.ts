import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel } from "../fakes/discord/model.ts";
import type { OptionValues } from "../fakes/discord/command-data.ts";
import { describeTalk } from "../contract/chat-talk.ts";
import { answered, HOUR, willCount } from "../support/chat-scene.ts";
import { restAskers } from "../support/chat-places.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import { ANSWER, ask, decidedByBob, discordKit, press, propose, says, toldNext } from "./scene.ts";

describeTalk({
  ...discordKit,
  adminsOnly: "Only admins of this server",
  quiet: "I am quiet here: your message is kept, and I do not answer it. An admin of the server",
  async say(world, user, thread, text) {
    await world.stored(`create:${user.says(thread, text).id}`);
  },
  question(world, user, thread, words) {
    const message = ask(world, user, thread, words);
    return {
      stored: () => world.stored(`create:${message.id}`),
      async edit(to) {
        user.edits(message, `${world.discord.mention} ${to}`);
        await world.stored(`update:${message.id}`);
      },
      async delete() {
        user.deletes(message);
        await world.stored(`delete:${message.id}`);
      },
    };
  },
  sets: (_world, user, thread, what, value) =>
    user.runs(thread, `/rfc ${what}`, { [what === "model" ? "id" : "mode"]: value }),
  removesBob: ({ bob, channel }, user) =>
    user.runs(channel, "/rfc maintainers remove", { user: bob.id }),
  unanswered: ({ discord }) => discord.thinking(),
});

describe("what only one person asks", () => {
  let world: DiscordApp;
  let thread: Channel;
  beforeAll(async () => {
    world = await DiscordApp.start();
    thread = await decidedByBob(world);
    await propose(world, thread, HOUR);
  });
  beforeEach(() => restAskers(world.app.sql));
  afterAll(() => world[Symbol.asyncDispose]());

  const HELP = /^Mention me with a question[^]*- `link <slug or PR URL>`[^]*\[@user or @role\]/;
  const STATUS =
    /^This place is about “The RFC” \(`rfc`\)\.[^]*Changes: 1 open[^]*bob may accept and decline/;
  const CHANGES = /^1 change to be decided; `\/rfc accept N`[^]*\*\*#1\*\* § The RFC: Receivers/;

  it.each([
    ["help", HELP],
    ["status", STATUS],
    ["changes", CHANGES],
    ["model", /`scripted-1` Scripted \(answers here\)/],
    ["mode", /^The mode here is `mention`/],
    ["maintainers", /^bob may accept and decline\./],
    ["maintainers list", /^bob may accept and decline\./],
    ["stop", /^There is no answer to stop\./],
    ["watch", /^You watch `rfc` now/],
    ["unwatch", /^You do not watch `rfc` any more\./],
    ["link other", /is linked to “The RFC” \(`rfc`\) already; .* `\/rfc unlink` it first\./],
    ["acept 1", /^There is no command “acept”; did you mean `\/rfc accept N`\?/],
    ["accept", /^Write `\/rfc accept N`/],
    ["accept 99", /^There is no change #99 here; `\/rfc changes` lists/],
    ["decline", /^Write `\/rfc decline N reason`/],
    ["mode loud", /^Write `\/rfc mode \[mention\|follow\|quiet\]`/],
    ["model nope", /^There is no such model\.[^]*scripted-1/],
    ["maintainers add", /^Write `\/rfc maintainers add\|remove\|list \[@user or @role\] \[rfc\]`/],
    ["", /^Say what you want to know about the document/],
  ])("a mention with “%s” is answered to the one who asked alone", async (words, expected) => {
    const before = world.replies(thread).length;
    const told = await toldNext(world, world.ada, () => ask(world, world.ada, thread, words));
    expect(told).toMatch(expected);
    // It comes as a direct message, which says what it is about.
    expect(told).toContain(
      `-# [Where you asked](<https://discord.com/channels/${world.guild.id}/${thread.id}>)`,
    );
    await world.settled();
    expect(world.replies(thread)).toHaveLength(before);
  });

  it.each<[string, OptionValues, RegExp]>([
    ["help", {}, HELP],
    ["status", {}, STATUS],
    ["changes", {}, CHANGES],
    ["model", {}, /`scripted-1` Scripted \(answers here\)/],
    ["model", { id: "nope" }, /^There is no such model\.[^]*scripted-1/],
    ["mode", {}, /^The mode here is `mention`/],
    ["maintainers list", {}, /^bob may accept and decline\.$/],
    ["maintainers add", {}, /^Write `\/rfc maintainers add/],
    ["stop", {}, /^There is no answer to stop\.$/],
    ["watch", {}, /^You watch `rfc` now/],
    ["unwatch", {}, /^You do not watch `rfc` any more\. Of threads/],
    ["link", { rfc: "other" }, /^This place is linked to “The RFC” \(`rfc`\) already/],
    ["accept", { change: 99 }, /^There is no change #99 here/],
    ["accept", { change: 1 }, /^Only maintainers decide here; an admin of this server names/],
    ["decline", { change: 1, reason: "no" }, /^Only maintainers decide here/],
  ])("/rfc %s %j in the thread is answered to the caller alone", async (name, given, expected) => {
    const before = world.visible(thread).length;
    const run = () => world.ada.runs(thread, `/rfc ${name}`, given);
    expect(await toldNext(world, world.ada, run)).toMatch(expected);
    await world.settled();
    expect(world.visible(thread)).toHaveLength(before);
    expect(world.discord.thinking()).toEqual([]);
  });

  it.each<[string, OptionValues, RegExp]>([
    ["help", {}, /^`\/rfc link` begins a thread about an RFC; mention me there/],
    ["status", {}, /^This works in a thread that is linked to an RFC: give the command there/],
    ["changes", {}, /^This works in a thread that is linked/],
    ["accept", { change: 1 }, /^This works in a thread that is linked/],
    ["stop", {}, /^This works in a thread that is linked/],
    ["unlink", {}, /^This works in a thread that is linked/],
    ["maintainers list", {}, /^bob may accept and decline\.$/],
    ["link", { rfc: "nope" }, /^There is no RFC “nope” here; these may be linked: `rfc`\.$/],
    ["link", { rfc: "https://example.org/pull/1" }, /^I know no pull request at that address/],
  ])("/rfc %s %j in a channel is answered there", async (name, given, expected) => {
    const before = world.visible(world.channel).length;
    const run = () => world.ada.runs(world.channel, `/rfc ${name}`, given);
    expect(await toldNext(world, world.ada, run)).toMatch(expected);
    expect(world.visible(world.channel)).toHaveLength(before);
  });

  it("/rfc link begins a thread, for admins", async () => {
    const { ada, bob, channel } = world;
    const run = (who: FakeUser) => () => who.runs(channel, "/rfc link", { rfc: "rfc new" });
    expect(await toldNext(world, bob, run(bob))).toMatch(
      /^Only admins of this server link a place to an RFC/,
    );
    const before = world.visible(channel).length;
    const told = await toldNext(world, ada, run(ada));
    const [, id] = /^“The RFC” is discussed in a new thread: https:\S+\/(\d+)$/.exec(told) ?? [];
    const begun = world.visible(channel).at(-1)!;
    expect(world.visible(channel)).toHaveLength(before + 1);
    expect(begun.text).toBe("“The RFC” (`rfc`) is discussed in this thread.");
    const fresh = world.discord.channel(id!);
    expect(fresh.name).toBe("The RFC");
    await until(async () => world.replies(fresh)[0]?.includes("is linked to"));
  });

  it("link as a mention in a channel begins a thread there, called as the RFC is", async () => {
    const { ada, channel } = world;
    const fresh = await world.threadOf(ask(world, ada, channel, "link rfc new"));
    await until(async () => world.replies(fresh)[0]?.includes("is linked to"), "the greeting");
    expect(fresh.name).toBe("The RFC");
  });

  it("link begins no thread in a thread, but links it", async () => {
    const { ada, bob, guild, channel } = world;
    const own = guild.addThread(channel, "an idea", bob);
    const run = (who: FakeUser) => () => who.runs(own, "/rfc link", { rfc: "rfc new" });
    expect(await toldNext(world, bob, run(bob))).toContain("Only admins of this server");
    const threads = guild.state.channels.size;
    await run(ada)();
    await until(async () => world.replies(own)[0]?.includes("is linked to"), "the greeting");
    await world.settled();
    expect(guild.state.channels.size).toBe(threads);
    expect(world.discord.thinking()).toEqual([]);
    const mentioned = guild.addThread(channel, "another", bob);
    ask(world, ada, mentioned, "link rfc new");
    await until(async () => world.replies(mentioned)[0]?.includes("is linked to"));
    expect(guild.state.channels.size).toBe(threads + 1);
  });

  it("/rfc maintainers names and removes people and roles", async () => {
    const { ada, bob, guild, channel } = world;
    const cid = guild.addMember("cid");
    const editors = guild.addRole("Editors *in chief*");
    const run = (who: FakeUser, act: string, given: OptionValues) =>
      toldNext(world, who, () => who.runs(channel, `/rfc maintainers ${act}`, given));
    expect(await run(bob, "add", { user: cid.id })).toContain("Only admins of this server name");
    expect(await run(ada, "add", { user: ada.id })).toContain("Nobody adds themselves");
    expect(await run(ada, "add", { user: cid.id })).toContain("ada made cid a maintainer");
    expect(await run(ada, "add", { user: cid.id })).toBe("cid is a maintainer already.");
    expect(await run(ada, "add", { user: cid.id, role: editors.id })).toMatch(
      /^Name one at a time: `\/rfc maintainers add @user or @role`/,
    );
    expect(await run(ada, "add", { role: editors.id })).toContain(
      "ada made everybody with the role Editors",
    );
    expect(await run(ada, "list", {})).toMatch(/cid.*Editors|Editors.*cid/);
    expect(await run(ada, "remove", { role: editors.id })).toContain("ada took the role Editors");
    expect(await run(ada, "remove", { user: cid.id })).toContain("ada took cid off");
    expect(world.discord.pings).toEqual([]);
  });

  it("a mention in a place that is not linked gets one hint and starts no turn", async () => {
    const { ada, bob, guild, channel, discord } = world;
    const before = world.provider.requests.length;
    const own = guild.addThread(channel, "ours", bob);
    const told = await toldNext(world, bob, () => ask(world, bob, own, "what is this?"));
    expect(told).toMatch(/^This place is not linked to an RFC yet\./);
    expect(told).toContain("`/rfc link <slug or PR URL>`");
    const direct = world.visible(bob.direct).length;
    const again = bob.says(own, `${discord.mention} hello?`);
    await world.stored(`create:${again.id}`);
    await world.settled();
    expect(world.visible(bob.direct)).toHaveLength(direct);
    expect(world.replies(own)).toEqual([]);
    // The same in a text channel: no thread is begun for a question.
    const asked = bob.says(channel, `${discord.mention} what is this?`);
    await world.stored(`create:${asked.id}`);
    await world.settled();
    expect(discord.world.threadOf(asked)).toBeNull();
    expect(world.provider.requests).toHaveLength(before);
    expect(world.replies(own)).toEqual([]);
    expect(await toldNext(world, ada, () => ask(world, ada, own, "help"))).toContain(
      "Link this place to an RFC first",
    );
  });
});

describe("while somebody writes a command", () => {
  let world: DiscordApp;
  let thread: Channel;
  beforeAll(async () => {
    world = await DiscordApp.start();
    thread = await decidedByBob(world);
    await propose(world, thread, HOUR, ["- second item", "- third item", "Three are better."]);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it("offers slugs, change numbers, models", async () => {
    const { bob, channel } = world;
    expect(await bob.completes(channel, "/rfc link", "rfc", "rf")).toEqual([
      { name: "rfc · The RFC", value: "rfc" },
    ]);
    expect(await bob.completes(channel, "/rfc link", "rfc", "zzz")).toEqual([]);
    expect(await bob.completes(thread, "/rfc accept", "change", "")).toEqual([
      { name: "#1 § The RFC: Receivers need time.", value: 1 },
      { name: "#2 § Design: Three are better.", value: 2 },
    ]);
    expect(await bob.completes(thread, "/rfc decline", "change", "2", { reason: "no" })).toEqual([
      { name: "#2 § Design: Three are better.", value: 2 },
    ]);
    expect(await bob.completes(thread, "/rfc decline", "change", "design")).toHaveLength(1);
    expect(await bob.completes(channel, "/rfc accept", "change", "")).toEqual([]);
    const models = await bob.completes(thread, "/rfc model", "id", "too");
    expect(models?.map(({ value }) => value)).toEqual(["scripted-2"]);
  });

  it("offers nothing of threads that the place may not know", async () => {
    const { ada, bob, guild } = world;
    const channel = guild.addPrivateChannel("secret", [ada]);
    const secret = await world.threadOf(ask(world, ada, channel, "link rfc new"));
    await until(async () => world.replies(secret).length > 0, "the greeting");
    const [card] = await propose(world, secret, ["the lazy dog", "the dog", "A secret."]);
    expect(card!.text).toContain("Change #3");
    const numbers = async (at: Channel) =>
      (await ada.completes(at, "/rfc accept", "change", ""))?.map(({ value }) => value);
    expect(await numbers(secret)).toEqual([1, 2, 3]);
    expect(await numbers(thread)).toEqual([1, 2]);
    expect(await bob.completes(thread, "/rfc accept", "change", "3")).toEqual([]);
    expect(await bob.completes(thread, "/rfc accept", "change", "secret")).toEqual([]);
  });

  it("offers nothing rather than too late", async () => {
    const { bob, channel, database } = world;
    await using held = await tablesHeld(database.url, "rfcs");
    const began = performance.now();
    expect(await bob.completes(channel, "/rfc link", "rfc", "rf")).toEqual([]);
    expect(performance.now() - began).toBeLessThan(3_000);
    await held.release();
    expect(await bob.completes(channel, "/rfc link", "rfc", "rf")).toHaveLength(1);
  });
});

describe("a command that decides", () => {
  it("accepts and declines, as a mention and as /rfc", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, guild, channel } = world;
    const thread = await decidedByBob(world);
    const [first, second, third] = await propose(
      world,
      thread,
      HOUR,
      ["- second item", "- third item"],
      ["lazy dog", "dog"],
    );
    expect(await toldNext(world, ada, () => ask(world, ada, thread, "accept 1"))).toContain(
      "Only maintainers decide here; an admin of this server names them with `/rfc maintainers add @user or @role`",
    );
    expect(await toldNext(world, bob, () => ask(world, bob, thread, "accept #1"))).toContain(
      "You accepted change #1; it is being committed.",
    );
    await says(world, thread, first!.id, "Accepted by bob");
    const reason = "two *are* enough <@123456789012345678> @everyone";
    expect(
      await toldNext(world, bob, () => bob.runs(thread, "/rfc decline", { change: 2, reason })),
    ).toBe("You declined change #2.");
    await says(world, thread, second!.id, /Declined by bob: two .*are.* enough/);
    // By a role that one has.
    const role = guild.addRole("Editors");
    const named = await toldNext(world, ada, () =>
      ada.runs(channel, "/rfc maintainers add", { role: role.id }),
    );
    expect(named).toContain("everybody with the role Editors");
    const cid = guild.addMember("cid");
    const dan = guild.addMember("dan");
    guild.giveRole(dan, role);
    const accept = (who: FakeUser) =>
      toldNext(world, who, () => who.runs(thread, "/rfc accept", { change: 3 }));
    expect(await accept(cid)).toContain("Only maintainers decide here");
    expect(await accept(dan)).toContain("You accepted change #3");
    await says(world, thread, third!.id, "Accepted by dan");
    expect(world.discord.pings).toEqual([]);
  });

  it("stops the answer that is being written", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob } = world;
    const thread = await world.link();
    world.provider.script = () => ["This is the beginning.\n\n", new Promise(() => {}), "Never."];
    ask(world, bob, thread, "tell me");
    await until(async () => world.replies(thread).some((text) => text.includes("the beginning")));
    expect(await toldNext(world, ada, () => ada.runs(thread, "/rfc stop"))).toBe(
      "The answer is stopped.",
    );
    await world.settled();
    expect(world.discord.typing(thread)).toEqual([]);
    expect(world.replies(thread).join("\n")).not.toContain("Never");
  });
});

describe("who says what when", () => {
  it("quotes what stands behind >, and what is replied to", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob } = world;
    const thread = await world.link();
    willCount(world);
    ask(world, bob, thread, "\n> The quick brown fox\n> jumps & runs\nWhy so quick?");
    await answered(world, thread, 1);
    const said = ada.says(thread, `A minute \\*hurts\\*, says ${bob.mention}.`);
    bob.says(thread, `${world.discord.mention} does it?`, { repliesTo: said });
    await answered(world, thread, 2);
    const rows = await world.app.sql<{ quote: string; text: string }[]>`
      select quote, text from thread_messages where quote is not null order by seq`;
    expect([...rows]).toEqual([
      { quote: "The quick brown fox\njumps & runs", text: "Why so quick?" },
      { quote: "A minute *hurts*, says @bob.", text: "does it?" },
    ]);
    const content = world.provider.requests.at(-1)!.messages.at(-1)!.content;
    expect(content).toContain("A minute *hurts*, says @bob.");
  });

  it("is nobody's where a bot or a webhook says it", async () => {
    await using world = await DiscordApp.start();
    const { bob, guild, discord } = world;
    const thread = await world.link();
    willCount(world);
    const robot = guild.addBot("robot");
    ask(world, robot, thread, "accept 1");
    const hook = { webhookId: "1574256299766448000", content: `${discord.mention} hello` };
    discord.world.post(thread, robot.id, hook);
    ask(world, bob, thread, "is a minute enough?");
    await answered(world, thread, 1);
    const rows = await world.app.sql<{ text: string }[]>`
      select text from thread_messages where role = 'user'`;
    expect(rows.map(({ text }) => text)).toEqual(["is a minute enough?"]);
  });
});

describe("an interaction", () => {
  it("is answered within three seconds while the database hangs, and done afterwards", async () => {
    await using world = await DiscordApp.start();
    const { bob, discord } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    await using hold = await DatabaseHold.place(world.database.url, {
      table: "inbox",
      on: "insert",
    });
    const command = await bob.runs(thread, "/rfc status");
    expect(command.answer).toBe(ANSWER.thinking);
    const form = await press(world, bob, thread, card!, "Decline");
    expect(form.answer).toBe(ANSWER.thinking);
    const button = await press(world, bob, thread, card!, "Accept");
    expect(button.answer).toBe(ANSWER.silent);
    for (const { at, answeredAt } of discord.interactions) {
      expect(answeredAt! - at).toBeLessThan(3_000);
    }
    await hold.release();
    await says(world, thread, card!.id, "Accepted by bob");
    await until(async () => discord.thinking().length === 0);
    const told = world.told(bob);
    expect(told.some((text) => text.startsWith("This place is about"))).toBe(true);
    expect(told).toContain("That took too long; press it again.");
    expect(bob.modal).toBeNull();
  });
});

/** Nobody reads or writes a table meanwhile. */
async function tablesHeld(
  url: string,
  table: string,
): Promise<{ release(): Promise<void>; [Symbol.asyncDispose](): Promise<void> }> {
  const { connect } = await import("../../src/store/database.ts");
  const sql = connect(url, { max: 1, name: "test table lock" });
  await sql.unsafe(`begin; lock table ${table} in access exclusive mode`);
  let isHeld = true;
  const release = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await sql.unsafe("rollback");
    await sql.end();
  };
  return { release, [Symbol.asyncDispose]: release };
}
