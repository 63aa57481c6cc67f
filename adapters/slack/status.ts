import { PlaceRefused } from "../../src/chat/chat-platform.ts";
import type { Logger } from "../../src/log.ts";
import { HostBusy } from "../../src/ports.ts";
import { pause } from "../../src/waiting.ts";
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
/** A line that is left standing looks like work: taking it away is tried more than once. */
const CLEARING_TRIES = 4;
const AGAIN_MS = 500;
const BUSY_MS = 30_000;

/** The line beside a thread that says what Redline is doing, and whether its session is at work. */
export class SlackStatus {
  readonly #client: SlackClient;
  readonly #logger: Logger;
  readonly #shown = new Map<string, { status: string; at: number }>();
  /** What each thread is to show; its writer brings that about, one call after the other. */
  readonly #wished = new Map<string, string>();
  readonly #writers = new Map<string, Promise<void>>();
  /** What may be standing in Slack, by method and thread. */
  readonly #standing = new Set<string>();
  /** Until when, by method and channel. */
  readonly #unavailable = new Map<string, number>();

  constructor(client: SlackClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** Empty clears it; resolves once it shows the newest. Never rejects: nothing depends on it. */
  set(at: SlackAddress, status: string): Promise<void> {
    if (at.thread === null) return Promise.resolve();
    const key = `${at.teamId}/${at.channel}/${at.thread}`;
    this.#wished.set(key, status);
    const known = this.#writers.get(key);
    if (known) return known;
    const writer = this.#write(key, at).finally(() => this.#writers.delete(key));
    this.#writers.set(key, writer);
    return writer;
  }

  async #write(key: string, at: SlackAddress): Promise<void> {
    for (let status = this.#wished.get(key); status !== undefined; status = this.#wished.get(key)) {
      const before = this.#shown.get(key);
      const now = performance.now();
      const isFresh = status === "" || (before !== undefined && now - before.at < SHOWN_MS);
      if (before?.status !== status || !isFresh) {
        if (this.#shown.size >= MAX_KNOWN) this.#shown.clear();
        this.#shown.set(key, { status, at: now });
        const isShown = await this.#show(key, at, { status, before: before?.status ?? "" });
        // Then the next wish to clear it tries again.
        if (!isShown) this.#shown.delete(key);
      }
      if (this.#wished.get(key) === status) this.#wished.delete(key);
    }
  }

  async #show(
    key: string,
    { teamId, channel, thread }: SlackAddress,
    { status, before }: { status: string; before: string },
  ): Promise<boolean> {
    const at = { channel_id: channel, thread_ts: thread };
    const isWorking = status !== "";
    const tries = { teamId, isWorking, isWished: () => this.#wished.get(key) === status };
    let isDone = true;
    // Its session first: until it is settled, Slack shows its stop button.
    if (before === "" || !isWorking) {
      const session = { ...at, status: isWorking ? "processing" : "active" };
      isDone = await this.#try("agents.sessions.setStatus", session, tries);
    }
    const line = { ...at, status: shortened(status, STATUS_LENGTH) };
    return (await this.#try("assistant.threads.setStatus", line, tries)) && isDone;
  }

  /** False where what ought to be gone may be standing. */
  async #try(method: string, args: CallArguments, given: Tries): Promise<boolean> {
    const { teamId, isWorking, isWished } = given;
    const channel = `${teamId}/${method}/${String(args["channel_id"])}`;
    const thread = `${channel}/${String(args["thread_ts"])}`;
    const isStanding = this.#standing.has(thread);
    const isUnavailable = (this.#unavailable.get(channel) ?? 0) > performance.now();
    if (isUnavailable && (isWorking || !isStanding)) return true;
    if (this.#standing.size >= MAX_KNOWN) this.#standing.clear();
    if (isWorking) this.#standing.add(thread);
    for (let left = isWorking ? 0 : CLEARING_TRIES - 1; ; left -= 1) {
      try {
        await this.#client.call(teamId, method, args, { kind: "edit" });
        if (!isWorking) this.#standing.delete(thread);
        return true;
      } catch (error) {
        this.#logger.debug({ err: error, method }, "the status is not shown");
        if (error instanceof PlaceRefused)
          return this.#refused(error, channel, thread, !isStanding);
        if (left <= 0 || !isWished()) return isWorking;
        const wait = error instanceof HostBusy ? error.retryAt.getTime() - Date.now() : AGAIN_MS;
        await pause(Math.min(Math.max(wait, 0), BUSY_MS));
      }
    }
  }

  /** Whether nothing of it can be standing. */
  #refused(error: PlaceRefused, channel: string, thread: string, isNew: boolean): boolean {
    if (isNew) this.#standing.delete(thread);
    // Where one was shown there are statuses; a place or a sign-in that is mended has them again.
    const isMissing = isNew && error.scope === "content";
    if (isMissing || codeOf(error.cause) === "missing_scope") {
      if (this.#unavailable.size >= MAX_KNOWN) this.#unavailable.clear();
      this.#unavailable.set(channel, performance.now() + UNAVAILABLE_MS);
    }
    return isNew;
  }
}

interface Tries {
  teamId: string;
  isWorking: boolean;
  /** Whether that is still what is to be shown. */
  isWished(): boolean;
}
