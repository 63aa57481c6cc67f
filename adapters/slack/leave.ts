import { WebClient } from "@slack/web-api";
import type { Logger } from "../../src/log.ts";
import { toChatError } from "./errors.ts";
import { slackLogger } from "./logger.ts";

/** Gives a workspace's token back: nobody can use it any more. Rejects as Slack's adapter does. */
export async function revokeToken(
  token: string,
  { apiUrl, logger }: { apiUrl: string; logger: Logger },
): Promise<void> {
  const client = new WebClient(token, {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logger: slackLogger(logger, "Web API"),
  });
  await client.auth.revoke().catch((error: unknown) => {
    throw toChatError(error, "read", Date.now());
  });
}
