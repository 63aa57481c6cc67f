import { describe, expect, it } from "vitest";

import { allowRepository } from "../../src/chat/repositories.ts";
import type { FakeGuild } from "../fakes/discord/fake-guild.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel } from "../fakes/discord/model.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";
import { ask, decidedByBob, logged, propose, toldNext } from "./scene.ts";

const HOUR = ["one minute", "one hour", "Receivers need time."] as const;

interface Other {
  guild: FakeGuild;
  eve: FakeUser;
  channel: Channel;
}

/** Whoever invites the bot is an administrator there. */
function otherServer({ discord }: DiscordApp): Other {
  const guild = discord.addGuild("Other");
  return {
    guild,
    eve: guild.addMember("eve", ["ADMINISTRATOR"]),
    channel: guild.addChannel("theirs"),
  };
}

const told = (world: DiscordApp, { eve }: Other, at: Channel, words: string): Promise<string> =>
  toldNext(world, eve, () => ask(world, eve, at, words));

describe("another server that discusses the same RFC", () => {
  it("neither sees the changes of the first nor decides them", async () => {
    await using world = await DiscordApp.start();
    await propose(world, await decidedByBob(world), HOUR);
    const other = otherServer(world);
    const own = await world.threadOf(ask(world, other.eve, other.channel, "link rfc new"));
    await until(async () => world.replies(own).length > 0, "the greeting");
    const mal = other.guild.addMember("mal");
    ask(world, other.eve, own, `maintainers add ${mal.mention}`);
    await until(async () => world.replies(own).some((text) => text.includes("a maintainer: they")));
    const expectNothing = async (): Promise<void> => {
      expect(await other.eve.completes(own, "/rfc accept", "change", "")).toEqual([]);
      expect(await told(world, other, own, "changes")).toContain("No change waits");
      expect(await told(world, other, own, "status")).toContain("Changes: 0 open");
      for (const words of ["accept 1", "decline 1 no"]) {
        const answer = await toldNext(world, mal, () => ask(world, mal, own, words));
        expect(answer).toContain("There is no change #1 here");
      }
    };
    await expectNothing();
    // Nor what is discussed in a workspace of Slack.
    await world.app.sql`update thread_links set platform = 'slack', workspace_id = 'T1'
      where workspace_id = ${world.guild.id}`;
    await expectNothing();
    expect(await world.app.sql`select state from changes`).toEqual([{ state: "pending" }]);
    // But what is discussed on a pull request, which is no workspace's.
    await world.app.sql`update thread_links set platform = 'github', workspace_id = ''
      where workspace_id = 'T1'`;
    expect(await told(world, other, own, "changes")).toContain("#1");
  });
});

describe("a bot that anybody can invite", () => {
  const isPublic = ({ discord }: Pick<DiscordApp, "discord">): void => {
    discord.app.isPublic = true;
  };

  it("discusses everything, and the operator is told", async () => {
    await using world = await DiscordApp.start({ prepare: isPublic });
    await until(async () => logged(world, "anybody can invite it"), "the warning");
    expect(logged(world, "anybody can invite it")).toMatchObject({ level: "warn" });
    await world.link();
  });

  it("discusses in a server only what the operator allows, once that is said of one", async () => {
    await using world = await DiscordApp.start({ prepare: isPublic });
    const other = otherServer(world);
    const there = { platform: "discord", workspaceId: other.guild.id } as const;
    await allowRepository(world.app.sql, there, world.repository.url);
    await world.restart();
    const own = await world.threadOf(ask(world, other.eve, other.channel, "link rfc new"));
    await until(async () => world.replies(own)[0]?.includes("is linked to"), "the greeting");
    const { ada, channel } = world;
    expect(await ada.completes(channel, "/rfc link", "rfc", "")).toEqual([]);
    expect(await toldNext(world, ada, () => ask(world, ada, channel, "link rfc new"))).toContain(
      "There is no RFC “rfc”",
    );
  });

  it("is open in the one server that is served", async () => {
    await using world = await DiscordApp.start({ prepare: isPublic });
    const there = { platform: "discord", workspaceId: "1" } as const;
    await allowRepository(world.app.sql, there, world.repository.url);
    world.environment["DISCORD_GUILD_ID"] = world.guild.id;
    await world.restart();
    await world.link();
  });
});
