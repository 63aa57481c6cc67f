import type { Logger } from "../../src/log.ts";
import { shortened } from "./blocks/block.ts";
import type { CallArguments, SlackClient } from "./client.ts";
import { codeOf } from "./errors.ts";
import type { SlackAddress } from "./address.ts";

/** Slack takes a status away after two minutes. Source: docs.slack.dev, assistant.threads.setStatus. */
const SHOWN_MS = 90_000;
/** For how long a workspace or channel that has no statuses is not asked again. */
const UNAVAILABLE_MS = 60 * 60_000;
const MAX_KNOWN = 1_000;
const STATUS_LENGTH = 100;

/** The line beside a thread that says what Redline is doing, and whether its session is at work. */
export class SlackStatus {
  readonly #client: SlackClient;
  readonly #logger: Logger;
  readonly #shown = new Map<string, { status: string; at: number }>();
  /** Until when, by method and channel. */
  readonly #unavailable = new Map<string, number>();

  constructor(client: SlackClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Empty clears it. Never rejects: nothing depends on it. */
  async set({ teamId, channel, thread }: SlackAddress, status: string): Promise<void> {
    if (thread === null) return;
    const key = `${teamId}/${channel}/${thread}`;
    const before = this.#shown.get(key);
    const now = performance.now();
    if (before?.status === status && (status === "" || now - before.at < SHOWN_MS)) return;
    if (this.#shown.size >= MAX_KNOWN) this.#shown.clear();
    this.#shown.set(key, { status, at: now });
    const at = { channel_id: channel, thread_ts: thread };
    const wasWorking = before !== undefined && before.status !== "";
    const isWorking = status !== "";
    // Its session first: until it is settled, Slack shows its stop button.
    if (!wasWorking || !isWorking) {
      const session = { ...at, status: isWorking ? "processing" : "active" };
      await this.#try(teamId, "agents.sessions.setStatus", session);
    }
    const line = { ...at, status: shortened(status, STATUS_LENGTH) };
    await this.#try(teamId, "assistant.threads.setStatus", line);
  }

  async #try(teamId: string, method: string, args: CallArguments): Promise<void> {
    const key = `${teamId}/${method}/${String(args["channel_id"])}`;
    if ((this.#unavailable.get(key) ?? 0) > performance.now()) return;
    try {
      await this.#client.call(teamId, method, args, { kind: "edit" });
    } catch (error) {
      this.#logger.debug({ err: error, method }, "the status is not shown");
      if (codeOf((error as Error).cause) === null) return;
      if (this.#unavailable.size >= MAX_KNOWN) this.#unavailable.clear();
      this.#unavailable.set(key, performance.now() + UNAVAILABLE_MS);
    }
  }
}
