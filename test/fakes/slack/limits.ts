/** How often a method may be called, and what fails on purpose. */
import type { Clock } from "../clock.ts";
import type { ChatFault } from "../faults.ts";
import { Faults } from "../faults.ts";
import type { Json, TeamState } from "./model.ts";
import { SlackError } from "./slack-error.ts";

export interface RateOptions {
  /** False lets everything through but scripted faults. */
  enabled: boolean;
  /** Calls of one method in one window, for each team. */
  t1: number;
  t2: number;
  t3: number;
  t4: number;
  t5: number;
  /** Milliseconds; a minute. */
  window: number;
  /** Milliseconds that earn one more chat.postMessage in one channel; a second. */
  postInterval: number;
  /** How many of them a quiet channel takes at once. */
  postBurst: number;
  /** False: one conversations.history and one conversations.replies a window, 15 messages each. */
  marketplace: boolean;
}

export const RATES: RateOptions = {
  enabled: true,
  t1: 1,
  t2: 20,
  t3: 50,
  t4: 100,
  t5: 300,
  window: 60_000,
  postInterval: 1_000,
  postBurst: 5,
  marketplace: true,
};

/** What befalls the calls that it fits. Without a code, a status or a cut it only delays. */
export interface Fault extends ChatFault {
  /** `chat.postMessage`; default every method. */
  method?: string;
  teamId?: string;
  /** The answer's `error`, with HTTP 200. */
  error?: string;
  /** HTTP status with a body that is no JSON. */
  status?: number;
}

const LIMITED_READS = new Set(["conversations.history", "conversations.replies"]);

export class Limits {
  readonly options: RateOptions;
  readonly #clock: Clock;
  readonly #faults = new Faults<Fault>();
  /** Times of calls, per team and method. */
  readonly #calls = new Map<string, number[]>();
  /** When a channel is quiet again. */
  readonly #posts = new Map<string, number>();
  readonly #blocked = new Map<string, number>();

  constructor(clock: Clock, options: RateOptions) {
    this.#clock = clock;
    this.options = options;
  }

  addFault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
    this.#blocked.clear();
  }

  /** Every call of the method is answered with 429 until then. */
  block(method: string, milliseconds: number): void {
    this.#blocked.set(method, this.#clock.now() + milliseconds);
  }

  takeFault(method: string, team: TeamState | null, args: Json): Fault | null {
    const channel = args["channel"] ?? args["channel_id"];
    return this.#faults.take(
      (one) =>
        (one.method === undefined || one.method === method) &&
        (one.teamId === undefined || one.teamId === team?.id) &&
        (one.channelId === undefined || one.channelId === channel),
    );
  }

  /** @throws SlackError ratelimited */
  admit(method: string, tier: string, team: TeamState | null, args: Json): void {
    const now = this.#clock.now();
    const blocked = this.#blocked.get(method) ?? 0;
    if (now < blocked) throw limited(blocked - now);
    if (!this.options.enabled) return;
    if (method === "chat.postMessage") {
      this.#admitPost(`${team?.id}/${String(args["channel"])}`, now);
    }
    const key = `${team?.id}/${method}`;
    const times = (this.#calls.get(key) ?? []).filter((at) => at > now - this.options.window);
    this.#calls.set(key, times);
    const [oldest = now] = times;
    if (times.length >= this.#allowed(method, tier)) {
      throw limited(oldest + this.options.window - now);
    }
    times.push(now);
  }

  #allowed(method: string, tier: string): number {
    if (LIMITED_READS.has(method) && !this.options.marketplace) return 1;
    const { t1, t2, t3, t4, t5 } = this.options;
    return { t1, t2, t3, t4, t5 }[tier] ?? t5;
  }

  /** A bucket of `postBurst`, refilled by one each `postInterval`. */
  #admitPost(key: string, now: number): void {
    const { postInterval, postBurst } = this.options;
    const quietAt = Math.max(now, this.#posts.get(key) ?? 0);
    const wait = quietAt + postInterval - (now + postInterval * postBurst);
    if (wait > 0) throw limited(wait);
    this.#posts.set(key, quietAt + postInterval);
  }
}

/** Whole seconds, like Slack's. */
const limited = (milliseconds: number): SlackError =>
  new SlackError("ratelimited", {}, Math.max(1, Math.ceil(milliseconds / 1000)));
