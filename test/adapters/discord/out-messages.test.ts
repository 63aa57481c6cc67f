import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { idAt } from "../../../adapters/discord/place.ts";
import type { Card } from "../../../src/chat/card.ts";
import {
  MessageGone,
  MessageTooOld,
  PlaceRefused,
  SendUncertain,
} from "../../../src/chat/chat-platform.ts";
import { HostBusy } from "../../../src/ports.ts";
import { CARD as SHORT } from "../slack/blocks/cards.ts";
import { OutWorld, plain } from "./out-world.ts";

const POST = "POST /channels/{channel_id}/messages";
const EDIT = "PATCH /channels/{channel_id}/messages/{message_id}";
const CARD: Card = { ...SHORT, ref: "6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10" };
const card = (more: Partial<Card> = {}) => ({ kind: "card", card: { ...CARD, ...more } }) as const;
const HOURS = 3_600_000;

/** A message of Redline's that was posted some hours ago. */
function old({ discord, thread }: OutWorld, hours: number): string {
  const id = idAt(Date.now() - hours * HOURS);
  const made = discord.world.post(thread, discord.app.botId, { content: "Old.", id });
  made.at = Date.now() - hours * HOURS;
  return id;
}

describe("posting", () => {
  it("pings nobody, and says so in every body", async () => {
    await using world = await OutWorld.start();
    const { platform, at, discord, channel } = world;
    const id = await platform.post(at, plain("Hello."), "key");
    await platform.edit(at, id, () => plain("@everyone"), "final");
    await platform.post(at, card(), "key-2");
    await platform.tell(world.person, at, "Hello.");
    await platform.startThread(at.workspaceId, channel.id, "Here.", "key-3", null);
    const bodies = discord
      .requestsOf()
      .flatMap(({ route, body }) =>
        /messages/u.test(route) && !route.endsWith("threads") && body !== undefined ? [body] : [],
      );
    expect(bodies).toHaveLength(5);
    for (const body of bodies) expect(body).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(discord.pings).toEqual([]);
  });

  it("sends the whole of a long change along, again with each edit", async () => {
    await using world = await OutWorld.start();
    const { platform, at } = world;
    const proposed = "A new line.\n".repeat(2_000);
    const id = await platform.post(at, card({ proposed }), "key");
    const done = card({ proposed: `${proposed}The end.`, actions: [], status: "Accepted." });
    await platform.edit(at, id, () => done, "final");
    const [shown] = world.shown();
    expect(shown!.text).toContain("Accepted.");
    expect(Object.keys(shown!.files)).toEqual(["change-12.diff"]);
    expect(shown!.files["change-12.diff"]).toContain("+The end.");
    await platform.edit(at, id, () => card({ actions: [] }), "final");
    expect(world.shown()[0]!.files).toEqual({});
  });

  it("finds a card by its showing, whatever became of it", async () => {
    await using world = await OutWorld.start();
    const { platform, at, discord } = world;
    const since = new Date(Date.now() - 1_000);
    discord.fail({ route: POST, cut: "after" });
    await expect(platform.post(at, card(), CARD.ref)).rejects.toThrow(SendUncertain);
    const [own] = await platform.listOwn(at, since);
    expect(own!.key).toBe(CARD.ref);
    await platform.edit(at, own!.id, () => card({ actions: [] }), "final");
    expect((await platform.listOwn(at, since)).map(({ key }) => key)).toEqual([CARD.ref]);
  });

  it("posts anew what was posted under the key and removed", async () => {
    await using world = await OutWorld.start();
    const { platform, at, discord } = world;
    discord.fail({ route: POST, status: 400, code: 10_008, message: "Unknown Message" });
    await platform.post(at, plain("Again."), "key");
    expect(world.shown().map(({ text }) => text)).toEqual(["Again."]);
  });

  it("begins the thread of a message that it answers first", async () => {
    await using world = await OutWorld.start();
    const { platform, channel, ada, discord } = world;
    const message = ada.says(channel, "what about section 2?");
    const at = world.place(`${channel.id}/${message.id}`);
    expect(await platform.listOwn(at, new Date())).toEqual([]);
    await platform.post(at, plain("“A title” is discussed here."), "key");
    const thread = discord.channel(message.id);
    expect(thread.name).toBe("A title");
    expect(world.shown(thread).map(({ text }) => text)).toEqual(["“A title” is discussed here."]);
  });
});

describe("a thread", () => {
  it("that is archived is opened once, and gone on with", async () => {
    await using world = await OutWorld.start();
    const { platform, at, guild, thread } = world;
    const id = await platform.post(at, plain("Draft."), "key");
    guild.archive(thread);
    await platform.edit(at, id, () => plain("Done."), "final");
    expect(thread.thread?.archived).toBe(false);
    expect(world.shown()[0]!.text).toBe("Done.");
  });

  it("that is locked is named", async () => {
    await using world = await OutWorld.start();
    const { platform, at, guild, thread, discord } = world;
    const id = await platform.post(at, plain("Draft."), "key");
    guild.setBotPermissions(["VIEW_CHANNEL", "READ_MESSAGE_HISTORY", "SEND_MESSAGES_IN_THREADS"]);
    guild.archive(thread, { locked: true });
    const before = discord.requestsOf().length;
    const edit = platform.edit(at, id, () => plain("Done."), "final");
    await expect(edit).rejects.toMatchObject({
      name: "PlaceRefused",
      scope: "place",
      message: expect.stringContaining("locked") as unknown,
    });
    const post = platform.post(at, plain("More."), "key-2");
    await expect(post).rejects.toMatchObject({ scope: "place", message: /locked/u });
    expect(discord.requestsOf().length - before).toBeLessThan(8);
  });

  it("in a forum is a post, begun once a key, whose tag says its state", async () => {
    await using world = await OutWorld.start();
    const { platform, guild, discord, at: place } = world;
    guild.setBotPermissions([
      ...["VIEW_CHANNEL", "READ_MESSAGE_HISTORY", "SEND_MESSAGES"],
      ...["SEND_MESSAGES_IN_THREADS", "MANAGE_THREADS", "MANAGE_CHANNELS"],
    ] as Parameters<typeof guild.setBotPermissions>[0]);
    const forum = guild.addForum("ideas", ["topic"]);
    const since = new Date();
    const begin = (from: Date | null) =>
      platform.startThread(place.workspaceId, forum.id, "“Outbox” is discussed.", "key", from);
    const at = await begin(null);
    expect(await begin(since)).toEqual(at);
    const thread = discord.channel(at.place.split("/")[1]!);
    expect(thread.name).toBe("Outbox");
    thread.thread!.appliedTags = [forum.tags[0]!.id];
    for (const state of ["open", "accepted", "accepted", "closed"] as const) {
      await platform.markState!(at, state);
      expect(guild.tagsOf(thread)).toEqual(["topic", state]);
    }
    expect(forum.tags.map(({ name }) => name)).toEqual(["topic", "open", "accepted", "closed"]);
    const changes = discord.requestsOf("PATCH /channels/{channel_id}");
    expect(changes).toHaveLength(4);
  });

  it("whose tags it may not set is left alone, which the log hears once", async () => {
    await using world = await OutWorld.start();
    const { platform, guild, ada } = world;
    guild.deny("MANAGE_CHANNELS", "MANAGE_THREADS");
    const forum = guild.addForum("ideas");
    const { thread } = guild.addPost(forum, "Outbox", "why not?", ada);
    for (const state of ["open", "closed"] as const) {
      await platform.markState!(world.placeOf(thread), state);
    }
    expect(guild.tagsOf(thread)).toEqual([]);
    expect(world.log.filter(({ message }) => message.includes("not marked"))).toHaveLength(1);
    await platform.markState!(world.at, "open");
  });

  it("is begun once, whichever answer is lost on the way", async () => {
    await using world = await OutWorld.start();
    const { platform, at, channel, discord } = world;
    const since = new Date();
    const begin = () =>
      platform.startThread(at.workspaceId, channel.id, "It is discussed here.", "key", since);
    const thread = "POST /channels/{channel_id}/messages/{message_id}/threads";
    for (const route of [POST, thread]) {
      discord.fail({ route, cut: "after" });
      await expect(begin()).rejects.toThrow(SendUncertain);
    }
    const begun = await begin();
    expect(world.shown(channel).filter(({ text }) => text.includes("discussed"))).toHaveLength(1);
    await platform.post(begun, plain("Hello."), "key-2");
  });
});

describe("an edit", () => {
  it("of a card of over an hour is for a new message", async () => {
    await using world = await OutWorld.start();
    const { platform, at, discord } = world;
    const id = old(world, 2);
    const edit = platform.edit(at, id, () => card(), "final");
    await expect(edit).rejects.toThrow(MessageTooOld);
    expect(discord.requestsOf(EDIT)).toEqual([]);
    await platform.edit(at, id, () => plain("A text may."), "final");
    expect(world.shown()[0]!.text).toBe("A text may.");
  });

  it.each(["error", "rate-limit"] as const)(
    "that is one too many of an old message (%s) ends after a few tries",
    async (arrivesAs) => {
      await using world = await OutWorld.start({ sizes: { oldEdits: 0 } });
      const { platform, at, discord } = world;
      discord.oldEdits.arrivesAs = arrivesAs;
      const id = old(world, 2);
      const errors: unknown[] = [];
      for (let times = 0; times < 5 && !(errors.at(-1) instanceof MessageTooOld); times += 1) {
        await platform
          .edit(at, id, () => plain("More."), "final")
          .catch((error: unknown) => {
            errors.push(error);
          });
      }
      expect(errors.at(-1)).toBeInstanceOf(MessageTooOld);
      expect(errors.slice(0, -1).every((error) => error instanceof HostBusy)).toBe(true);
      expect(discord.requestsOf(EDIT).length).toBeLessThanOrEqual(3);
    },
  );

  it("shows the newest of what came while it waited, finals first", async () => {
    await using world = await OutWorld.start({ paceFactor: 0.2 });
    const { platform, at, discord } = world;
    const [one, two] = [
      await platform.post(at, plain("1"), "key-1"),
      await platform.post(at, plain("2"), "key-2"),
    ];
    await platform.edit(at, one, () => plain("1a"), "preview");
    let text = "1b";
    const order: string[] = [];
    const take = (words: () => string) => () => {
      order.push(words());
      return plain(words());
    };
    const previews = ["x", "y", "z"].map(() =>
      platform.edit(
        at,
        one,
        take(() => text),
        "preview",
      ),
    );
    text = "1c";
    const final = platform.edit(
      at,
      two,
      take(() => "2 is final"),
      "final",
    );
    await Promise.all([...previews, final]);
    expect(order).toEqual(["2 is final", "1c"]);
    expect(world.shown().map(({ text: shown }) => shown)).toEqual(["1c", "2 is final"]);
    expect(discord.requestsOf(EDIT)).toHaveLength(3);
  });

  it("keeps to the limits in ten channels at a time, with hardly a 429", async () => {
    await using world = await OutWorld.start({
      paceFactor: 0.1,
      rates: { enabled: true, pace: 0.1 },
    });
    const { platform, guild, channel, ada, discord } = world;
    const places = Array.from({ length: 10 }, (_, n) =>
      world.placeOf(guild.addThread(channel, `thread ${n}`, ada)),
    );
    const busy: unknown[] = [];
    await Promise.all(
      places.map(async (at, n) => {
        const id = await platform.post(at, plain("…"), `key-${n}`);
        for (let version = 0; version < 25; version += 1) {
          await platform
            .edit(at, id, () => plain(`${n}: version ${version}`), "preview")
            .catch((error: unknown) => busy.push(error));
          await delay(1);
        }
        await platform.edit(at, id, () => plain(`${n}: done`), "final");
      }),
    );
    for (const [n, { place }] of places.entries()) {
      const shown = world.shown(discord.channel(place.split("/")[1]!));
      expect(shown.map(({ text }) => text)).toEqual([`${n}: done`]);
    }
    const all = discord.requestsOf();
    const refused = all.filter(({ status }) => status === 429);
    expect(all.length).toBeGreaterThan(100);
    expect(refused.length).toBeLessThanOrEqual(all.length / 100);
    expect(busy).toEqual([]);
  });
});

describe("what Discord refuses", () => {
  it.each([
    [50_001, 403, PlaceRefused, /View Channel/u],
    [50_013, 403, PlaceRefused, /Send Messages in Threads/u],
    [10_003, 404, PlaceRefused, /deleted/u],
    [160_005, 403, PlaceRefused, /locked/u],
    [50_035, 400, PlaceRefused, /50035/u],
    [10_004, 404, PlaceRefused, /invite it again/u],
    [130_000, 500, SendUncertain, /lost/u],
  ] as const)("with code %i is said in a sentence", async (code, status, kind, words) => {
    await using world = await OutWorld.start();
    const { platform, at, discord } = world;
    discord.fail({ route: POST, status, code, message: "No." });
    const post = platform.post(at, plain("Hello."), "key");
    await expect(post).rejects.toThrow(kind);
    await expect(post).rejects.toThrow(words);
  });

  it("is told in the log without the text or a token", async () => {
    await using world = await OutWorld.start();
    const { platform, at, discord } = world;
    discord.fail({ route: POST, status: 500 });
    await expect(platform.post(at, plain("A secret."), "key")).rejects.toThrow(SendUncertain);
    const responseUrl = `followup:${discord.app.id}/t0ken`;
    await platform.tell(world.person, world.reply({ responseUrl }), "For you.");
    expect(world.log.length).toBeGreaterThan(1);
    const log = JSON.stringify(world.log.map(({ fields }) => fields));
    expect(log).not.toMatch(/secret|t0ken/u);
    expect(log).not.toContain(discord.token);
  });

  it("for the token ends all calls with one clear line", async () => {
    await using world = await OutWorld.start({ token: "wrong.token.here" });
    const { platform, at, discord } = world;
    const post = () => platform.post(at, plain("Hello."), "key");
    for (let times = 0; times < 3; times += 1) {
      await expect(post()).rejects.toMatchObject({
        scope: "access",
        message: expect.stringContaining("DISCORD_TOKEN") as unknown,
      });
    }
    // Once more to be sure.
    expect(discord.requestsOf()).toHaveLength(2);
  });

  it("to show of what was said is found out, and named", async () => {
    await using world = await OutWorld.start();
    const { platform, at, guild } = world;
    expect(await platform.listOwn(at, new Date())).toEqual([]);
    guild.deny("READ_MESSAGE_HISTORY");
    await expect(platform.listOwn(at, new Date())).rejects.toThrow("“Read Message History”");
  });

  it("for a while is waited for without being asked again", async () => {
    await using world = await OutWorld.start();
    const { platform, at, discord } = world;
    discord.fail({ route: POST, retryAfter: 20 });
    const post = platform.post(at, plain("Hello."), "key");
    await expect(post).rejects.toThrow(HostBusy);
    const error = (await post.catch((failed: unknown) => failed)) as HostBusy;
    expect(error.retryAt.getTime() - Date.now()).toBeGreaterThan(15_000);
    expect(discord.requestsOf(POST)).toHaveLength(1);
  });

  it("is a busy host where nobody listens, and a lost answer where none comes", async () => {
    await using nobody = await OutWorld.start({ apiUrl: "http://127.0.0.1:9/api/v10/" });
    await expect(nobody.platform.post(nobody.at, plain("Hello."), "key")).rejects.toThrow(HostBusy);
    await using slow = await OutWorld.start({ timeoutMs: 100 });
    slow.discord.fail({ route: POST, delay: 400 });
    const post = slow.platform.post(slow.at, plain("Hello."), "key");
    await expect(post).rejects.toThrow(SendUncertain);
  });

  it("is a message that is not there, or another's", async () => {
    await using world = await OutWorld.start();
    const { platform, at, ada, thread } = world;
    const { id } = ada.says(thread, "mine");
    await expect(platform.edit(at, id, () => plain("Ours?"), "final")).rejects.toThrow(MessageGone);
  });
});
