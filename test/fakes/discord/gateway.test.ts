import { Client, Events, GatewayIntentBits, Partials } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { until } from "../../support/test-app.ts";
import { INTENTS, ready } from "./clients.ts";
import type { Heard } from "./clients.ts";
import type { FakeDiscordOptions } from "./fake-discord.ts";
import { FakeDiscord } from "./fake-discord.ts";
import type { FakeGuild } from "./fake-guild.ts";
import type { FakeUser } from "./fake-user.ts";
import { shardOf } from "./gateway-session.ts";
import type { Channel } from "./model.ts";

let discord: FakeDiscord;
let guild: FakeGuild;
let ada: FakeUser;
let rfcs: Channel;

async function begin(gateway: FakeDiscordOptions["gateway"] = { identifyInterval: 0 }) {
  discord = await FakeDiscord.start({ gateway });
  guild = discord.addGuild("Acme");
  ada = guild.addMember("ada");
  rfcs = guild.addChannel("rfcs");
}

beforeEach(async () => await begin());

afterEach(async () => {
  await discord.dispose();
});

const namesOf = (heard: readonly Heard[]): string[] => heard.map(({ t }) => t);

/** What was said, in the order in which it was heard. */
const said = (heard: readonly Heard[]): string[] =>
  heard.flatMap(({ t, d }) => (t === "MESSAGE_CREATE" ? [String(d["content"])] : []));

const texts = async (heard: readonly Heard[], ...wanted: string[]) =>
  await until(async () => said(heard).join() === wanted.join(), `${wanted.join()} to be heard`);

const seenTwice = (heard: readonly Heard[], t: string): boolean =>
  namesOf(heard).filter((name) => name === t).length === 2;

describe("a session", () => {
  it("is resumed after a cut, and what was missed comes then, once", async () => {
    await using app = await ready(discord);
    ada.says(rfcs, "one");
    await texts(app.heard, "one");
    discord.gateway.drop();
    ada.says(rfcs, "two");
    ada.says(rfcs, "three");
    await texts(app.heard, "one", "two", "three");
    expect(namesOf(app.heard).filter((name) => name === "READY")).toHaveLength(1);
    expect(discord.gateway.identifies).toBe(1);
  });

  it("is resumed when Discord asks for it", async () => {
    await using app = await ready(discord);
    discord.gateway.reconnect();
    await until(async () => namesOf(app.heard).includes("RESUMED"), "the resumed session");
    discord.gateway.invalidate(true);
    await until(async () => seenTwice(app.heard, "RESUMED"), "the session resumed again");
    expect(discord.gateway.identifies).toBe(1);
  });

  it("is begun anew when it is invalid; what was said meanwhile is missed", async () => {
    await using app = await ready(discord);
    discord.gateway.invalidate(false);
    ada.says(rfcs, "into the void");
    await until(async () => seenTwice(app.heard, "READY"), "a new session");
    await until(async () => discord.gateway.connected.length === 1, "a connection");
    ada.says(rfcs, "still there?");
    await texts(app.heard, "still there?");
    expect(discord.gateway.identifies).toBe(2);
  });

  it("comes again when the gateway was gone", async () => {
    await using app = await ready(discord);
    discord.gateway.down();
    ada.says(rfcs, "into the buffer");
    expect(discord.gateway.connected).toHaveLength(0);
    discord.gateway.up();
    await texts(app.heard, "into the buffer");
  });

  it("hears twice, not at all, later, and in another order", async () => {
    await using app = await ready(discord);
    discord.gateway.repeat(2);
    ada.says(rfcs, "one");
    await texts(app.heard, "one", "one");
    discord.gateway.repeat(1);
    discord.gateway.lose(({ t }) => t === "MESSAGE_CREATE");
    ada.says(rfcs, "two");
    discord.gateway.lose(null);
    discord.gateway.hold();
    ada.says(rfcs, "three");
    ada.says(rfcs, "four");
    discord.gateway.release((held) => held.toReversed());
    await texts(app.heard, "one", "one", "four", "three");
  });
});

describe("who identifies", () => {
  const failing = async (options: { token?: string; intents?: number[] }): Promise<string> => {
    const client = new Client({
      intents: options.intents ?? INTENTS,
      rest: { api: discord.apiUrl, retries: 0 },
    });
    try {
      await client.login(options.token ?? discord.token);
      return "none";
    } catch (error) {
      return (error as Error).message;
    } finally {
      await client.destroy();
    }
  };

  it("needs the token and the intents that are switched on", async () => {
    expect(await failing({ token: "wrong" })).toMatch(/invalid token/i);
    discord.app.privileged.clear();
    expect(await failing({})).toMatch(/disallowed intents/i);
  });

  it("is told no content of others without the intent, but its mentions and direct messages", async () => {
    discord.app.privileged.clear();
    const intents = INTENTS.filter((one) => one !== GatewayIntentBits.MessageContent);
    await using app = await ready(discord, { intents });
    ada.says(rfcs, "secret");
    ada.says(rfcs, `${discord.mention} open`);
    ada.says(ada.direct, "between us");
    await texts(app.heard, "", `${discord.mention} open`, "between us");
  });

  it("is told nothing of channels that it does not see", async () => {
    const closed = guild.addPrivateChannel("closed", [ada], false);
    // Whoever manages threads sees private ones too.
    guild.setBotPermissions(["VIEW_CHANNEL", "SEND_MESSAGES"]);
    const thread = guild.addThread(rfcs, "private", ada, { isPrivate: true });
    await using app = await ready(discord);
    ada.says(closed, "hidden");
    ada.says(thread, "hidden too");
    ada.says(rfcs, "seen");
    await texts(app.heard, "seen");
    expect(app.client.channels.cache.has(closed.id)).toBe(false);
  });

  it("waits 5 s between two, and has so many a day", async () => {
    await discord.dispose();
    await begin({});
    await using first = await ready(discord);
    expect(first.client.isReady()).toBe(true);
    const again = new Client({ intents: INTENTS, rest: { api: discord.apiUrl } });
    const heard: string[] = [];
    again.on(Events.Debug, (line) => void heard.push(line));
    const login = again.login(discord.token);
    await until(async () => heard.some((line) => /Invalid session/i.test(line)), "a refusal");
    discord.clock.advance(5_000);
    await login;
    await again.destroy();
    expect(discord.gateway.limitsJson()).toMatchObject({
      session_start_limit: { total: 1_000, remaining: 998, max_concurrency: 1 },
    });
  });
});

describe("two shards", () => {
  it("hear of their own guilds, the first of direct messages", async () => {
    discord.gateway.options.maxConcurrency = 2;
    discord.gateway.options.shards = 2;
    let other = discord.addGuild("Other");
    while (shardOf(other.id, 2) === shardOf(guild.id, 2)) {
      discord.clock.advance(1);
      other = discord.addGuild("Other");
    }
    const away = other.addChannel("away");
    const bob = other.addMember("bob");
    const heard = new Map<number, string[]>([
      [0, []],
      [1, []],
    ]);
    const client = new Client({
      intents: INTENTS,
      partials: [Partials.Channel],
      shards: "auto",
      rest: { api: discord.apiUrl, retries: 0 },
    });
    client.on(Events.Raw as never, (packet: Heard, shard: number) => {
      heard.get(shard)?.push(...said([packet]));
    });
    await client.login(discord.token);
    await until(async () => client.isReady(), "both shards");
    expect(discord.gateway.connected).toHaveLength(2);
    ada.says(rfcs, "here");
    bob.says(away, "there");
    ada.says(ada.direct, "direct");
    const count = () => [...heard.values()].flat().length;
    await until(async () => count() === 3, "all three");
    expect(heard.get(shardOf(guild.id, 2))).toContain("here");
    expect(heard.get(shardOf(other.id, 2))).toContain("there");
    expect(heard.get(0)).toContain("direct");
    await client.destroy();
  });
});
