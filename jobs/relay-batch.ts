import { z } from "zod";
import type { LiveMessage } from "../src/ports.ts";

/** What one process tells the others at once: messages of any topics, in order. */
export const relayBatch = z.object({
  v: z.literal(1),
  messages: z.array(
    z.tuple([
      z.string(),
      z.discriminatedUnion("type", [
        z.object({
          type: z.literal("text"),
          turnId: z.string(),
          attempt: z.number(),
          at: z.number(),
          text: z.string(),
        }),
        z.object({ type: z.literal("event"), seq: z.number() }),
        z.object({ type: z.literal("cancel"), turnId: z.string() }),
      ]),
    ]),
  ),
});

export type RelayBatch = z.infer<typeof relayBatch>;

/** UTF-16 units of text beyond which a batch is sent in parts; far below the relay's 512 KiB a message. */
const BATCH_UNITS = 64 * 1024;
/** What a process keeps for the others at most, while they are out of reach: units of text and messages. */
const WAITING_UNITS = 1024 * 1024;
const WAITING_MESSAGES = 10_000;

/**
 * Messages on their way to other processes. Text that continues the text before it in the same turn becomes
 * one message with it, so a slow server makes larger messages and not more of them. When more waits than is
 * worth keeping, all of it goes: its watchers see the gap and read the rows.
 */
export class WaitingMessages {
  private messages: [string, LiveMessage][] = [];
  private units = 0;
  /** Where the newest message of each topic stands. */
  private readonly newest = new Map<string, number>();

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  add(topic: string, message: LiveMessage): void {
    const index = this.newest.get(topic);
    const before = index === undefined ? undefined : this.messages[index]?.[1];
    const joined = before && join(before, message);
    if (joined) {
      this.messages[index!] = [topic, joined];
    } else {
      this.newest.set(topic, this.messages.length);
      this.messages.push([topic, message]);
    }
    this.units += unitsOf(message);
    if (this.units > WAITING_UNITS || this.messages.length > WAITING_MESSAGES) this.clear();
  }

  /** The oldest messages, as many as go together. */
  take(): RelayBatch {
    let count = 0;
    for (let units = 0; count < this.messages.length; count += 1) {
      units += unitsOf(this.messages[count]![1]);
      if (units > BATCH_UNITS && count > 0) break;
    }
    const messages = this.messages.splice(0, count);
    this.newest.clear();
    this.units -= messages.reduce((units, [, message]) => units + unitsOf(message), 0);
    return { v: 1, messages };
  }

  clear(): void {
    this.messages = [];
    this.units = 0;
    this.newest.clear();
  }
}

function join(before: LiveMessage, after: LiveMessage): LiveMessage | undefined {
  if (before.type !== "text" || after.type !== "text") return undefined;
  const continues =
    before.turnId === after.turnId &&
    before.attempt === after.attempt &&
    before.at + before.text.length === after.at &&
    before.text.length + after.text.length <= BATCH_UNITS;
  return continues ? { ...before, text: before.text + after.text } : undefined;
}

const unitsOf = (message: LiveMessage): number =>
  message.type === "text" ? message.text.length : 0;
