/** What is measured beside each other on the fake Discord. */
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import type { FakeGuild } from "../../fakes/discord/fake-guild.ts";
import type { FakeUser } from "../../fakes/discord/fake-user.ts";
import type { Channel } from "../../fakes/discord/model.ts";
import type { LoggedRequest } from "../../fakes/discord/request-log.ts";
import type { DiscordAccount } from "../discord/account.ts";
import { stringsIn } from "./answers.ts";
import type { Contender, ContenderKind, PlatformCall } from "./contenders.ts";
import { install, seen, startProgram } from "./contenders.ts";
import { startServer } from "./start-server.ts";

type Start = (discord: FakeDiscord, guild: FakeGuild) => Promise<Contender | null>;

const FOLDER = new URL("../discord/", import.meta.url);
const POST = "POST /channels/{channel_id}/messages";
const EDIT = "PATCH /channels/{channel_id}/messages/{message_id}";
/** Of Discord's bucket for edits in a channel. */
const EDIT_WINDOW_MS = 5_000;

export const DISCORD_CONTENDERS: readonly ContenderKind[] = [
  onDiscord("Redline", startRedline),
  onDiscord("chat + @chat-adapter/discord", async (discord, guild) =>
    (await install(FOLDER)) ? startChatSdk(discord, guild) : null,
  ),
];

function onDiscord(name: string, begin: Start): ContenderKind {
  return {
    name,
    async open() {
      const discord = await FakeDiscord.start();
      return {
        contender: await begin(discord, discord.addGuild("Acme")),
        calls: (from) => discord.requestsOf().slice(from).map(toCall),
        more: (from) => [String(mostEdits(discord.requestsOf().slice(from)))],
        settled: () => discord.gateway.caughtUp(),
        close: () => discord.close(),
      };
    },
  };
}

function toCall({ route, status, body, at }: LoggedRequest): PlatformCall {
  const isShown = status >= 200 && status < 300 && (route === POST || route === EDIT);
  return {
    name: route,
    at,
    isUnderWay: status === 0,
    isLimited: status === 429,
    texts: isShown ? stringsIn(body) : [],
  };
}

/** In any five seconds of any channel; those that were refused are not among them. */
function mostEdits(requests: readonly LoggedRequest[]): number {
  const edits = requests.filter(({ route, status }) => route === EDIT && status === 200);
  return Math.max(
    0,
    ...edits.map(
      ({ at, params }) =>
        edits.filter((other) => {
          const isSoon = other.at >= at && other.at < at + EDIT_WINDOW_MS;
          return isSoon && other.params["channel_id"] === params["channel_id"];
        }).length,
    ),
  );
}

/** A member and a channel for each stream: nobody is held up by the limits of one person. */
function stages(guild: FakeGuild, streams: number): { channel: Channel; asker: FakeUser }[] {
  return Array.from({ length: streams }, (_, n) => ({
    asker: guild.addMember(`person-${n}`, ["MANAGE_GUILD"]),
    channel: guild.addChannel(`rfcs-${n}`),
  }));
}

async function startRedline(discord: FakeDiscord, guild: FakeGuild): Promise<Contender> {
  const server = await startServer("PostgreSQL", undefined, {
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_TOKEN: discord.token,
  });
  return {
    prepare: (streams) =>
      Promise.all(
        stages(guild, streams).map(async ({ channel, asker }, stream) => {
          const thread = await linkedThread(discord, channel, asker);
          return () => void asker.says(thread, `${discord.mention} tokens ${stream}`);
        }),
      ),
    made: () => server!.made(),
    [Symbol.asyncDispose]: () => server![Symbol.asyncDispose](),
  };
}

/** Begun by a mention in a text channel. */
export async function linkedThread(
  discord: FakeDiscord,
  channel: Channel,
  asker: FakeUser,
): Promise<Channel> {
  const asked = asker.says(channel, `${discord.mention} link rfc new`);
  const thread = (): Channel | null => discord.world.threadOf(asked);
  const isLinked = (): boolean => {
    const begun = thread();
    return begun !== null && discord.visible(begun).length > 0;
  };
  await seen(isLinked, "a linked thread");
  return thread()!;
}

async function startChatSdk(discord: FakeDiscord, guild: FakeGuild): Promise<Contender> {
  const { apiUrl, token, app } = discord;
  const account: DiscordAccount = { apiUrl, token, applicationId: app.id };
  const program = await startProgram(new URL("chat-sdk.ts", FOLDER), account);
  await seen(() => discord.gateway.connected.length > 0, "the gateway");
  return {
    prepare: (streams) =>
      Promise.resolve(
        stages(guild, streams).map(({ channel, asker }, stream) => {
          const thread = guild.addThread(channel, "A thread", asker);
          return () => void asker.says(thread, `${discord.mention} tokens ${stream}`);
        }),
      ),
    made: () => program.made(),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
