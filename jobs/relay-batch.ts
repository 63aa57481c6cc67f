import { z } from "zod";
import type { LiveMessage } from "../src/ports.ts";

const liveMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("text"),
    turnId: z.string(),
    attempt: z.number(),
    at: z.number(),
    text: z.string(),
  }),
  z.object({ type: z.literal("event"), seq: z.number() }),
  z.object({
    type: z.literal("drafting"),
    turnId: z.string(),
    section: z.array(z.string()).nullable(),
    ended: z.boolean(),
  }),
  z.object({ type: z.literal("cancel"), turnId: z.string() }),
  z.object({ type: z.literal("places"), linkIds: z.array(z.string()) }),
]);
const envelope = z.object({ v: z.literal(1), messages: z.array(z.unknown()) });
const addressed = z.tuple([z.string(), liveMessage]);

/** What one process tells the others at once: messages of any topics, in order. */
export interface RelayBatch {
  v: 1;
  messages: [topic: string, message: LiveMessage][];
}

/**
 * The messages of a batch that this release knows. What is missed is found in the rows, as what is lost is:
 * of a newer release's batch that may be all of it.
 */
export function readBatch(data: unknown): RelayBatch["messages"] {
  const batch = envelope.safeParse(data);
  if (!batch.success) return [];
  return batch.data.messages.flatMap((one) => {
    const known = addressed.safeParse(one);
    return known.success ? [known.data] : [];
  });
}

/**
 * Characters of a batch, about: six bytes at most for each stay below the relay's 512 KiB a message. Those
 * that wait while the others are out of reach, and what a message is but its text.
 */
const BATCH_SIZE = 64 * 1024;
const WAITING_SIZE = 1024 * 1024;
const ENVELOPE_SIZE = 200;

/**
 * Messages on their way to other processes. Text that continues the text before it in the same turn becomes
 * one message with it, so a slow server makes larger messages and not more of them. When more waits than is
 * worth keeping, all of it goes, and so does what is too large to be sent: watchers see the gap and read the
 * rows.
 */
export class WaitingMessages {
  private messages: [string, LiveMessage][] = [];
  private size = 0;
  /** Where the newest message of each topic stands. */
  private readonly newest = new Map<string, number>();

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  add(topic: string, message: LiveMessage): void {
    if (sizeOf(message) > BATCH_SIZE) return;
    const index = this.newest.get(topic);
    const before = index === undefined ? undefined : this.messages[index]?.[1];
    const joined = before && join(before, message);
    if (joined) {
      this.messages[index!] = [topic, joined];
      this.size += sizeOf(joined) - sizeOf(before);
    } else {
      this.newest.set(topic, this.messages.length);
      this.messages.push([topic, message]);
      this.size += sizeOf(message);
    }
    if (this.size > WAITING_SIZE) this.clear();
  }

  /** The oldest messages, as many as go together. */
  take(): RelayBatch {
    let [count, size] = [0, 0];
    for (const [, message] of this.messages) {
      if (size + sizeOf(message) > BATCH_SIZE) break;
      size += sizeOf(message);
      count += 1;
    }
    this.newest.clear();
    this.size -= size;
    return { v: 1, messages: this.messages.splice(0, count) };
  }

  clear(): void {
    this.messages = [];
    this.size = 0;
    this.newest.clear();
  }
}

function join(before: LiveMessage, after: LiveMessage): LiveMessage | undefined {
  if (before.type !== "text" || after.type !== "text") return undefined;
  const joined = { ...before, text: before.text + after.text };
  const continues =
    before.turnId === after.turnId &&
    before.attempt === after.attempt &&
    before.at + before.text.length === after.at &&
    sizeOf(joined) <= BATCH_SIZE;
  return continues ? joined : undefined;
}

function sizeOf(message: LiveMessage): number {
  return ENVELOPE_SIZE + (message.type === "text" ? message.text.length : 0);
}
