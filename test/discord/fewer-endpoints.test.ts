import { describe, expect, it } from "vitest";

import type { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import { decidedByBob, press, propose, says, toldNext } from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;

/** As an API that has only what people's use of it takes. */
function withoutLookUps(discord: FakeDiscord, ...more: string[]): void {
  for (const route of [
    "GET /guilds/{guild_id}",
    "GET /guilds/{guild_id}/members/{user_id}",
    "GET /channels/{channel_id}",
    "GET /users/@me",
    "GET /users/{user_id}",
    ...more,
  ]) {
    discord.fail({ route, status: 404, code: 0, message: "404: Not Found", times: 100_000 });
  }
}

describe("an API without the endpoints that say what events say, too", () => {
  it("is enough to link, to name maintainers by role and to decide", async () => {
    await using world = await DiscordApp.start({
      prepare: ({ discord }) => withoutLookUps(discord),
    });
    const { ada, bob, guild, channel } = world;
    const role = guild.addRole("deciders", { members: [bob] });
    await ada.runs(channel, "/rfc link", { rfc: "rfc" });
    const thread = await until(
      async () =>
        [...guild.state.channels.values()].find(({ parentId }) => parentId === channel.id),
      "the thread",
    );
    await until(async () => world.replies(thread).length > 0, "the greeting");
    await ada.runs(thread, "/rfc maintainers add", { role: role.id });
    await until(
      async () => world.replies(thread).some((text) => text.includes("deciders")),
      "them",
    );
    const [card] = await propose(world, thread, HOUR);
    const refused = await toldNext(world, ada, () => press(world, ada, thread, card!, "Accept"));
    expect(refused).toContain("Only maintainers decide here");
    await press(world, bob, thread, card!, "Accept");
    await says(world, thread, card!.id, "Accepted by bob");
  });

  it("is enough to be asked by messages", async () => {
    await using world = await DiscordApp.start({
      prepare: ({ discord }) => withoutLookUps(discord),
    });
    const [card] = await propose(world, await decidedByBob(world), HOUR);
    expect(card!.text).toContain("Change #1");
  });

  it("has the commands registered", async () => {
    await using world = await DiscordApp.start({
      prepare: ({ discord }) =>
        withoutLookUps(
          discord,
          "GET /applications/@me",
          "GET /applications/{application_id}/commands",
        ),
    });
    await until(async () => world.discord.world.commands.length > 0, "the commands");
  });
});

describe("commands that are registered twice", () => {
  it("are taken away in the servers where all servers have them", async () => {
    let guildId = "";
    await using world = await DiscordApp.start({
      prepare: ({ discord, guild }) => {
        guildId = guild.id;
        const body = { name: "rfc", type: 1, description: "An older one" };
        discord.world.commands.push({ id: "5", guildId, body, version: "6" });
        const theirs = { name: "other", type: 1, description: "Of somebody else" };
        const other = discord.addGuild("Other");
        discord.world.commands.push({ id: "7", guildId: other.id, body: theirs, version: "8" });
      },
    });
    const { commands } = world.discord.world;
    await until(async () => commands.every((one) => one.guildId !== guildId), "one scope");
    expect(commands.some((one) => one.guildId === null)).toBe(true);
    expect(commands.map(({ body }) => body["name"])).toContain("other");
  });

  it("are taken away from all servers where one alone has them", async () => {
    await using world = await DiscordApp.start();
    const { commands } = world.discord.world;
    await until(async () => commands.length > 0, "the commands");
    world.environment["DISCORD_GUILD_ID"] = world.guild.id;
    await world.restart();
    await until(async () => commands.every((one) => one.guildId === world.guild.id), "one scope");
    expect(commands.length).toBeGreaterThan(0);
  });
});
