/**
 * Socket Mode: holds one connection to Slack and opens another whenever it ends. Each connection has a client
 * of its own: the package's own reconnecting waits for seconds, and rejects where nobody hears it.
 */
import { SocketModeClient } from "@slack/socket-mode";
import type { Logger } from "../../src/log.ts";
import { pause, settledWithin } from "../../src/waiting.ts";
import type { SlackIntake } from "./intake.ts";
import { slackLogger } from "./logger.ts";

export interface SlackSocketOptions {
  appToken: string;
  apiUrl: string;
  intake: SlackIntake;
  logger: Logger;
}

export interface SlackSocket {
  /** Resolves once the first connection is there. */
  readonly connected: Promise<void>;
  close(): Promise<void>;
}

const MS = {
  /** Until Slack has said hello. */
  hello: 15_000,
  firstRetry: 250,
  longestRetry: 30_000,
  /** A connection that lasted so long was a good one. */
  lasting: 10_000,
  /** A client that heard no ping for so long is cut off. */
  serverPing: 30_000,
  clientPing: 5_000,
  close: 2_000,
};

export function openSlackSocket(options: SlackSocketOptions): SlackSocket {
  const { logger } = options;
  const closing = new AbortController();
  let resolveFirst = (): void => {};
  const connected = new Promise<void>((resolve) => (resolveFirst = resolve));

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      const began = performance.now();
      try {
        await connectOnce(options, closing.signal, resolveFirst);
        logger.debug({}, "the connection to Slack ended; another is opened");
        failures = performance.now() - began > MS.lasting ? 0 : failures + 1;
      } catch (error) {
        failures += 1;
        if (!closing.signal.aborted) {
          logger.warn({ err: error, failures }, "no connection to Slack; it is tried again");
        }
      }
      // A connection that Slack ends soon after it began must not be opened in a tight loop.
      const wait = failures === 0 ? 0 : MS.firstRetry * 2 ** Math.min(failures - 1, 10);
      await pause(Math.min(wait, MS.longestRetry), closing.signal);
    }
  };
  const running = run();
  return {
    connected,
    async close() {
      closing.abort();
      await settledWithin(running, MS.close);
    },
  };
}

/** Resolves when the connection has ended. @throws where there was none */
async function connectOnce(
  { appToken, apiUrl, intake, logger }: SlackSocketOptions,
  closing: AbortSignal,
  onConnected: () => void,
): Promise<void> {
  const client = new SocketModeClient({
    appToken,
    logger: slackLogger(logger, "Socket Mode"),
    autoReconnectEnabled: false,
    clientPingTimeout: MS.clientPing,
    serverPingTimeout: MS.serverPing,
    clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 }, timeout: MS.hello },
  });
  const taking = new Set<Promise<void>>();
  const ended = new Promise<void>((resolve) => client.once("disconnected", () => resolve()));
  client.on("slack_event", (envelope: Envelope) => {
    const work = take(envelope, intake, logger).finally(() => taking.delete(work));
    taking.add(work);
  });
  const leave = (): void => {
    // What was taken is acknowledged first.
    void Promise.allSettled(taking).then(() => client.disconnect());
  };
  closing.addEventListener("abort", leave);
  try {
    const started = client.start();
    if (!(await settledWithin(started, MS.hello))) throw new Error("Slack did not say hello");
    await started;
    onConnected();
    await ended;
  } catch (error) {
    void client.disconnect();
    throw error;
  } finally {
    closing.removeEventListener("abort", leave);
  }
}

interface Envelope {
  ack: (response?: object) => Promise<void>;
  body: unknown;
}

/** What is not stored is not acknowledged. */
async function take({ ack, body }: Envelope, intake: SlackIntake, logger: Logger): Promise<void> {
  if (!(await intake(body))) return;
  // The connection may be gone by now; Slack sends it again, and it is known then.
  await ack().catch((error: unknown) =>
    logger.debug({ err: error }, "an acknowledgement was lost"),
  );
}
