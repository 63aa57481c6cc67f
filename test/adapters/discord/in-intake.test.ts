import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { DiscordClient } from "../../../adapters/discord/client.ts";
import { createDiscordEvents } from "../../../adapters/discord/dispatch.ts";
import { readEnvelope } from "../../../adapters/discord/envelope-events.ts";
import type { Envelope } from "../../../adapters/discord/envelopes.ts";
import { DiscordIntake } from "../../../adapters/discord/intake.ts";
import { Responder } from "../../../adapters/discord/interactions.ts";
import { idAt } from "../../../adapters/discord/place.ts";
import { createDiscordRest } from "../../../adapters/discord/rest.ts";
import { LocalCallSlots } from "../../../src/chat/call-slots.ts";
import type { ChatEvent } from "../../../src/chat/chat-event.ts";
import type { Json } from "../../../src/json.ts";
import type { PlaceEvent } from "../../../src/store/inbox.ts";
import type { KnownPlace } from "../../../src/store/linked-places.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../../fakes/discord/fake-guild.ts";
import type { Channel } from "../../fakes/discord/model.ts";
import { guildCreateJson } from "../../fakes/discord/wire.ts";
import { until } from "../../support/test-app.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

let discord: FakeDiscord;
let guild: FakeGuild;
let rfcs: Channel;
let intake: DiscordIntake;
let places: KnownPlace[];
const stored: PlaceEvent[] = [];

beforeEach(async () => {
  discord = await FakeDiscord.start();
  guild = discord.addGuild("Acme");
  rfcs = guild.addChannel("rfcs");
  stored.length = 0;
  places = [];
  const rest = createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl });
  intake = new DiscordIntake({
    rest,
    client: new DiscordClient({ rest, slots: new LocalCallSlots(), logger: SILENT }),
    queue: { add: (event) => stored.push(event) > 0, below: () => Promise.resolve() },
    responder: new Responder({ rest, suggest: () => Promise.resolve([]), logger: SILENT }),
    places: () => Promise.resolve(places),
    serves: () => true,
    logger: SILENT,
  });
});
afterEach(async () => {
  await intake.close();
  await discord.dispose();
});

/** What the app is told of the server now, as the fake tells it on a new session. */
function tellGuild(): void {
  intake.take("GUILD_CREATE", guildCreateJson(discord.world, guild.state), "s:1");
}

function events(): ChatEvent[] {
  return stored.flatMap(({ payload }) => readEnvelope(payload as Envelope));
}

/** Of the server, with everybody's own role as it is. */
const everybody = (permissions: string): Json => ({
  guild_id: guild.id,
  role: { id: guild.id, name: "@everyone", permissions },
});

it("takes a channel that it has to look up for as closed as it is", async () => {
  tellGuild();
  const hidden = guild.addPrivateChannel("board", []);
  intake.take(
    "MESSAGE_DELETE",
    { id: hidden.id, channel_id: hidden.id, guild_id: guild.id },
    "s:2",
  );
  await until(async () => stored.length > 0);
  expect(stored[0]!.payload).toMatchObject({ channel: { id: hidden.id, isPublic: false } });
});

it("says when a channel is open to everybody no longer", () => {
  tellGuild();
  const hide = [{ id: guild.id, type: 0, allow: "0", deny: String(1 << 10) }];
  const update = { id: rfcs.id, type: 0, guild_id: guild.id, name: "rfcs" };
  intake.take("CHANNEL_UPDATE", { ...update, permission_overwrites: [] }, "s:2");
  expect(events()).toEqual([]);
  intake.take("CHANNEL_UPDATE", { ...update, permission_overwrites: hide }, "s:3");
  const at = { platform: "discord", workspaceId: guild.id };
  expect(events()).toEqual([{ kind: "channel_closed", at, channel: rfcs.id }]);
});

it("says so of each channel that a change of everybody's role closes", () => {
  guild.addPrivateChannel("board", []);
  tellGuild();
  intake.take("GUILD_ROLE_UPDATE", everybody(String(1 << 10)), "s:2");
  expect(events()).toEqual([]);
  intake.take("GUILD_ROLE_UPDATE", everybody("0"), "s:3");
  expect(events()).toMatchObject([{ kind: "channel_closed", channel: rfcs.id }]);
});

it("says so of a channel that was closed while nobody listened", async () => {
  const hidden = guild.addPrivateChannel("board", []);
  const ada = guild.addMember("ada");
  places = [rfcs, hidden].map((channel) => ({
    workspaceId: guild.id,
    place: `${channel.id}/${guild.addThread(channel, "ideas", ada).id}`,
    linkedAt: new Date(),
    reach: "workspace" as const,
    messageIds: [],
  }));
  tellGuild();
  intake.catchUp();
  await until(async () => stored.length > 0);
  expect(events()).toMatchObject([{ kind: "channel_closed", channel: hidden.id }]);
});

/** What the desk is given for a dispatch, as a worker reads it. */
async function handled(name: string, data: Json): Promise<ChatEvent[]> {
  intake.take(name, data, "s:9");
  const given: ChatEvent[] = [];
  const work = createDiscordEvents({
    rest: createDiscordRest({ token: discord.token, apiUrl: discord.apiUrl }),
    handle: (event) => Promise.resolve(void given.push(event)),
    settle: () => Promise.resolve(),
    logger: SILENT,
  });
  const item = {
    workspaceId: guild.id,
    receivedAt: new Date(),
    isRepeat: false,
    traceparent: null,
  };
  for (const event of stored) await work({ ...event, ...item });
  return given;
}

it("reads the whole of a message whose update tells only what has changed", async () => {
  const ada = guild.addMember("ada");
  const thread = guild.addThread(rfcs, "ideas", ada);
  tellGuild();
  const message = ada.says(thread, "first");
  ada.edits(message, "first, as edited");
  const told = discord.gateway.dispatched.findLast(({ t }) => t === "MESSAGE_UPDATE")!.data(true);
  const { id, channel_id, guild_id, edited_timestamp } = told;
  const place = `${rfcs.id}/${thread.id}`;
  const given = await handled("MESSAGE_UPDATE", { id, channel_id, guild_id, edited_timestamp });
  expect(stored).toMatchObject([{ onlyIn: { place } }]);
  expect(given).toMatchObject([
    { kind: "edited", message: { text: "first, as edited", by: { id: ada.id }, at: { place } } },
  ]);
});

it("finds the thread that a command was called in, where Discord does not say", async () => {
  const ada = guild.addMember("ada");
  const thread = guild.addThread(rfcs, "ideas", ada);
  const given = await handled("INTERACTION_CREATE", {
    id: discord.world.ids.next(),
    application_id: discord.app.id,
    type: 2,
    token: "token",
    guild_id: guild.id,
    channel_id: thread.id,
    member: { user: { id: ada.id, username: "ada" } },
    data: { type: 1, name: "rfc", options: [{ type: 1, name: "status" }] },
  });
  expect(given).toMatchObject([
    { kind: "command", at: { place: `${rfcs.id}/${thread.id}` }, reply: { thread: thread.id } },
  ]);
});

describe("places in which nothing was said for long", () => {
  const LONG_AGO = new Date(Date.now() - 9 * 24 * 60 * 60_000);
  const LIST = "GET /channels/{channel_id}/messages";

  function placeOf(thread: Channel, linkedAt: Date, messageIds: string[] = []): KnownPlace {
    const place = `${rfcs.id}/${thread.id}`;
    return { workspaceId: guild.id, place, linkedAt, reach: "workspace", messageIds };
  }

  const asked = () => discord.requestsOf(LIST).map(({ params }) => params["channel_id"]);

  it("are not read again where they are archived or their last message is known", async () => {
    const ada = guild.addMember("ada");
    const [archived, known, missed, recent] = ["a", "b", "c", "d"].map((name) =>
      guild.addThread(rfcs, name, ada),
    ) as [Channel, Channel, Channel, Channel];
    guild.archive(archived);
    const said = oldMessage(known, ada.id);
    ada.says(missed, "missed");
    places = [
      placeOf(archived, LONG_AGO),
      placeOf(known, LONG_AGO, [said]),
      placeOf(missed, LONG_AGO),
      placeOf(recent, new Date()),
    ];
    tellGuild();
    intake.catchUp();
    await until(async () => asked().length >= 2);
    await intake.close();
    expect(new Set(asked())).toEqual(new Set([missed.id, recent.id]));
  });

  it("are read once they are open again", async () => {
    const ada = guild.addMember("ada");
    const thread = guild.addThread(rfcs, "ideas", ada);
    ada.says(thread, "missed");
    guild.archive(thread);
    const other = guild.addThread(rfcs, "other", ada);
    places = [placeOf(thread, LONG_AGO), placeOf(other, new Date())];
    tellGuild();
    intake.catchUp();
    await until(async () => asked().includes(other.id));
    guild.unlock(thread);
    const update = discord.gateway.dispatched.findLast(({ t }) => t === "THREAD_UPDATE")!;
    intake.take("THREAD_UPDATE", update.data(true), "s:2");
    await until(async () => asked().includes(thread.id));
  });
});

/** One that was said long ago; answers with its id. */
function oldMessage(channel: Channel, authorId: string): string {
  const id = idAt(Date.now() - 9 * 24 * 60 * 60_000);
  discord.world.post(channel, authorId, { content: "long ago", id });
  return id;
}
