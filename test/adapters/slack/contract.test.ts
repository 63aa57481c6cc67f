import type { ChatPlace } from "../../../src/chat/chat-event.ts";
import { describeChatPlatform } from "../../contract/chat-platform.ts";
import { OutWorld } from "./out-world.ts";

const METHODS = {
  post: "chat.postMessage",
  edit: "chat.update",
  append: "chat.appendStream",
  sendPrivate: "chat.postMessage",
};

describeChatPlatform("Slack", async () => {
  const world = await OutWorld.start();
  const { slack, team, channel, at, platform } = world;
  const boss = team.addUser("boss", { isAdmin: true });
  const former = team.addUser("former", { deleted: true });
  const elsewhere = team.addChannel("elsewhere", {
    members: [boss],
    withBot: false,
    kind: "private",
  });
  const root = boss.says(elsewhere, "we are alone");
  const personOf = ({ id }: { id: string }) => ({ ...world.person, id });
  return {
    platform,
    at,
    refused: world.placeOf(`${elsewhere.id}/${root.ts}`),
    channel: channel.id,
    admin: personOf(boss),
    member: world.person,
    memberName: "ada",
    mention: `<@${world.ada.id}|ada>`,
    hasStreams: true,
    keepsKeys: true,
    seen: ({ place }: ChatPlace) =>
      slack
        .visible(channel, place.split("/")[1])
        .filter(({ isBot, state }) => isBot && state !== "deleted")
        .map(({ ts, text, state }) => ({ id: ts, text, isGrowing: state === "live" })),
    told: ({ id }) => slack.ephemerals(channel, id).map(({ text }) => text),
    privately: ({ id }) => {
      const person = [boss, world.ada].find((one) => one.id === id)!;
      return slack.visible(team.directMessages(person)).map(({ text }) => text);
    },
    unreachable: personOf(former),
    timeZone: "Europe/Berlin",
    pings: () => slack.pings,
    lose: (call, moment) => slack.fail({ method: METHODS[call], cut: moment }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
});
