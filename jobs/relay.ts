import type { Logger } from "../src/log.ts";
import type { LiveMessage, StreamRelay } from "../src/ports.ts";
import type { JobBackend } from "./backend.ts";
import { RelayLink } from "./relay-link.ts";
import { settledWithin } from "../src/waiting.ts";

export interface StreamRelayOptions {
  backend: JobBackend;
  /** True when no other process shares the database: then nothing leaves this one. */
  alone: boolean;
  logger: Logger;
}

/** How long a subscriber waits for the other processes before it goes on with this one. */
const CONNECT_MS = 2_000;

type Listener = (message: LiveMessage) => void;

/**
 * Listeners of this process get a message in the next microtask, without a round trip; those of others
 * through BullMQ's relay, as long as it works.
 */
export function createStreamRelay(
  options: StreamRelayOptions,
): StreamRelay & { close(): Promise<void> } {
  const listeners = new Map<string, Set<Listener>>();
  const deliver = (topic: string, message: LiveMessage) => {
    for (const listener of listeners.get(topic) ?? []) {
      try {
        listener(message);
      } catch (error) {
        options.logger.error({ err: error, topic }, "a listener of live messages failed");
      }
    }
  };
  const link = options.alone
    ? null
    : new RelayLink(
        options.backend,
        (messages) => {
          for (const [topic, message] of messages) deliver(topic, message);
        },
        options.logger,
      );
  return {
    publish(topic, message) {
      queueMicrotask(() => deliver(topic, message));
      link?.send(topic, message);
    },
    async subscribe(topic, listener) {
      const others = listeners.get(topic) ?? new Set();
      listeners.set(topic, others);
      // The same function may be subscribed twice; each subscription is one of its own.
      const own: Listener = (message) => listener(message);
      others.add(own);
      if (link) await settledWithin(link.listen(topic), CONNECT_MS);
      return () => {
        if (!others.delete(own)) return;
        link?.unlisten(topic);
        if (others.size === 0 && listeners.get(topic) === others) listeners.delete(topic);
      };
    },
    close: async () => link?.close(),
  };
}
