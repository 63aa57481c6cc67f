/** What is looked at before people find out: that Slack lets the app in, and what it may do. */
import { WebClient } from "@slack/web-api";
import type { Logger } from "../../src/log.ts";
import { codeOf, toChatError } from "./errors.ts";
import { slackLogger } from "./logger.ts";
import { missingScopes } from "./manifest.ts";

export interface SlackCheckOptions {
  apiUrl: string;
  logger: Logger;
}

const clientOf = (token: string, { apiUrl, logger }: SlackCheckOptions): WebClient =>
  new WebClient(token, {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logger: slackLogger(logger, "Web API"),
  });

/** Which workspace the bot's token is of. @throws Error what is wrong: the token, or scopes that are missing */
export async function checkBotToken(token: string, options: SlackCheckOptions): Promise<string> {
  const answer = await clientOf(token, options)
    .auth.test()
    .catch((error: unknown) => {
      throw refusal(error, "SLACK_BOT_TOKEN");
    });
  const given = answer.response_metadata?.scopes;
  const missing = given === undefined ? [] : missingScopes(given);
  if (missing.length > 0) {
    const noun = missing.length === 1 ? "the scope" : "the scopes";
    throw new Error(`the app lacks ${noun} ${missing.join(", ")} in ${answer.team ?? "Slack"}`);
  }
  return `the workspace ${answer.team ?? answer.team_id ?? ""}, as @${answer.user ?? "the bot"}`;
}

/** @throws Error where the token opens no connection */
export async function checkAppToken(token: string, options: SlackCheckOptions): Promise<string> {
  const client = clientOf(token, options);
  await client.apps.connections.open().catch((error: unknown) => {
    throw refusal(error, "SLACK_APP_TOKEN");
  });
  return "Socket Mode takes connections";
}

function refusal(error: unknown, variable: string): Error {
  const code = codeOf(error);
  if (code === null) return toChatError(error, "read", Date.now());
  return new Error(`Slack refuses ${variable} (${code})`, { cause: error });
}
