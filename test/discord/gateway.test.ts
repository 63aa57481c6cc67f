import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/config/config-error.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { RedlineProcess } from "../support/redline-process.ts";
import { until } from "../support/test-app.ts";

/** The texts of the thread's messages as the model would see them. */
async function history(world: DiscordApp): Promise<string[]> {
  const rows = await world.app.sql<{ text: string }[]>`
    select text from thread_messages where role = 'user' and deleted_at is null order by seq`;
  return rows.map(({ text }) => text);
}

describe("a bot that Discord does not let in", () => {
  it("ends the start with the name of the switch, and starts without the text of messages", async () => {
    const prepare = ({ discord }: Pick<DiscordApp, "discord">): void =>
      discord.app.privileged.clear();
    await expect(DiscordApp.start({ prepare })).rejects.toThrow(/DISCORD_MESSAGE_CONTENT=off/);
    await expect(DiscordApp.start({ prepare })).rejects.toBeInstanceOf(ConfigError);
    const environment = { DISCORD_MESSAGE_CONTENT: "off" };
    await using world = await DiscordApp.start({ prepare, environment });
    const thread = await world.link();
    world.bob.says(thread, "just between us");
    world.ada.says(thread, `${world.discord.mention} is a minute enough?`);
    await until(async () => (await history(world)).length > 0);
    expect(await history(world)).toEqual(["is a minute enough?"]);
  });

  it("ends the start where the token is wrong", async () => {
    const environment = { DISCORD_TOKEN: "wrong" };
    await expect(DiscordApp.start({ environment })).rejects.toThrow(/DISCORD_TOKEN/);
  });

  it("leaves the rest running where that happens later", async () => {
    await using world = await DiscordApp.start();
    world.discord.app.privileged.clear();
    world.discord.gateway.forget();
    world.discord.gateway.closeAll(4014);
    await until(async () =>
      world.log.some(
        ({ level, fields }) => level === "error" && JSON.stringify(fields).includes("CONTENT=off"),
      ),
    );
    expect((await fetch(`${world.app.url}/healthz`)).status).toBe(200);
    expect(world.discord.gateway.connected).toEqual([]);
  });
});

describe("what was said while nobody listened", () => {
  it("is fetched in its order, edits and deletions with it", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, discord } = world;
    const thread = await world.link();
    const first = bob.says(thread, "first");
    const second = bob.says(thread, "second");
    await until(async () => (await history(world)).length === 2);

    discord.gateway.down();
    discord.gateway.forget();
    bob.edits(first, "first, as edited");
    bob.deletes(second);
    for (let n = 0; n < 230; n += 1) bob.says(thread, `missed ${n}`);
    ada.says(thread, `${discord.mention} what did I miss?`);
    discord.gateway.up();
    const said = await until(async () => {
      const now = await history(world);
      return !now.includes("second") && now.at(-1) === "what did I miss?" && now;
    }, "everything");
    expect(said).toHaveLength(232);
    expect(said.slice(0, 2)).toEqual(["first, as edited", "missed 0"]);
    expect(said.slice(1, 231)).toEqual(Array.from({ length: 230 }, (_, n) => `missed ${n}`));
    expect(said.at(-1)).toBe("what did I miss?");
    await world.settled();
    expect(world.provider.requests).toHaveLength(1);
  });

  it("is not fetched from before the link, nor told twice", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, discord, guild, channel } = world;
    const thread = guild.addThread(channel, "ideas", bob);
    bob.says(thread, "long before");
    ada.says(thread, `${discord.mention} link rfc new`);
    await until(async () => world.visible(thread).some(({ isBot }) => isBot));
    bob.says(thread, "known");
    await until(async () => (await history(world)).length === 1);
    discord.gateway.invalidate(false);
    await until(async () => discord.gateway.identifies === 2);
    bob.says(thread, "later");
    await until(async () => (await history(world)).length === 2);
    expect(await history(world)).toEqual(["known", "later"]);
  });
});

describe("a database that is away", () => {
  it("loses no message and keeps no person waiting", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, discord } = world;
    const thread = await world.link();
    await using hold = await DatabaseHold.place(world.database.url, {
      table: "inbox",
      on: "insert",
    });
    for (let n = 0; n < 20; n += 1) bob.says(thread, `message ${n}`);
    await hold.reached();
    const status = await ada.runs(thread, "/rfc status");
    expect(status.answer).toBe(5);
    const offered = await ada.completes(thread, "/rfc link", "rfc", "rf");
    expect(offered?.map(({ value }) => value)).toEqual(["rfc"]);
    await hold.release();
    await until(async () => (await history(world)).length === 20);
    expect(await history(world)).toEqual(Array.from({ length: 20 }, (_, n) => `message ${n}`));
    await until(async () => discord.thinking().length === 0);
    expect(world.told(ada).at(-1)).toContain("rfc");
  });

  it("closes a form that came too late with a word", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob } = world;
    const message = bob.says(world.channel, "one minute is short");
    await using hold = await DatabaseHold.place(world.database.url, {
      table: "inbox",
      on: "insert",
    });
    const pressed = await ada.usesOn(message, "Discuss in RFC");
    expect(pressed.answer).toBe(5);
    await hold.release();
    await until(async () => world.told(ada).some((text) => text.includes("took too long")));
    expect(world.discord.thinking()).toEqual([]);
  });
  it("leaves no command of a menu thinking that is done without a word", async () => {
    await using world = await DiscordApp.start();
    const { ada, bob, discord } = world;
    const thread = await world.link();
    const message = bob.says(thread, "one minute is short");
    const quick = await ada.usesOn(message, "Discuss in RFC");
    expect(quick.answer).toBe(5);
    await using hold = await DatabaseHold.place(world.database.url, {
      table: "inbox",
      on: "insert",
    });
    await ada.usesOn(message, "Discuss in RFC");
    await hold.release();
    await until(async () => (await history(world)).length === 3);
    await until(async () => discord.thinking().length === 0);
  });
});

describe("the process that holds the gateway", () => {
  it("is followed by another when it dies, which answers what was said meanwhile", async () => {
    await using world = await DiscordApp.start();
    const { ada, discord } = world;
    const thread = await world.link();
    await world.settled();
    const holder = await RedlineProcess.start({ ...world.environment, ROLES: "ingest" });
    expect(discord.gateway.identifies).toBe(1);
    await world.app.stop();
    await until(async () => discord.gateway.identifies === 2, "the first takeover");
    world.app = await world.startAnother();

    await holder.kill();
    const began = performance.now();
    ada.says(thread, `${discord.mention} is a minute enough?`);
    await until(async () => discord.gateway.identifies === 3, "the second takeover");
    expect(performance.now() - began).toBeLessThan(10_000);
    await until(async () => world.replies(thread).includes("Hello."), "the answer");
    await world.settled();
    expect(world.provider.requests).toHaveLength(1);
  });
});
