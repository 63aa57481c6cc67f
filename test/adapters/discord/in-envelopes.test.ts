import { describe, expect, it } from "vitest";

import { readAsker } from "../../../adapters/discord/asker.ts";
import { Directory } from "../../../adapters/discord/directory.ts";
import { readEnvelope } from "../../../adapters/discord/envelope-events.ts";
import type { Envelope, Surroundings } from "../../../adapters/discord/envelopes.ts";
import { readDispatch } from "../../../adapters/discord/envelopes.ts";
import { customId } from "../../../adapters/discord/custom-id.ts";
import type { Json } from "../../../src/json.ts";

const GUILD = "100000000000000001";
const CHANNEL = "100000000000000002";
const THREAD = "100000000000000003";
const HIDDEN = "100000000000000004";
const ME = "100000000000000009";
const OWN_ROLE = "100000000000000010";
const ADA = { id: "100000000000000011", username: "ada", global_name: "Ada" };
const BOB = { id: "100000000000000012", username: "bob", member: { nick: "Bobby" } };

const VIEW = String(1 << 10);

/** As after READY and GUILD_CREATE. */
function directory(): Directory {
  const known = new Directory();
  known.apply("READY", { user: { id: ME }, session_id: "s" });
  known.apply("GUILD_CREATE", {
    id: GUILD,
    roles: [
      { id: GUILD, name: "@everyone", permissions: VIEW },
      { id: OWN_ROLE, name: "Redline", permissions: "0", tags: { bot_id: ME } },
    ],
    channels: [
      { id: CHANNEL, type: 0, name: "rfcs", permission_overwrites: [] },
      {
        id: HIDDEN,
        type: 0,
        name: "board",
        permission_overwrites: [{ id: GUILD, type: 0, allow: "0", deny: VIEW }],
      },
    ],
    threads: [{ id: THREAD, type: 11, parent_id: CHANNEL, name: "ideas" }],
  });
  return known;
}

function around(known = directory()): Surroundings {
  return {
    me: { id: known.me, roles: known.ownRoles(GUILD) },
    channel: (guild, id) => known.channel(guild, id),
    roleName: (guild, id) => known.roleName(guild, id),
    runsServer: (guild, user, roles) => known.runsServer(guild, user, roles),
    mark: "s:1",
  };
}

function message(content: string, more: Json = {}): Json {
  return {
    id: "100000000000000100",
    type: 0,
    guild_id: GUILD,
    channel_id: THREAD,
    author: ADA,
    member: { nick: null, roles: [] },
    content,
    timestamp: "2026-01-01T00:00:00.000000+00:00",
    edited_timestamp: null,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    tts: false,
    ...more,
  };
}

function stored(name: string, data: Json) {
  return readDispatch(name, data, around());
}

function events(name: string, data: Json) {
  return stored(name, data).flatMap(({ payload }) => {
    return readEnvelope(JSON.parse(JSON.stringify(payload)) as Envelope);
  });
}

const AT = { platform: "discord", workspaceId: GUILD, place: `${CHANNEL}/${THREAD}` };

describe("a message", () => {
  it("of a thread is stored where that is linked", () => {
    const [event] = stored("MESSAGE_CREATE", message("hello"));
    expect(event).toMatchObject({
      eventId: "create:100000000000000100",
      lane: `${GUILD}/${AT.place}`,
      onlyIn: { workspaceId: GUILD, place: AT.place },
    });
    expect(events("MESSAGE_CREATE", message("hello"))).toEqual([
      {
        kind: "message",
        message: {
          at: AT,
          id: "100000000000000100",
          by: { platform: "discord", workspaceId: GUILD, id: ADA.id },
          text: "hello",
          quote: null,
          addressed: false,
          addressesOther: false,
          isPrivate: false,
          isPublic: true,
          startsThread: false,
        },
      },
    ]);
  });

  it("of a channel is stored where it mentions Redline, as the beginning of a thread", () => {
    const outside = { channel_id: CHANNEL };
    expect(stored("MESSAGE_CREATE", message("hello", outside))).toEqual([]);
    const said = message(`<@&${OWN_ROLE}> link rfc`, outside);
    expect(stored("MESSAGE_CREATE", said)).toMatchObject([{ onlyIn: null }]);
    expect(events("MESSAGE_CREATE", said)).toMatchObject([
      {
        message: {
          at: { place: `${CHANNEL}/100000000000000100` },
          text: "link rfc",
          addressed: true,
          startsThread: true,
        },
      },
    ]);
  });

  it("of a channel that not everybody sees is not public", () => {
    const said = message(`<@${ME}> hello`, { channel_id: HIDDEN });
    expect(events("MESSAGE_CREATE", said)).toMatchObject([{ message: { isPublic: false } }]);
  });

  it("to Redline directly has a place of its own", () => {
    const { guild_id: _, ...direct } = message("hello", { channel_id: "100000000000000050" });
    expect(stored("MESSAGE_CREATE", direct)).toMatchObject([{ onlyIn: null }]);
    expect(events("MESSAGE_CREATE", direct)).toMatchObject([
      {
        message: {
          at: { workspaceId: "", place: "100000000000000050/100000000000000050" },
          isPrivate: true,
          addressed: true,
          startsThread: false,
        },
      },
    ]);
  });

  it("has what it replies to as its quote, and names for ids", () => {
    const said = message(`<@${BOB.id}> why?`, {
      type: 19,
      mentions: [BOB, { id: ME, username: "redline" }],
      referenced_message: { id: "1000001", author: { id: ME, bot: true }, content: "It \\* is." },
    });
    expect(events("MESSAGE_CREATE", said)).toMatchObject([
      {
        message: {
          text: "@Bobby why?",
          quote: "It * is.",
          // A reply pings its author.
          addressed: true,
          addressesOther: true,
          mentioned: [{ id: BOB.id }],
        },
      },
    ]);
  });

  it.each<[string, Json]>([
    ["a bot", message("hello", { author: { ...ADA, bot: true } })],
    ["a webhook", message("hello", { webhook_id: "1" })],
    ["Discord", message("hello", { type: 18 })],
    ["a thread's beginning", message("hello", { type: 21 })],
    ["nobody whose words are shown", message("")],
  ])("of %s is none", (_, said) => {
    expect(stored("MESSAGE_CREATE", said)).toEqual([]);
  });

  it("keeps the names of its files where there is nothing else", () => {
    const said = message("", { attachments: [{ filename: "plan.pdf", url: "https://x" }] });
    expect(events("MESSAGE_CREATE", said)).toMatchObject([{ message: { text: "[plan.pdf]" } }]);
  });

  it("keeps nothing that the database refuses", () => {
    const [event] = stored("MESSAGE_CREATE", message("a\0b \ud800"));
    expect(JSON.stringify(event)).not.toMatch(/\\u0000|\\ud800/);
  });

  it("is edited once for each edit, and not by an unfurled link", () => {
    expect(stored("MESSAGE_UPDATE", message("hello"))).toEqual([]);
    const edited = message("hello", { edited_timestamp: "2026-01-01T00:00:05.000000+00:00" });
    expect(stored("MESSAGE_UPDATE", edited)).toMatchObject([
      { eventId: "update:100000000000000100:2026-01-01T00:00:05.000000+00:00" },
    ]);
    expect(events("MESSAGE_UPDATE", edited)).toMatchObject([{ kind: "edited" }]);
  });

  it("is deleted, alone or with others", () => {
    const deletion = { id: "1000001", channel_id: THREAD, guild_id: GUILD };
    expect(events("MESSAGE_DELETE", deletion)).toEqual([
      { kind: "deleted", at: AT, id: "1000001" },
    ]);
    const many = { ids: ["1000001", "1000002"], channel_id: THREAD, guild_id: GUILD };
    expect(stored("MESSAGE_DELETE_BULK", many).map(({ eventId }) => eventId)).toEqual([
      "delete:1000001",
      "delete:1000002",
    ]);
  });
});

describe("the end of a place", () => {
  it("is that of a thread, a channel, or all of a server", () => {
    const thread = { id: THREAD, parent_id: CHANNEL, guild_id: GUILD, type: 11 };
    expect(events("THREAD_DELETE", thread)).toMatchObject([
      { kind: "place_gone", channel: CHANNEL, place: AT.place },
    ]);
    const channel = { id: CHANNEL, guild_id: GUILD, type: 0 };
    expect(events("CHANNEL_DELETE", channel)).toEqual([
      { kind: "place_gone", at: { platform: "discord", workspaceId: GUILD }, channel: CHANNEL },
    ]);
    expect(events("GUILD_DELETE", { id: GUILD })).toEqual([
      { kind: "uninstalled", platform: "discord", workspaceId: GUILD },
    ]);
    expect(events("GUILD_DELETE", { id: GUILD, unavailable: true })).toEqual([]);
  });
});

function interaction(type: number, data: Json, more: Json = {}): Json {
  return {
    id: "100000000000000200",
    application_id: ME,
    type,
    token: "secret-token",
    version: 1,
    guild_id: GUILD,
    channel_id: THREAD,
    channel: { id: THREAD, type: 11, parent_id: CHANNEL },
    member: { user: ADA, permissions: "0", roles: [] },
    data,
    ...more,
  };
}

const REPLY = {
  channel: CHANNEL,
  thread: THREAD,
  trigger: "100000000000000200/secret-token",
};

describe("an interaction", () => {
  it("is a command in its place", () => {
    const data = { type: 1, name: "rfc", options: [{ type: 1, name: "status" }] };
    const given = interaction(2, data);
    expect(stored("INTERACTION_CREATE", given)).toMatchObject([
      { eventId: "interaction:100000000000000200", lane: `${GUILD}/user/${ADA.id}`, onlyIn: null },
    ]);
    expect(events("INTERACTION_CREATE", given)).toEqual([
      {
        kind: "command",
        at: AT,
        channel: CHANNEL,
        by: { platform: "discord", workspaceId: GUILD, id: ADA.id },
        text: "status",
        isPrivate: false,
        isPublic: true,
        reply: { ...REPLY, responseUrl: `original:${ME}/secret-token` },
      },
    ]);
    const channel = { id: CHANNEL, type: 0 };
    const outside = interaction(2, data, { channel_id: CHANNEL, channel });
    expect(events("INTERACTION_CREATE", outside)).toMatchObject([
      { at: null, channel: CHANNEL, reply: { thread: null } },
    ]);
  });

  it("of a message's menu carries that message", () => {
    const messages = { "100000000000000100": message("one *minute*\n> of two") };
    const data = {
      type: 3,
      name: "Discuss in RFC",
      target_id: "100000000000000100",
      resolved: { messages },
    };
    expect(events("INTERACTION_CREATE", interaction(2, data))).toMatchObject([
      {
        kind: "discuss",
        message: { at: AT, text: "one *minute*\n> of two", by: { id: ADA.id } },
        reply: { responseUrl: `form:${ME}/secret-token` },
      },
    ]);
    const propose = { ...data, name: "Propose edit" };
    expect(events("INTERACTION_CREATE", interaction(2, propose))).toMatchObject([
      { kind: "propose", message: { text: "one *minute*", quote: "of two" } },
    ]);
  });

  it.each([
    [{ custom_id: customId("accept", "ref~1") }, "accept", null, "followup"],
    [{ custom_id: customId("decline", "ref~1") }, "decline", null, "form"],
    [{ custom_id: customId("place", "ref~1", 2) }, "place", 2, "followup"],
    [{ custom_id: customId("place", "ref~1"), values: ["3"] }, "place", 3, "followup"],
  ])("of a control %j", (data, action, choice, state) => {
    const given = interaction(3, { component_type: 2, ...data }, { message: { id: "1000001" } });
    expect(events("INTERACTION_CREATE", given)).toMatchObject([
      {
        kind: "pressed",
        action,
        choice,
        ref: "ref~1",
        reply: { responseUrl: `${state}:${ME}/secret-token` },
      },
    ]);
  });

  it("brings a form back, in rows or with labels", () => {
    const components = [
      { type: 1, components: [{ type: 4, custom_id: "reason", value: "too early" }] },
      { type: 18, component: { type: 3, custom_id: "rfc", values: ["my-rfc"] } },
    ];
    const given = interaction(5, { custom_id: customId("form.decline", "ref"), components });
    expect(events("INTERACTION_CREATE", given)).toMatchObject([
      {
        kind: "submitted",
        form: "decline",
        ref: "ref",
        values: { reason: "too early", rfc: "my-rfc" },
        reply: { responseUrl: `original:${ME}/secret-token` },
      },
    ]);
  });

  it("is not stored where it only asks what could be written", () => {
    const data = { type: 1, name: "rfc", options: [] };
    expect(stored("INTERACTION_CREATE", interaction(4, data))).toEqual([]);
  });
});

describe("who waits for an answer", () => {
  const askerOf = (name: string, data: Json) => readAsker(stored(name, data)[0]?.payload ?? {});

  it("is who spoke or pressed", () => {
    const mention = message(`<@${ME}> why?`);
    expect(askerOf("MESSAGE_CREATE", mention)).toMatchObject({
      by: { id: ADA.id },
      inPassing: null,
    });
    expect(askerOf("MESSAGE_CREATE", message("hello"))).toMatchObject({ inPassing: AT });
    const data = { type: 1, name: "rfc", options: [{ type: 1, name: "status" }] };
    expect(askerOf("INTERACTION_CREATE", interaction(2, data))).toMatchObject({
      by: { id: ADA.id },
      reply: { trigger: null, responseUrl: `original:${ME}/secret-token` },
    });
  });

  it("is nobody for what Discord tells", () => {
    const deletion = { id: "1000001", channel_id: THREAD, guild_id: GUILD };
    expect(askerOf("MESSAGE_DELETE", deletion)).toBeNull();
    expect(readAsker({})).toBeNull();
  });
});
