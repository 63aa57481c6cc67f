/** What is measured beside each other on the fake Slack, each in a process of its own. */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../../fakes/slack/fake-team.ts";
import type { FakeUser } from "../../fakes/slack/fake-user.ts";
import type { Channel } from "../../fakes/slack/model.ts";
import type { Asked, SlackAccount } from "../slack/contender.ts";
import { nextMessage, startServer } from "./start-server.ts";
import type { MadeAt } from "./token-stream.ts";

/** A thread in which one answer is to appear. */
export interface Stage {
  stream: number;
  channel: Channel;
  threadTs: string;
  asker: FakeUser;
}

export interface Contender extends AsyncDisposable {
  /** Threads for so many answers. */
  prepare(streams: number): Promise<Stage[]>;
  ask(stage: Stage): void;
  made(): Promise<MadeAt>;
}

/** One that can be measured; null where it cannot be installed. */
export interface ContenderKind {
  name: string;
  start(slack: FakeSlack, team: FakeTeam): Promise<Contender | null>;
}

const CHAT_STREAM = "client.chatStream()";
const CHAT_SDK = "chat + @chat-adapter/slack";

export const CONTENDERS: readonly ContenderKind[] = [
  { name: "Redline", start: startRedline },
  {
    name: CHAT_STREAM,
    start: (slack, team) => startProgram("chat-stream.ts", slack, team, "asked"),
  },
  {
    name: CHAT_SDK,
    start: async (slack, team) =>
      (await install()) ? startProgram("chat-sdk.ts", slack, team, "mentioned") : null,
  },
];

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
    prepare: async (streams) =>
      Promise.all(
        stages(team, streams).map(async ({ channel, asker }, stream) => {
          const { ts } = asker.says(channel, `${team.mention} link rfc`);
          await seen(() => slack.visible(channel, ts).length > 1, "a linked thread");
          return { stream, channel, asker, threadTs: ts };
        }),
      ),
    ask({ stream, channel, threadTs, asker }) {
      asker.says(channel, `${team.mention} tokens ${stream}`, { threadTs });
    },
    made: () => server!.made(),
    [Symbol.asyncDispose]: () => server![Symbol.asyncDispose](),
  };
}

async function startProgram(
  file: string,
  slack: FakeSlack,
  team: FakeTeam,
  how: "asked" | "mentioned",
): Promise<Contender> {
  const { apiUrl, app } = slack;
  const account: SlackAccount = { apiUrl, botToken: team.botToken, appToken: app.appToken };
  const child = fork(fileURLToPath(new URL(`../slack/${file}`, import.meta.url)), {
    execArgv: ["--import", "tsx"],
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ACCOUNT: JSON.stringify(account) },
  });
  await nextMessage(child, file);
  return {
    prepare: (streams) =>
      Promise.resolve(
        stages(team, streams).map(({ channel, asker }, stream) => {
          const { ts } = asker.says(channel, "A thread.");
          return { stream, channel, asker, threadTs: ts };
        }),
      ),
    ask({ stream, channel, threadTs, asker }) {
      const asked: Asked = {
        stream,
        teamId: team.id,
        channel: channel.id,
        threadTs,
        userId: asker.id,
      };
      if (how === "asked") child.send(asked);
      else asker.says(channel, `${team.mention} tokens ${stream}`, { threadTs });
    },
    async made() {
      child.send("made");
      return ((await nextMessage(child, file)) as { made: MadeAt }).made;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.send("stop");
      await gone;
    },
  };
}

/** The packages of the comparison, in a folder of their own. */
async function install(): Promise<boolean> {
  const cwd = fileURLToPath(new URL("../slack", import.meta.url));
  if (existsSync(`${cwd}/node_modules/chat`)) return true;
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  try {
    await promisify(execFile)("npm", args, { cwd, timeout: 120_000 });
    return true;
  } catch {
    return false;
  }
}

/** Waits for what the fake is to show. @throws Error after 30 s */
export async function seen(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 30_000,
): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`${what} was not seen in time`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
