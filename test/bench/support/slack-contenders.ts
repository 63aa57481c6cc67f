/** What is measured beside each other on the fake Slack. */
import { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../../fakes/slack/fake-team.ts";
import type { FakeUser } from "../../fakes/slack/fake-user.ts";
import type { Channel } from "../../fakes/slack/model.ts";
import type { LoggedCall } from "../../fakes/slack/request-log.ts";
import type { Asked, SlackAccount } from "../slack/account.ts";
import { stringsIn } from "./answers.ts";
import type { Contender, ContenderKind, PlatformCall } from "./contenders.ts";
import { install, seen, startProgram } from "./contenders.ts";
import { startServer } from "./start-server.ts";

type Start = (slack: FakeSlack, team: FakeTeam) => Promise<Contender | null>;

const FOLDER = new URL("../slack/", import.meta.url);

export const SLACK_CONTENDERS: readonly ContenderKind[] = [
  onSlack("Redline", startRedline),
  onSlack("client.chatStream()", (slack, team) => start("chat-stream.ts", slack, team, "asked")),
  onSlack("chat + @chat-adapter/slack", async (slack, team) =>
    (await install(FOLDER)) ? start("chat-sdk.ts", slack, team, "mentioned") : null,
  ),
];

function onSlack(name: string, begin: Start): ContenderKind {
  return {
    name,
    async open() {
      const slack = await FakeSlack.start();
      return {
        contender: await begin(slack, slack.addTeam("Acme")),
        calls: (from) => slack.callsOf().slice(from).map(toCall),
        settled: () => slack.settled(),
        close: () => slack.close(),
      };
    },
  };
}

function toCall({ method, args, error, answer, at }: LoggedCall): PlatformCall {
  const isShown = error === null && answer !== null && method.startsWith("chat.");
  return {
    name: method,
    at,
    isUnderWay: answer === null,
    isLimited: error === "ratelimited",
    texts: isShown ? stringsIn(args) : [],
  };
}

/** A member and a channel for each stream: nobody is held up by the limits of one person or channel. */
function stages(team: FakeTeam, streams: number): { channel: Channel; asker: FakeUser }[] {
  return Array.from({ length: streams }, (_, n) => {
    const asker = team.addUser(`person-${n}`, { isAdmin: true });
    return { asker, channel: team.addChannel(`rfcs-${n}`, { members: [asker] }) };
  });
}

async function startRedline(slack: FakeSlack, team: FakeTeam): Promise<Contender> {
  const server = await startServer("PostgreSQL", undefined, {
    SLACK_API_URL: slack.apiUrl,
    SLACK_BOT_TOKEN: team.botToken,
    SLACK_APP_TOKEN: slack.app.appToken,
  });
  return {
    prepare: (streams) =>
      Promise.all(
        stages(team, streams).map(async ({ channel, asker }, stream) => {
          const { ts } = asker.says(channel, `${team.mention} link rfc new`);
          await seen(() => slack.visible(channel, ts).length > 1, "a linked thread");
          return () =>
            void asker.says(channel, `${team.mention} tokens ${stream}`, { threadTs: ts });
        }),
      ),
    made: () => server!.made(),
    [Symbol.asyncDispose]: () => server![Symbol.asyncDispose](),
  };
}

async function start(
  file: string,
  slack: FakeSlack,
  team: FakeTeam,
  how: "asked" | "mentioned",
): Promise<Contender> {
  const { apiUrl, app } = slack;
  const account: SlackAccount = { apiUrl, botToken: team.botToken, appToken: app.appToken };
  const program = await startProgram(new URL(file, FOLDER), account);
  return {
    prepare: (streams) =>
      Promise.resolve(
        stages(team, streams).map(({ channel, asker }, stream) => {
          const { ts } = asker.says(channel, "A thread.");
          const at = { teamId: team.id, channel: channel.id, threadTs: ts, userId: asker.id };
          const asked: Asked = { stream, ...at };
          const mention = `${team.mention} tokens ${stream}`;
          return how === "asked"
            ? () => program.send(asked)
            : () => void asker.says(channel, mention, { threadTs: ts });
        }),
      ),
    made: () => program.made(),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
