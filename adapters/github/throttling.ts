/**
 * When requests may leave. GitHub wants a second between writes and some between those that notify people;
 * Octokit's plugin keeps them apart within one process, and slots in Redis between several.
 *
 * Source: docs.github.com, "Best practices for using the REST API".
 */
import type { ThrottlingOptions } from "@octokit/plugin-throttling";
import Bottleneck from "bottleneck";
import { SystemClock } from "../../src/system-clock.ts";
import { within } from "../../src/waiting.ts";
import { isRead } from "./conditional-requests.ts";

/** The longest wait for a limit that is worth a person's patience. */
const PATIENCE_SECONDS = 10;
/** How long Redis may take for a slot before the process goes by its own clock. */
const SLOT_TIMEOUT_MS = 1_000;

/** The part of a Redis client that is needed; a client of `ioredis` is one. */
export interface SlotStore {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}

export interface ThrottleOptions {
  /** What several processes share; without it each throttles for itself. */
  redis?: SlotStore;
  /** Milliseconds between two requests of a kind, and the unit of waits before a read is repeated. */
  minTimes?: { write: number; notification: number; retry: number };
}

/** What a call waits for before it goes out, in milliseconds. */
export type TakeSlot = (options: { method: string }) => Promise<number>;

/** Takes the next free slot: answers how long to wait for it, in milliseconds. Redis's clock counts. */
const TAKE_SLOT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local free = at + tonumber(ARGV[1])
redis.call('SET', KEYS[1], free, 'PX', free - now)
return at - now`;

export class Throttle {
  readonly retryMs: number;
  readonly #redis: SlotStore | undefined;
  readonly #writeMs: number;
  readonly #write: Bottleneck.Group;
  readonly #notifications: Bottleneck.Group;
  readonly #clock = new SystemClock();

  constructor({ redis, minTimes }: ThrottleOptions = {}) {
    const { write = 1_000, notification = 3_000, retry = 1_000 } = minTimes ?? {};
    this.retryMs = retry;
    this.#redis = redis;
    this.#writeMs = write;
    this.#write = new Bottleneck.Group({ maxConcurrent: 1, minTime: write });
    this.#notifications = new Bottleneck.Group({ maxConcurrent: 1, minTime: notification });
  }

  /** For Octokit's plugin, and for the options of its requests. @param id whose limits these are */
  optionsFor(id: string): { throttle: ThrottlingOptions; takeSlot: TakeSlot } {
    const isShort = (
      retryAfter: number,
      options: { method: string },
      _octokit: unknown,
      retryCount: number,
    ): boolean => retryCount === 0 && isRead(options) && retryAfter <= PATIENCE_SECONDS;
    const throttle = {
      id,
      write: this.#write,
      notifications: this.#notifications,
      onRateLimit: isShort,
      onSecondaryRateLimit: isShort,
    };
    const takeSlot: TakeSlot = async (options) => {
      if (isRead(options)) return 0;
      if (this.#clock.wasSetBack()) await this.#startAnew();
      return this.#slot(id);
    };
    return { throttle, takeSlot };
  }

  /** Bottleneck keeps the time of the next request by the system's clock. */
  async #startAnew(): Promise<void> {
    for (const group of [this.#write, this.#notifications]) {
      await Promise.all(group.keys().map((key) => group.deleteKey(key)));
    }
  }

  /** Redis is only for good manners: where it is gone, requests go out all the same. */
  async #slot(id: string): Promise<number> {
    if (this.#redis === undefined) return 0;
    const slot = this.#redis.eval(TAKE_SLOT, 1, `redline:github-slot:${id}`, this.#writeMs);
    try {
      return Number(await within(slot, SLOT_TIMEOUT_MS, "Redis"));
    } catch {
      return 0;
    }
  }
}
