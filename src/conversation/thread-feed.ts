import type { LiveMessage } from "../ports.ts";
import type { StoredEvent, ThreadEvent } from "./thread-event.ts";

/** The running answer as far as this process has seen it live: `value` begins at `start` (UTF-16 units). */
export interface LiveText {
  turnId: string;
  attempt: number;
  start: number;
  value: string;
}

const KEPT_EVENTS = 32;

/**
 * What one process knows live of one thread. Readers pull from it at their own pace: the text is kept once
 * for all of them, so a slow reader costs no memory and gets what it missed as one longer text.
 */
export class ThreadFeed {
  /** Newest durable event that this process has heard of. */
  seq = 0;
  /** The newest events that came whole, without a gap, oldest first. */
  private recent: StoredEvent[] = [];
  text: LiveText | null = null;
  private waiting = new Set<() => void>();
  readers = 0;

  receive(message: LiveMessage): void {
    if (message.type === "event") {
      this.keep(message.seq, message.event as ThreadEvent | undefined);
      this.sawEvent(message.seq);
    }
    if (message.type === "text") this.sawText(message);
  }

  sawEvent(seq: number): void {
    if (seq <= this.seq) return;
    this.seq = seq;
    this.wake();
  }

  private keep(seq: number, event: ThreadEvent | undefined): void {
    const last = this.recent.at(-1);
    if (last && seq <= last.seq) return;
    if (!event || (last && seq !== last.seq + 1)) this.recent = [];
    if (!event) return;
    this.recent.push({ seq, event });
    if (this.recent.length > KEPT_EVENTS) this.recent.shift();
  }

  /** The events after `seq`, if this process has seen them all; else they are to be read. */
  eventsAfter(seq: number): StoredEvent[] | null {
    const first = this.recent[0];
    const whole = first && first.seq <= seq + 1 && this.recent.at(-1)!.seq >= this.seq;
    return whole ? this.recent.filter((stored) => stored.seq > seq) : null;
  }

  /**
   * The live text of this attempt from `at` up to `until`; null where it is not known from there on, and ""
   * where it is not written yet.
   */
  slice(turnId: string, attempt: number, at: number, until: number | null): string | null {
    const { text } = this;
    if (!text || text.turnId !== turnId || text.attempt !== attempt || at < text.start) return null;
    const end = Math.min(until ?? Infinity, text.start + text.value.length);
    return end <= at ? "" : text.value.slice(at - text.start, end - text.start);
  }

  /** How much of this attempt has been written, as far as it is known live. */
  lengthOf(turnId: string, attempt: number): number | null {
    const { text } = this;
    if (!text || text.turnId !== turnId || text.attempt !== attempt) return null;
    return text.start + text.value.length;
  }

  /** Fills the gap before the live text with text that was read from the rows, where the two meet. */
  join(turnId: string, attempt: number, stored: string): void {
    const { text } = this;
    if (!text || text.turnId !== turnId || text.attempt !== attempt) return;
    if (text.start === 0 || text.start > stored.length) return;
    this.text = {
      turnId,
      attempt,
      start: 0,
      value: stored.slice(0, text.start) + text.value,
    };
  }

  private sawText(message: Extract<LiveMessage, { type: "text" }>): void {
    const { text: known } = this;
    if (!known || known.turnId !== message.turnId || known.attempt < message.attempt) {
      this.text = {
        turnId: message.turnId,
        attempt: message.attempt,
        start: message.at,
        value: message.text,
      };
    } else if (known.attempt > message.attempt) {
      return;
    } else {
      const end = known.start + known.value.length;
      // A gap: what follows it is kept, what is missing is read from the rows by whoever needs it.
      if (message.at > end) this.text = { ...known, start: message.at, value: message.text };
      else known.value += message.text.slice(end - message.at);
    }
    this.wake();
  }

  /** Resolves at the next news. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  wake(): void {
    const woken = this.waiting;
    this.waiting = new Set();
    for (const resolve of woken) resolve();
  }
}
