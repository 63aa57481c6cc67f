import { setTimeout as pause } from "node:timers/promises";

import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import { figure, printTable } from "./report.ts";
import { startServer } from "./support/start-server.ts";

export const title = "An idle process with Slack off and on (Socket Mode), without its database";

const SECONDS = 30;

export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const isOn of [false, true]) rows.push(await measure(isOn));
  printTable(["Slack", "resident MiB", "CPU ms a second"], rows);
}

async function measure(isOn: boolean): Promise<string[]> {
  const slack = await FakeSlack.start();
  const team = slack.addTeam("Acme");
  try {
    await using server = (await startServer("PostgreSQL", undefined, {
      ...(isOn && {
        SLACK_API_URL: slack.apiUrl,
        SLACK_BOT_TOKEN: team.botToken,
        SLACK_APP_TOKEN: slack.app.appToken,
      }),
    }))!;
    await pause(5_000);
    const before = await server.cpu();
    await pause(SECONDS * 1_000);
    const used = (await server.cpu()) - before;
    return [isOn ? "on" : "off", figure((await server.memory()) / 2 ** 20), figure(used / SECONDS)];
  } finally {
    await slack.close();
  }
}
