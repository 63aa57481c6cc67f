/** The real clients, pointed at the fake, without their noise and their long retries. */
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from "@slack/bolt";
import { WebClient } from "@slack/web-api";
import type { ChatPostMessageArguments, ChatPostMessageResponse } from "@slack/web-api";

import { freePort } from "../../support/ports.ts";
import type { FakeSlack } from "./fake-slack.ts";
import type { FakeTeam } from "./fake-team.ts";

const QUIET = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, setName() {} };
const logger = { ...QUIET, getLevel: () => LogLevel.ERROR };

const options = (slack: FakeSlack): object => ({
  slackApiUrl: slack.apiUrl,
  logger,
  retryConfig: { retries: 0 },
  rejectRateLimitedCalls: true,
});

/** Does not wait for rate limits, and tries once. */
export const webClient = (slack: FakeSlack, token?: string): WebClient =>
  new WebClient(token, options(slack));

export const post = (
  web: WebClient,
  message: ChatPostMessageArguments,
): Promise<ChatPostMessageResponse> =>
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Slack's, not a window's.
  web.chat.postMessage(message);

/** The `error` of a call that must fail. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { data, code } = error as { data?: { error?: string }; code?: string };
    return data?.error ?? code ?? String(error);
  }
  throw new Error("the call succeeded");
}

/** A plain Bolt app behind its own HTTPReceiver, which verifies signatures; the fake delivers to it. */
export async function boltOverHttp(
  slack: FakeSlack,
  team: FakeTeam,
  listen: (app: App) => void,
  signingSecret = slack.app.signingSecret,
): Promise<AsyncDisposable & { url: string }> {
  const port = await freePort();
  const receiver = new HTTPReceiver({ signingSecret, logger });
  const app = new App({ token: team.botToken, receiver, logger, clientOptions: options(slack) });
  listen(app);
  await app.start({ port, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${port}/slack/events`;
  slack.deliverTo(url);
  return { url, [Symbol.asyncDispose]: async () => void (await app.stop()) };
}

/** A plain Bolt app in Socket Mode. */
export async function boltOverSocket(
  slack: FakeSlack,
  team: FakeTeam,
  listen: (app: App) => void,
): Promise<AsyncDisposable> {
  const receiver = new SocketModeReceiver({
    appToken: slack.app.appToken,
    logger,
    // Also how long it waits before it connects again.
    clientPingTimeout: 1_000,
    installerOptions: { clientOptions: options(slack) },
  });
  const app = new App({ token: team.botToken, receiver, logger, clientOptions: options(slack) });
  listen(app);
  await app.start();
  return { [Symbol.asyncDispose]: async () => void (await app.stop()) };
}
