import type { JobRelay } from "./connection.ts";
import { readBatch, WaitingMessages } from "./relay-batch.ts";
import type { RelayBatch } from "./relay-batch.ts";
import { pause, within } from "../src/waiting.ts";

export interface AudienceOptions {
  /** What this audience's messages are published under; each process adds a name of its own. */
  topic: string;
  nodeId: string;
  /** The relay, once it is there; null where it will not be any more. */
  relay: () => Promise<JobRelay | null>;
  receive: (messages: RelayBatch["messages"]) => void;
  logError: (error: unknown) => void;
  closing: AbortSignal;
}

type Subscription = Awaited<ReturnType<JobRelay["subscribe"]>>;

const PUBLISH_MS = 5_000;
const RETRY_MS = 1_000;
/** Streams come and go; only whoever has had none for so long leaves. */
const KEEP_MS = 10_000;

/**
 * The processes that listen to one kind of topic. Whoever listens to none of the kind is not sent them: else
 * every process would cost all others, and a worker more would make each turn dearer.
 */
export class RelayAudience {
  readonly waiting = new WaitingMessages();
  private readonly options: AudienceOptions;
  private listeners = 0;
  private subscribed: Promise<Subscription | null> | null = null;
  private leaving: NodeJS.Timeout | null = null;

  constructor(options: AudienceOptions) {
    this.options = options;
  }

  /** Resolves once other processes' messages arrive. */
  async join(): Promise<void> {
    this.listeners += 1;
    if (this.leaving) clearTimeout(this.leaving);
    this.leaving = null;
    this.subscribed ??= this.subscribe();
    await this.subscribed;
  }

  /** Ends what one `join` began. */
  leave(): void {
    this.listeners -= 1;
    if (this.listeners > 0 || this.options.closing.aborted) return;
    this.leaving = setTimeout(() => void this.unsubscribe(), KEEP_MS).unref();
  }

  /** Sends the oldest of what waits. @throws Error where it was not taken */
  async send(relay: JobRelay): Promise<void> {
    const { topic, nodeId } = this.options;
    await within(relay.publish(`${topic}.${nodeId}`, this.waiting.take()), PUBLISH_MS, "the relay");
  }

  private async subscribe(): Promise<Subscription | null> {
    const { topic, nodeId, receive } = this.options;
    const relay = await this.options.relay();
    if (relay === null) return null;
    return this.insist(() =>
      relay.subscribe(`${topic}.*`, (message) => {
        if (message.topic !== `${topic}.${nodeId}`) receive(readBatch(message.data));
      }),
    );
  }

  private async unsubscribe(): Promise<void> {
    this.leaving = null;
    const { subscribed } = this;
    this.subscribed = null;
    const subscription = await subscribed;
    // A relay that is closed has no subscriptions; of others one that is left would be sent everything.
    if (subscription) await this.insist(() => subscription.unsubscribe());
  }

  /** Tries until it succeeds; null where the relay is closed before. */
  private async insist<T>(act: () => Promise<T>): Promise<T | null> {
    const { logError, closing } = this.options;
    while (!closing.aborted) {
      try {
        return await act();
      } catch (error) {
        if (!closing.aborted) logError(error);
      }
      await pause(RETRY_MS, closing);
    }
    return null;
  }
}
