import { randomUUID } from "node:crypto";
import type { Logger } from "../src/log.ts";
import type { LiveMessage } from "../src/ports.ts";
import type { JobBackend } from "./backend.ts";
import type { JobRelay } from "./connection.ts";
import { createErrorLog } from "./error-log.ts";
import { relayBatch, WaitingMessages } from "./relay-batch.ts";
import type { RelayBatch } from "./relay-batch.ts";
import { pause, settledWithin, within } from "../src/waiting.ts";

/** Each process publishes under `live.<its node>`: publishers of one topic would wait for each other. */
const TOPICS = "live";
/** Shortest time between two messages; a delta of a reply comes about every 30 ms. */
const WINDOW_MS = 8;
const PUBLISH_MS = 5_000;
/** How long nothing is sent after a failure, and how long until the next attempt to connect. */
const RETRY_MS = 1_000;
const CLOSE_MS = 2_000;

/**
 * The way to the other processes. One relay message at a time is under way, and what is published meanwhile
 * goes with the next: order is kept, and a second sees a bounded number of them whatever the number of
 * topics. It loses messages rather than keep many, and neither rejects nor throws.
 */
export class RelayLink {
  /** Resolves once other processes' messages arrive. */
  readonly connected: Promise<void>;
  private readonly backend: JobBackend;
  private readonly receive: (batch: RelayBatch) => void;
  private readonly logError: (error: unknown) => void;
  private readonly nodeId = randomUUID().replaceAll("-", "");
  private readonly waiting = new WaitingMessages();
  private readonly closing = new AbortController();
  /** The node in use; null until messages can pass. */
  private relay: JobRelay | null = null;
  /** The newest node, in use or still connecting. */
  private newest: JobRelay | null = null;
  private sending: Promise<void> | null = null;
  private mutedUntil = 0;

  constructor(backend: JobBackend, receive: (batch: RelayBatch) => void, logger: Logger) {
    this.backend = backend;
    this.receive = receive;
    this.logError = createErrorLog(logger, {}, "live messages between processes have trouble");
    this.connected = this.connect();
  }

  send(topic: string, message: LiveMessage): void {
    if (!this.relay || Date.now() < this.mutedUntil) return;
    this.waiting.add(topic, message);
    this.sending ??= this.sendAll(this.relay);
  }

  /** Sends what waits, as far as the server answers, and leaves. */
  async close(): Promise<void> {
    if (this.sending) await settledWithin(this.sending, CLOSE_MS);
    this.closing.abort();
    this.relay = null;
    if (this.newest) await settledWithin(this.newest.close(), CLOSE_MS);
    await settledWithin(this.connected, CLOSE_MS);
  }

  private async sendAll(relay: JobRelay): Promise<void> {
    // What is published in one go of the event loop goes out together.
    await pause(0);
    while (!this.waiting.isEmpty) {
      try {
        const sent = relay.publish(`${TOPICS}.${this.nodeId}`, this.waiting.take());
        await within(sent, PUBLISH_MS, "the relay");
      } catch (error) {
        this.logError(error);
        this.waiting.clear();
        this.mutedUntil = Date.now() + RETRY_MS;
      }
      await pause(WINDOW_MS);
    }
    // Here and not in a `finally` of the caller: a message that came before that ran would be left behind.
    this.sending = null;
  }

  private async connect(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        this.relay = await this.join();
        return;
      } catch (error) {
        if (!this.closing.signal.aborted) this.logError(error);
        if (this.newest) await settledWithin(this.newest.close(), CLOSE_MS);
      }
      await pause(RETRY_MS, this.closing.signal);
    }
  }

  private async join(): Promise<JobRelay> {
    const relay = await this.backend.openRelay(this.nodeId);
    this.newest = relay;
    relay.on("error", this.logError);
    this.closing.signal.throwIfAborted();
    await relay.waitUntilReady();
    await relay.subscribe(`${TOPICS}.*`, ({ topic, data }) => {
      if (topic === `${TOPICS}.${this.nodeId}`) return;
      const batch = relayBatch.safeParse(data);
      if (batch.success) this.receive(batch.data);
    });
    return relay;
  }
}
