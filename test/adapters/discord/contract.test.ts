import type { ChatPlace } from "../../../src/chat/chat-event.ts";
import { describeChatPlatform } from "../../contract/chat-platform.ts";
import { OutWorld, readable } from "./out-world.ts";

const ROUTES = {
  post: "POST /channels/{channel_id}/messages",
  edit: "PATCH /channels/{channel_id}/messages/{message_id}",
  append: "",
  sendPrivate: "POST /channels/{channel_id}/messages",
};

describeChatPlatform("Discord", async () => {
  const world = await OutWorld.start();
  const { discord, guild, ada, channel, platform } = world;
  const boss = guild.addMember("boss", ["MANAGE_GUILD"]);
  const closed = guild.addMember("closed");
  closed.blocksBot();
  const hidden = guild.addPrivateChannel("elsewhere", [boss], false);
  const alone = guild.addThread(hidden, "alone", boss);
  return {
    platform,
    at: world.at,
    refused: world.placeOf(alone),
    channel: channel.id,
    admin: world.personOf(boss),
    member: world.person,
    memberName: "ada",
    mention: ada.mention,
    hasStreams: false,
    keepsKeys: false,
    seen: ({ place }: ChatPlace) =>
      world
        .shown(discord.channel(place.split("/")[1]!))
        .map(({ id, text }) => ({ id, text: readable(text), isGrowing: false })),
    told: ({ id }) =>
      [boss, ada]
        .filter((person) => person.id === id)
        .flatMap(({ direct }) => discord.visible(direct))
        .map(({ text }) => text.split("\n")[0]!),
    privately: ({ id }) =>
      [boss, ada]
        .filter((person) => person.id === id)
        .flatMap(({ direct }) => discord.visible(direct))
        .map(({ text }) => readable(text)),
    unreachable: world.personOf(closed),
    timeZone: null,
    pings: () => discord.pings,
    lose: (call, moment) => discord.fail({ route: ROUTES[call], cut: moment }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
});
