import { expect, it } from "vitest";

import { checkAppToken, checkBotToken } from "../../../adapters/slack/manifest-check.ts";
import { BOT_SCOPES } from "../../../adapters/slack/manifest.ts";
import { openSlackSocket } from "../../../adapters/slack/socket.ts";
import { FakeSlack } from "../../fakes/slack/fake-slack.ts";
import { memoryLogger } from "../../support/test-app.ts";

const logger = memoryLogger([]);

it("names the workspace, or the scope that is missing", async () => {
  await using slack = await FakeSlack.start();
  const options = { apiUrl: slack.apiUrl, logger };
  const whole = slack.addTeam("Acme", BOT_SCOPES);
  expect(await checkBotToken(whole.botToken, options)).toContain("Acme");
  const less = slack.addTeam(
    "Less",
    BOT_SCOPES.filter((scope) => scope !== "users:read"),
  );
  await expect(checkBotToken(less.botToken, options)).rejects.toThrow(/the scope users:read/);
});

it("says which token Slack refuses", async () => {
  await using slack = await FakeSlack.start();
  const options = { apiUrl: slack.apiUrl, logger };
  expect(await checkAppToken(slack.app.appToken, options)).toMatch(/takes connections/);
  await expect(checkBotToken("xoxb-wrong", options)).rejects.toThrow(/SLACK_BOT_TOKEN/);
  await expect(checkAppToken("xapp-wrong", options)).rejects.toThrow(/SLACK_APP_TOKEN/);
  slack.forgive();
});

it("leaves an envelope unacknowledged that could not be stored, and takes it when it comes again", async () => {
  await using slack = await FakeSlack.start({ timing: { ackTimeout: 300, retryDelays: [0] } });
  const team = slack.addTeam("Acme");
  const ada = team.addUser("ada");
  const rfcs = team.addChannel("rfcs", { members: [ada] });
  let tries = 0;
  const intake = async (): Promise<boolean> => {
    tries += 1;
    return tries > 1;
  };
  const { appToken } = slack.app;
  const socket = openSlackSocket({ appToken, apiUrl: slack.apiUrl, intake, logger });
  await socket.connected;
  ada.says(rfcs, "hello");
  await slack.settled();
  await socket.close();
  const [delivery] = slack.deliveries.all;
  expect(delivery).toMatchObject({ state: "acknowledged" });
  expect(delivery!.attempts.map(({ status }) => status)).toEqual([0, 200]);
});
