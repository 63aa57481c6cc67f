/** What a place makes up for once Discord answers again. */
import { expect, it } from "vitest";

import { PERMISSIONS } from "../fakes/discord/permissions.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import { logged } from "./scene.ts";

const LIST = "GET /channels/{channel_id}/messages";

/** The texts of the thread's messages as the model would see them. */
async function history(world: DiscordApp): Promise<string[]> {
  const rows = await world.app.sql<{ text: string }[]>`
    select text from thread_messages where role = 'user' and deleted_at is null order by seq`;
  return rows.map(({ text }) => text);
}

/** A new session begins, and what was missed is looked for. */
function anew({ discord }: DiscordApp): void {
  discord.gateway.forget();
  discord.gateway.up();
}

it("forgets nothing where it may not read what was said, and says what it lacks", async () => {
  await using world = await DiscordApp.start();
  const { ada, bob, discord, guild } = world;
  const thread = await world.link();
  bob.says(thread, "first");
  bob.says(thread, "second");
  await until(async () => (await history(world)).length === 2, "both messages");
  discord.gateway.down();
  guild.deny("READ_MESSAGE_HISTORY");
  anew(world);
  await until(async () => logged(world, "“Read Message History”"), "the permission's name");
  ada.says(thread, `${discord.mention} what did we say?`);
  await until(async () => (await history(world)).length >= 3, "the question");
  await world.settled();
  expect(await history(world)).toEqual(["first", "second", "what did we say?"]);
});

it("goes on asking for what it missed until Discord answers", async () => {
  await using world = await DiscordApp.start();
  const { bob, discord } = world;
  const thread = await world.link();
  discord.gateway.down();
  discord.fail({ route: LIST, channelId: thread.id, status: 503, times: 4 });
  bob.says(thread, "missed");
  anew(world);
  await until(async () => (await history(world)).includes("missed"), "what was missed");
  expect(discord.requestsOf(LIST).filter(({ status }) => status === 503)).toHaveLength(4);
});

it("opens more connections where Discord wants the servers spread over more", async () => {
  const world = await DiscordApp.start({
    discord: { gateway: { shards: 2 } },
    overrides: { discordShardDelayMs: 0 },
  });
  try {
    const { gateway } = world.discord;
    await until(async () => gateway.connected.length === 2, "two connections");
    gateway.options.shards = 3;
    gateway.forget();
    gateway.closeAll(4011, "Sharding required.");
    await until(async () => {
      const { connected } = gateway;
      return connected.length === 3 && connected.every(({ shards }) => shards === 3);
    }, "three connections");
  } finally {
    await world.app.stop();
    await world[Symbol.asyncDispose]();
  }
});

it("keeps to its members what is said in a channel that is closed to others", async () => {
  await using world = await DiscordApp.start();
  const { bob, channel, discord, guild } = world;
  await world.link();
  const reach = async (): Promise<unknown> => {
    const [link] = await world.app.sql`select reach from thread_links`;
    return link?.["reach"];
  };
  expect(await reach()).toBe("workspace");
  const view = PERMISSIONS.VIEW_CHANNEL;
  channel.overwrites.push({ id: guild.id, kind: "role", allow: 0n, deny: view });
  channel.overwrites.push({ id: bob.id, kind: "member", allow: view, deny: 0n });
  guild.overwriteBot(channel, { allow: ["VIEW_CHANNEL"] });
  await discord.gateway.caughtUp();
  await until(async () => (await reach()) === "channel", "the channel's reach");
});
