import { expect, it } from "vitest";

import { shardOf } from "../../adapters/discord/intake.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel } from "../fakes/discord/model.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";

interface Server {
  guild: FakeGuild;
  ada: FakeUser;
  channel: Channel;
}

/** A server for each shard. */
function serverOf(shard: number, discord: DiscordApp["discord"]): Server {
  let guild = discord.addGuild(`shard ${shard}`, { withBot: false });
  while (shardOf(guild.id, 2) !== shard) guild = discord.addGuild("other", { withBot: false });
  guild.invite();
  const ada = guild.addMember("ada", ["MANAGE_GUILD"]);
  return { guild, ada, channel: guild.addChannel("rfcs") };
}

it("hears of every server through two processes, and of none after its end", async () => {
  const servers: Server[] = [];
  const world = await DiscordApp.start({
    discord: { gateway: { shards: 2 } },
    prepare: ({ discord }) => servers.push(serverOf(0, discord), serverOf(1, discord)),
    overrides: { discordShardDelayMs: 0 },
  });
  try {
    const { discord } = world;
    await until(async () => discord.gateway.connected.length === 2, "both shards");
    expect(new Set(discord.gateway.connected.map(({ shard }) => shard))).toEqual(new Set([0, 1]));
    for (const { ada, channel } of servers) {
      const thread = await world.threadOf(ada.says(channel, `${discord.mention} link rfc new`));
      await until(async () => world.replies(thread).length > 0, "the greeting");
      ada.says(thread, `${discord.mention} is a minute enough?`);
      await until(async () => world.replies(thread).includes("Hello."), "the answer");
      const offered = await ada.completes(thread, "/rfc link", "rfc", "rf");
      expect(offered?.map(({ value }) => value)).toEqual(["rfc"]);
    }
    // What they count is told by the process that can be asked.
    const taken = 'redline_events_total{source="discord",kind="MESSAGE_CREATE",result="new"} 4';
    await until(
      async () => (await (await fetch(`${world.app.url}/metrics`)).text()).includes(taken),
      "what the shards took in",
    );
    // One that ends is begun again, and catches up.
    const before = discord.gateway.identifies;
    discord.gateway.forget();
    discord.gateway.drop(1);
    await until(async () => discord.gateway.identifies > before);
    await until(async () => discord.gateway.connected.length === 2);
  } finally {
    await world.app.stop();
    expect(world.discord.gateway.connected).toEqual([]);
    await world[Symbol.asyncDispose]();
  }
});
