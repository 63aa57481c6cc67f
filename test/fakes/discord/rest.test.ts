/** How strict the fake is: what Discord refuses, it refuses. */
import type { REST } from "discord.js";
import { Routes } from "discord.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { failureOf, ready, restClient } from "./clients.ts";
import { FakeDiscord } from "./fake-discord.ts";
import type { FakeGuild } from "./fake-guild.ts";
import type { FakeUser } from "./fake-user.ts";
import type { Channel, Json } from "./model.ts";

let discord: FakeDiscord;
let guild: FakeGuild;
let ada: FakeUser;
let rfcs: Channel;
let rest: REST;

const V2 = 1 << 15;
const HOUR = 3_600_000;
const OTHERS = { enabled: false };

beforeEach(async () => {
  discord = await FakeDiscord.start({ rates: OTHERS, gateway: { identifyInterval: 0 } });
  guild = discord.addGuild("Acme");
  ada = guild.addMember("ada");
  rfcs = guild.addChannel("rfcs");
  rest = restClient(discord);
});

afterEach(async () => {
  await discord.dispose();
});

const quiet = { allowed_mentions: { parse: [] } };

const post = async (body: Json, channel = rfcs): Promise<{ id: string } & Json> =>
  (await rest.post(Routes.channelMessages(channel.id), { body })) as { id: string } & Json;

const edit = async (id: string, body: Json, channel = rfcs): Promise<Json> =>
  (await rest.patch(Routes.channelMessage(channel.id, id), { body })) as Json;

const thread = (name = "about it"): Channel => guild.addThread(rfcs, name, ada);

const text = (content: string): Json => ({ type: 10, content });
const row = (...components: Json[]): Json => ({ type: 1, components });
const button = (id: string, label = id): Json => ({ type: 2, style: 1, custom_id: id, label });
const select = (id: string, options: number): Json => ({
  type: 3,
  custom_id: id,
  options: Array.from({ length: options }, (_, at) => ({ label: `${at}`, value: `${at}` })),
});

describe("a message", () => {
  it("has 2,000 characters, and something in it", async () => {
    await post({ content: "x".repeat(2_000) });
    expect(await failureOf(post({ content: "x".repeat(2_001) }))).toBe("400/50035");
    expect(await failureOf(post({ content: " " }))).toBe("400/50006");
    expect(await failureOf(post({ content: "x", nonce: "n".repeat(26) }))).toBe("400/50035");
    expect(discord.forgive().join()).toMatch(/nonce/);
  });

  it("is known again by its nonce for some minutes, where that is asked for", async () => {
    const once = { content: "once", nonce: "n", enforce_nonce: true };
    const first = await post(once);
    expect(first["nonce"]).toBe("n");
    expect((await post({ ...once, content: "other" })).id).toBe(first.id);
    expect((await post({ content: "once", nonce: "n" })).id).not.toBe(first.id);
    discord.clock.advance(180_001);
    expect((await post(once)).id).not.toBe(first.id);
    const [newest] = (await rest.get(Routes.channelMessages(rfcs.id))) as Json[];
    expect(newest).not.toHaveProperty("nonce");
  });

  it.each([
    ["content beside components", { content: "no", components: [text("yes")] }],
    ["41 components", { components: Array.from({ length: 41 }, () => text("x")) }],
    [
      "41 in all",
      { components: [{ type: 17, components: Array.from({ length: 40 }, () => text("x")) }] },
    ],
    ["4,001 characters", { components: [text("x".repeat(4_000)), text("y")] }],
    ["the same custom_id twice", { components: [row(button("a")), row(button("a"))] }],
    ["a custom_id of 101", { components: [row(button("a".repeat(101), "label"))] }],
    ["a menu beside a button", { components: [row(button("a"), select("b", 1))] }],
    ["26 options", { components: [row(select("a", 26))] }],
    ["no options", { components: [row(select("a", 0))] }],
    ["6 buttons in a row", { components: [row(..."abcdef".split("").map((id) => button(id)))] }],
    ["a button without label", { components: [row({ type: 2, style: 1, custom_id: "a" })] }],
    [
      "a link with custom_id",
      { components: [row({ ...button("a"), style: 5, url: "https://a.b" })] },
    ],
    [
      "a file that is not there",
      { components: [{ type: 13, file: { url: "attachment://a.diff" } }] },
    ],
    [
      "a container within one",
      { components: [{ type: 17, components: [{ type: 17, components: [] }] }] },
    ],
  ])("of components is refused with %s", async (_, body) => {
    expect(await failureOf(post({ flags: V2, ...body }))).toBe("400/50035");
    discord.forgive();
  });

  it("takes layout only with the flag, which stays", async () => {
    expect(await failureOf(post({ components: [text("x")] }))).toBe("400/50035");
    const { id } = await post({ components: [row(button("a"))], content: "old" });
    expect(await failureOf(edit(id, { flags: V2 }))).toBe("400/50035");
    await edit(id, { flags: V2, content: null, components: [text("new")] });
    expect(await failureOf(edit(id, { content: "back" }))).toBe("400/50035");
    await edit(id, { flags: 0, components: [text("newer")] });
    expect(discord.visible(rfcs)[0]?.text).toBe("newer");
  });

  it("brings files, which its components show", async () => {
    const body = { flags: V2, components: [{ type: 13, file: { url: "attachment://a.diff" } }] };
    const files = [{ name: "a.diff", data: Buffer.from("+x\n") }];
    await rest.post(Routes.channelMessages(rfcs.id), { body, files });
    const [shown] = discord.visible(rfcs);
    expect(shown?.text).toBe("(file: a.diff)");
    expect(shown?.files).toEqual({ "a.diff": "+x\n" });
  });

  it("is edited by its author alone, and gone once deleted", async () => {
    const { id } = ada.says(rfcs, "mine");
    expect(await failureOf(edit(id, { content: "yours" }))).toBe("403/50005");
    expect(await failureOf(rest.delete(Routes.channelMessage(rfcs.id, id)))).toBe("403/50013");
    const own = await post({ content: "own" });
    await rest.delete(Routes.channelMessage(rfcs.id, own.id));
    expect(await failureOf(edit(own.id, { content: "x" }))).toBe("404/10008");
    expect(await failureOf(post({ content: "x" }, { ...rfcs, id: "1" }))).toBe("404/10003");
  });

  it("pings as its text and allowed_mentions say, in an edit again", async () => {
    const role = guild.addRole("crew", { mentionable: true });
    const content = `<@${ada.id}> <@&${role.id}> @everyone`;
    const { id } = await post({ content, ...quiet });
    expect(discord.pings).toEqual([]);
    await edit(id, { content });
    expect(discord.pings.map(({ kind, by }) => `${kind} ${by}`)).toEqual([
      "user edit",
      "role edit",
    ]);
    await post({ flags: V2, components: [text(`<@${ada.id}>`)] });
    expect(discord.pings.at(-1)).toMatchObject({ kind: "user", by: "post" });
    guild.setBotPermissions(["VIEW_CHANNEL", "SEND_MESSAGES", "MENTION_EVERYONE"]);
    await post({ content: "@everyone" });
    expect(discord.pings.at(-1)?.kind).toBe("everyone");
    const before = discord.pings.length;
    await post({ content: "@everyone @here", ...quiet });
    expect(discord.pings).toHaveLength(before);
  });

  it("is listed from the newest on, before, after and around another", async () => {
    const all = ["one", "two", "three", "four", "five"].map((word) => ada.says(rfcs, word));
    const listed = async (query: Record<string, string>): Promise<string> => {
      const search = new URLSearchParams(query);
      const found = (await rest.get(Routes.channelMessages(rfcs.id), { query: search })) as Json[];
      return found.map(({ content }) => content).join(" ");
    };
    expect(await listed({ limit: "2" })).toBe("five four");
    expect(await listed({ after: all[0]!.id, limit: "2" })).toBe("three two");
    expect(await listed({ before: all[2]!.id })).toBe("two one");
    expect(await listed({ around: all[2]!.id, limit: "3" })).toBe("four three two");
    expect(await failureOf(listed({ limit: "101" }))).toBe("400/50035");
    expect(discord.forgive()).not.toEqual([]);
  });

  it("is old after an hour, when few edits are left", async () => {
    const { id } = await post({ content: "old" });
    discord.clock.advance(HOUR + 1);
    for (let at = 0; at < 3; at += 1) await edit(id, { content: `${at}` });
    expect(await failureOf(edit(id, { content: "more" }))).toBe("400/30046");
    discord.oldEdits.arrivesAs = "rate-limit";
    expect(await failureOf(edit(id, { content: "more" }))).toBe("RateLimitError");
  });
});

describe("permissions", () => {
  it("are those of the roles and of the channel", async () => {
    const closed = guild.addPrivateChannel("closed", [ada], false);
    expect(await failureOf(post({ content: "x" }, closed))).toBe("403/50001");
    const place = thread();
    guild.overwriteBot(rfcs, { deny: ["SEND_MESSAGES_IN_THREADS"] });
    expect(await failureOf(post({ content: "x" }, place))).toBe("403/50013");
    await post({ content: "x" });
    guild.deny("CREATE_PUBLIC_THREADS", "READ_MESSAGE_HISTORY");
    const { id } = ada.says(rfcs, "start here");
    const begun = rest.post(Routes.threads(rfcs.id, id), { body: { name: "no" } });
    expect(await failureOf(begun)).toBe("403/50013");
    expect(await rest.get(Routes.channelMessages(rfcs.id))).toEqual([]);
    guild.kick();
    expect(await failureOf(post({ content: "x" }))).toBe("403/50001");
    expect(await failureOf(rest.get(Routes.guild(guild.id)))).toBe("404/10004");
  });

  it("need the token", async () => {
    expect(await failureOf(restClient(discord, "no").get(Routes.user()))).toBe("401/0");
    discord.resetToken();
    expect(await failureOf(rest.get(Routes.user()))).toBe("401/0");
    expect(discord.limits.invalidRequests).toBe(2);
  });
});

describe("a thread", () => {
  it("has the id of the message that it starts from, once", async () => {
    const { id } = ada.says(rfcs, "start here");
    const begin = (): Promise<unknown> =>
      rest.post(Routes.threads(rfcs.id, id), { body: { name: "about it" } });
    expect(await begin()).toMatchObject({ id, parent_id: rfcs.id, type: 11 });
    expect(await failureOf(begin())).toBe("400/160004");
    const message = (await rest.get(Routes.channelMessage(rfcs.id, id))) as Json;
    expect(message["thread"]).toMatchObject({ id });
    const active = await rest.get(Routes.guildActiveThreads(guild.id));
    expect(active).toMatchObject({ threads: [{ id }] });
  });

  it("is opened by writing into it, unless it is locked", async () => {
    guild.setBotPermissions(["VIEW_CHANNEL", "SEND_MESSAGES_IN_THREADS"]);
    const place = thread();
    const { id } = await post({ content: "one" }, place);
    guild.archive(place);
    expect(await failureOf(edit(id, { content: "two" }, place))).toBe("400/50083");
    await post({ content: "awake" }, place);
    expect(place.thread?.archived).toBe(false);
    await edit(id, { content: "two" }, place);
    guild.archive(place, { locked: true });
    expect(await failureOf(post({ content: "x" }, place))).toBe("400/50083");
    const open = rest.patch(Routes.channel(place.id), { body: { archived: false } });
    expect(await failureOf(open)).toBe("403/50013");
    guild.unlock(place);
    guild.lock(place);
    expect(await failureOf(post({ content: "x" }, place))).toBe("403/160005");
    guild.setBotPermissions(["VIEW_CHANNEL", "SEND_MESSAGES_IN_THREADS", "MANAGE_THREADS"]);
    await post({ content: "as moderator" }, place);
  });

  it("of a forum has its tags, which a moderator sets", async () => {
    const forum = guild.addForum("proposals", ["open", { name: "accepted", moderated: true }]);
    const idea = guild.addPost(forum, "An idea", "what if?", ada, ["open"]).thread;
    const [open, accepted] = forum.tags.map(({ id }) => id);
    const tag = (ids: unknown[]): Promise<unknown> =>
      rest.patch(Routes.channel(idea.id), { body: { applied_tags: ids } });
    await tag([open, accepted]);
    expect(guild.tagsOf(idea)).toEqual(["open", "accepted"]);
    expect(await failureOf(tag(["1"]))).toBe("400/50035");
    guild.setBotPermissions(["VIEW_CHANNEL", "SEND_MESSAGES_IN_THREADS"]);
    expect(await failureOf(tag([open]))).toBe("403/50013");
    expect(await failureOf(post({ content: "x" }, forum))).toBe("400/50008");
  });
});

describe("an interaction", () => {
  const deferred = { type: 5, data: { flags: 64 } };
  const answer = (path: `/${string}`, body: unknown): Promise<unknown> =>
    rest.post(path, { body, auth: false });

  const pressed = async (): Promise<ReturnType<FakeUser["presses"]>> => {
    const { id } = await post({ flags: V2, components: [row(button("a", "Press"))] });
    return ada.presses(discord.message(rfcs, id), "Press");
  };

  it("is answered once, within 3 s, and has a webhook for 15 minutes", async () => {
    const press = pressed();
    await expect.poll(() => discord.interactions.length).toBe(1);
    const { id, token } = discord.interactions[0]!;
    const original = Routes.webhookMessage(discord.app.id, token);
    const patch = (body: unknown): Promise<unknown> => rest.patch(original, { body, auth: false });
    expect(await failureOf(patch({ content: "too early" }))).toBe("404/10015");
    await answer(Routes.interactionCallback(id, token), deferred);
    expect(discord.lines(rfcs, ada)).toContain("Redline (only you can see this): is thinking…");
    expect(discord.lines(rfcs)).toEqual(["[Press]"].map((line) => `Redline: ${line}`));
    expect(await failureOf(answer(Routes.interactionCallback(id, token), { type: 6 }))).toBe(
      "400/40060",
    );
    await patch({ content: "done" });
    expect(ada.told(rfcs)).toMatchObject([{ text: "done", isThinking: false }]);
    await answer(Routes.webhook(discord.app.id, token), { content: "for all" });
    expect(discord.visible(rfcs).at(-1)?.text).toBe("for all");
    await rest.delete(original, { auth: false });
    expect(ada.told(rfcs)).toEqual([]);
    discord.clock.advance(900_001);
    expect(await failureOf(patch({ content: "late" }))).toBe("401/50027");
    expect((await press).answer).toBe(5);
  });

  it("that nobody answers in time is unknown", async () => {
    const press = pressed();
    await expect.poll(() => discord.interactions.length).toBe(1);
    const { id, token } = discord.interactions[0]!;
    discord.clock.advance(3_001);
    expect((await press).answer).toBeNull();
    const late = answer(Routes.interactionCallback(id, token), deferred);
    expect(await failureOf(late)).toBe("404/10062");
  });

  it("fills in a deferral with the first that follows", async () => {
    const press = pressed();
    await expect.poll(() => discord.interactions.length).toBe(1);
    const { id, token } = discord.interactions[0]!;
    await answer(Routes.interactionCallback(id, token), deferred);
    await press;
    await answer(Routes.webhook(discord.app.id, token), { content: "first" });
    await answer(Routes.webhook(discord.app.id, token), { content: "second", flags: 64 });
    expect(ada.told(rfcs).map((one) => one.text)).toEqual(["first", "second"]);
  });

  it("takes only what fits its kind", async () => {
    await rest.put(Routes.applicationGuildCommands(discord.app.id, guild.id), {
      body: [{ name: "rfc", description: "RFCs" }],
    });
    const run = ada.runs(rfcs, "/rfc");
    const { id, token } = discord.interactions[0]!;
    const path = Routes.interactionCallback(id, token);
    expect(await failureOf(answer(path, { type: 6 }))).toBe("400/50035");
    const modal = { custom_id: "m", title: "x".repeat(46), components: [] };
    expect(await failureOf(answer(path, { type: 9, data: modal }))).toBe("400/50035");
    expect(discord.forgive()).not.toEqual([]);
    await answer(path, { type: 4, data: { content: "hello" } });
    expect((await run).answer).toBe(4);
    await expect(ada.runs(rfcs, "/rfc link")).rejects.toThrow("there is no command /rfc link");
  });
});

describe("commands", () => {
  it.each([
    ["a name in capitals", [{ name: "RFC", description: "x" }]],
    [
      "the same name twice",
      [
        { name: "a", description: "x" },
        { name: "a", description: "y" },
      ],
    ],
    ["no description", [{ name: "a" }]],
    ["a described menu", [{ name: "Discuss", type: 3, description: "x" }]],
    [
      "a required option after another",
      [
        {
          name: "a",
          description: "x",
          options: [
            { type: 3, name: "b", description: "x" },
            { type: 3, name: "c", description: "x", required: true },
          ],
        },
      ],
    ],
  ])("are refused with %s", async (_, body) => {
    const path = Routes.applicationCommands(discord.app.id);
    expect(await failureOf(rest.put(path, { body }))).toBe("400/50035");
  });

  it("are replaced all at once, and keep their ids", async () => {
    const path = Routes.applicationCommands(discord.app.id);
    const named = (name: string): Json => ({ name, description: "x" });
    const before = (await rest.put(path, { body: [named("a"), named("b")] })) as Json[];
    const after = (await rest.put(path, { body: [named("b")] })) as Json[];
    expect(after.map(({ id }) => id)).toEqual([before[1]!["id"]]);
    expect(await rest.get(path)).toMatchObject([{ name: "b" }]);
  });
});

describe("limits", () => {
  beforeEach(() => {
    discord.limits.options.enabled = true;
  });

  it("are told in the headers, and refused with 429 until the window is over", async () => {
    const send = async (): Promise<Response> =>
      await fetch(`${discord.apiUrl}/v10${Routes.channelMessages(rfcs.id)}`, {
        method: "POST",
        headers: {
          authorization: `Bot ${discord.token}`,
          "content-type": "application/json",
          "user-agent": "DiscordBot (https://example.com, 1)",
        },
        body: JSON.stringify({ content: "x", ...quiet }),
      });
    const first = await send();
    expect(first.headers.get("x-ratelimit-limit")).toBe("5");
    expect(first.headers.get("x-ratelimit-remaining")).toBe("4");
    expect(first.headers.get("x-ratelimit-bucket")).toMatch(/^[0-9a-f]{32}$/);
    for (let at = 0; at < 4; at += 1) expect((await send()).status).toBe(200);
    const refused = await send();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ global: false, retry_after: expect.any(Number) });
    expect(refused.headers.get("x-ratelimit-scope")).toBe("user");
    discord.clock.advance(5_000);
    expect((await send()).status).toBe(200);
    expect(discord.limits.invalidRequests).toBe(1);
  });

  it("hold for all routes together, and ban who does not heed them", async () => {
    discord.limits.options.global = 2;
    const look = (): Promise<unknown> => rest.get(Routes.user());
    await look();
    await look();
    expect(await failureOf(look())).toBe("RateLimitError");
    discord.limits.options.invalid = 1;
    discord.clock.advance(1_000);
    expect(await failureOf(restClient(discord).get(Routes.user()))).toBe("RateLimitError");
  });
});

describe("what goes wrong on purpose", () => {
  const route = "POST /channels/{channel_id}/messages";

  it("strikes before or after the effect", async () => {
    discord.fail({ route, cut: "before" });
    await expect(post({ content: "never came" })).rejects.toThrow();
    discord.fail({ route, cut: "after" });
    await expect(post({ content: "came" })).rejects.toThrow();
    discord.fail({ route, status: 500 });
    expect(await failureOf(post({ content: "no" }))).toMatch(/^500/);
    discord.fail({ route, code: 50001, status: 403 });
    expect(await failureOf(post({ content: "no" }))).toBe("403/50001");
    discord.fail({ route, retryAfter: 3, isGlobal: true });
    expect(await failureOf(post({ content: "no" }))).toBe("RateLimitError");
    expect(discord.lines(rfcs)).toEqual(["Redline: came"]);
  });

  it("leaves the next in peace, and waits where it is told to", async () => {
    let open = (): void => {};
    const until = new Promise<void>((resolve) => (open = resolve));
    discord.fail({ route, after: 1, until });
    await post({ content: "one" });
    const second = post({ content: "two" });
    await expect.poll(() => discord.requestsOf(route).length).toBe(2);
    expect(discord.visible(rfcs)).toHaveLength(1);
    open();
    await second;
    expect(discord.visible(rfcs)).toHaveLength(2);
  });
});

describe("the contract", () => {
  it("notes what Discord has not: a route, a field, a query", async () => {
    const wrong: (() => Promise<unknown>)[] = [
      () => rest.get("/channels/1/pins/nobody"),
      () => post({ content: "x", colour: "red" }),
      () =>
        rest.get(Routes.channelMessages(rfcs.id), { query: new URLSearchParams({ page: "1" }) }),
      () => rest.get(Routes.channel("abc")),
    ];
    for (const call of wrong) {
      await call().catch(() => {});
      expect(discord.forgive()).toHaveLength(1);
    }
  });

  it("fails the test that did so", async () => {
    const other = await FakeDiscord.start();
    await restClient(other)
      .get("/nothing")
      .catch(() => {});
    await expect(other.dispose()).rejects.toThrow("not as Discord has it");
  });
});

describe("direct messages", () => {
  it("are one channel for each person, and hear only of it", async () => {
    await using app = await ready(discord);
    const open = (): Promise<unknown> =>
      rest.post(Routes.userChannels(), { body: { recipient_id: ada.id } });
    expect(await open()).toMatchObject({ id: ada.direct.id, type: 1 });
    await post({ content: "hello" }, ada.direct);
    expect(discord.lines(ada.direct)).toEqual(["Redline: hello"]);
    ada.says(ada.direct, "hi");
    await expect.poll(() => app.heard.at(-1)?.t).toBe("MESSAGE_CREATE");
    expect(app.heard.at(-1)?.d).not.toHaveProperty("guild_id");
    await rest.post(Routes.channelTyping(ada.direct.id));
    expect(discord.lines(ada.direct).at(-1)).toBe("Redline is typing…");
    discord.clock.advance(10_001);
    expect(discord.typing(ada.direct)).toEqual([]);
  });
});
