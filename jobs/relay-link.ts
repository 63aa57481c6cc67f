import { randomUUID } from "node:crypto";
import type { Logger } from "../src/log.ts";
import type { LiveMessage } from "../src/ports.ts";
import type { JobBackend } from "./backend.ts";
import type { JobRelay } from "./connection.ts";
import { createErrorLog } from "./error-log.ts";
import { RelayAudience } from "./relay-audience.ts";
import type { RelayBatch } from "./relay-batch.ts";
import { pause, settledWithin } from "../src/waiting.ts";

/**
 * A process publishes under `live.<kind of topic>.<its node>`: publishers of one topic would wait for each
 * other.
 */
const TOPICS = "live";
/**
 * Shortest time between two messages. The deltas of a reply come about every 30 ms; those of many replies, and two
 * or so of one, go together: a message costs the server and whoever listens as much as a turn's own queries, and
 * each worker more sends as many again. The first after a pause goes at once.
 */
const WINDOW_MS = 50;
/** How long nothing is sent after a failure, and how long until the next attempt to connect. */
const RETRY_MS = 1_000;
const CLOSE_MS = 2_000;

/**
 * The way to the other processes. One relay message of a kind at a time is under way, and what is published
 * meanwhile goes with the next: order is kept, and a second sees a bounded number of them whatever the number
 * of topics. It loses messages rather than keep many, and neither rejects nor throws.
 */
export class RelayLink {
  private readonly connected: Promise<void>;
  private readonly backend: JobBackend;
  private readonly receive: (messages: RelayBatch["messages"]) => void;
  private readonly logError: (error: unknown) => void;
  private readonly nodeId = randomUUID().replaceAll("-", "");
  private readonly audiences = new Map<string, RelayAudience>();
  private readonly closing = new AbortController();
  /** The node in use; null until messages can pass. */
  private relay: JobRelay | null = null;
  /** The newest node, in use or still connecting. */
  private newest: JobRelay | null = null;
  private sending: Promise<void> | null = null;
  private mutedUntil = 0;

  constructor(
    backend: JobBackend,
    receive: (messages: RelayBatch["messages"]) => void,
    logger: Logger,
  ) {
    this.backend = backend;
    this.receive = receive;
    this.logError = createErrorLog(logger, {}, "live messages between processes have trouble");
    this.connected = this.connect();
  }

  /** Resolves once other processes' messages of the topic arrive. */
  listen(topic: string): Promise<void> {
    return this.audienceOf(topic).join();
  }

  /** Ends what one `listen` began. */
  unlisten(topic: string): void {
    this.audienceOf(topic).leave();
  }

  send(topic: string, message: LiveMessage): void {
    if (!this.relay || performance.now() < this.mutedUntil) return;
    this.audienceOf(topic).waiting.add(topic, message);
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

  private audienceOf(topic: string): RelayAudience {
    const [kind = ""] = topic.split(".");
    let audience = this.audiences.get(kind);
    if (!audience) {
      audience = new RelayAudience({
        topic: `${TOPICS}.${kind}`,
        nodeId: this.nodeId,
        relay: () => this.connected.then(() => this.relay),
        receive: this.receive,
        logError: this.logError,
        closing: this.closing.signal,
      });
      this.audiences.set(kind, audience);
    }
    return audience;
  }

  private async sendAll(relay: JobRelay): Promise<void> {
    // What is published in one go of the event loop goes out together.
    await pause(0);
    for (;;) {
      const waiting = [...this.audiences.values()].filter((one) => !one.waiting.isEmpty);
      if (waiting.length === 0) break;
      try {
        await Promise.all(waiting.map((audience) => audience.send(relay)));
      } catch (error) {
        this.logError(error);
        for (const audience of waiting) audience.waiting.clear();
        this.mutedUntil = performance.now() + RETRY_MS;
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
    return relay;
  }
}
