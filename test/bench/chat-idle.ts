import { setTimeout as pause } from "node:timers/promises";

import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import { figure, printTable } from "./report.ts";
import { seen } from "./support/contenders.ts";
import { startServer } from "./support/start-server.ts";

export const title =
  "An idle process without chat, with Slack (Socket Mode) and with Discord, without its database";

const SECONDS = 30;

export async function run(): Promise<void> {
  const rows = [await measure("none", {}), await withSlack(), await withDiscord()];
  printTable(["chat", "resident MiB", "CPU ms a second"], rows);
}

async function withSlack(): Promise<string[]> {
  const slack = await FakeSlack.start();
  const team = slack.addTeam("Acme");
  try {
    return await measure("Slack", {
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: team.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
    });
  } finally {
    await slack.close();
  }
}

async function withDiscord(): Promise<string[]> {
  const discord = await FakeDiscord.start();
  const guild = discord.addGuild("Acme");
  guild.addMember("ada");
  guild.addChannel("rfcs");
  try {
    const environment = { DISCORD_API_URL: discord.apiUrl, DISCORD_TOKEN: discord.token };
    return await measure("Discord", environment, () => discord.gateway.connected.length > 0);
  } finally {
    await discord.close();
  }
}

async function measure(
  chat: string,
  environment: Record<string, string>,
  isConnected: () => boolean = () => true,
): Promise<string[]> {
  await using server = (await startServer("PostgreSQL", undefined, environment))!;
  await seen(isConnected, `a connection to ${chat}`);
  await pause(5_000);
  const before = await server.cpu();
  await pause(SECONDS * 1_000);
  const used = (await server.cpu()) - before;
  return [chat, figure((await server.memory()) / 2 ** 20), figure(used / SECONDS)];
}
