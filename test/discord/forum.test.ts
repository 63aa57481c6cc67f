import { describe, expect, it } from "vitest";

import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { Channel } from "../fakes/discord/model.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import { ask, errorsOf, logged, makeMaintainer, press, propose, says, toldNext } from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;
const STATES = ["open", "accepted", "closed"];

/** A linked post that has a tag of its own. */
async function linkedPost(world: DiscordApp, forum: Channel): Promise<Channel> {
  const { ada, bob, guild } = world;
  const { thread } = guild.addPost(forum, "Longer retries", "A minute hurts.", bob, ["idea"]);
  await ada.runs(thread, "/rfc link", { rfc: "rfc" });
  await until(async () => world.replies(thread)[0]?.includes("is linked to"), "the greeting");
  await world.settled();
  return thread;
}

async function tagged(guild: FakeGuild, thread: Channel, ...tags: string[]): Promise<void> {
  await until(
    async () => JSON.stringify(guild.tagsOf(thread)) === JSON.stringify(tags),
    `the tags ${tags.join(", ")}`,
  );
}

describe("a forum post", () => {
  it("is linked as it is, and is tagged by its state", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, guild } = world;
    const forum = guild.addForum("proposals", ["Idea", "idea", ...STATES]);
    const threads = guild.state.channels.size;
    const thread = await linkedPost(world, forum);
    expect(guild.state.channels.size).toBe(threads + 1);
    await tagged(guild, thread, "idea", "open");

    await makeMaintainer(world, thread);
    const [first] = await propose(world, thread, HOUR);
    expect(guild.tagsOf(thread)).toEqual(["idea", "open"]);
    await press(world, bob, thread, first!, "Accept");
    await says(world, thread, first!.id, "Accepted by bob");
    await tagged(guild, thread, "idea", "accepted");
    // What is proposed again opens it again.
    await propose(world, thread, ["- second item", "- third item"]);
    await tagged(guild, thread, "idea", "open");

    await toldNext(world, ada, () => ada.runs(thread, "/rfc unlink"));
    await tagged(guild, thread, "idea", "closed");
    await world.settled();
    expect(errorsOf(world)).toEqual([]);
  });

  it("gets tags that are made where Redline may make them", async () => {
    await using world = await DiscordApp.start();
    const { guild } = world;
    guild.botRole.permissions |= 1n << 4n;
    const forum = guild.addForum("proposals", ["idea"]);
    const thread = await linkedPost(world, forum);
    await tagged(guild, thread, "idea", "open");
    expect(forum.tags.map(({ name }) => name)).toEqual(["idea", ...STATES]);
  });

  it("is discussed without tags where Redline may not set them, and the log names why once", async () => {
    await using world = await DiscordApp.start();
    const { bob, guild } = world;
    guild.deny("MANAGE_THREADS");
    const forum = guild.addForum("proposals", ["idea", ...STATES]);
    const thread = await linkedPost(world, forum);
    ask(world, bob, thread, "is a minute enough?");
    await until(async () => world.replies(thread).includes("Hello."));
    await until(async () => logged(world, "posts of a forum are not marked with their state"));
    await world.settled();
    expect(guild.tagsOf(thread)).toEqual(["idea"]);
    const notes = world.log.filter(({ message }) => message.includes("not marked"));
    expect(notes).toHaveLength(1);
    expect(JSON.stringify(notes[0]!.fields)).toContain("Manage Threads");
    expect(errorsOf(world)).toEqual([]);
  });

  it("takes part by a mention in its first message", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, guild, discord } = world;
    const forum = guild.addForum("proposals", STATES);
    const { thread } = guild.addPost(forum, "Retries", `${discord.mention} link rfc new`, ada);
    await until(async () => world.replies(thread)[0]?.includes("is linked to"), "the greeting");
    await tagged(guild, thread, "open");
    ask(world, bob, thread, "is a minute enough?");
    await until(async () => world.replies(thread).includes("Hello."));
  });
});
