/** How often a route may be called, and what fails on purpose. */
import { createHash } from "node:crypto";

import type { Clock } from "../clock.ts";
import type { ChatFault } from "../faults.ts";
import { Faults } from "../faults.ts";
import { ApiError } from "./api-error.ts";
import type { Match } from "./contract.ts";

export interface RateOptions {
  /** False lets everything through but scripted faults. */
  enabled: boolean;
  /** What every window is multiplied by. */
  pace: number;
  /** Requests a second of the bot, over all routes. */
  global: number;
  /** Answers 401, 403 and 429 in ten minutes before the address is banned. */
  invalid: number;
}

export const RATES: RateOptions = { enabled: true, pace: 1, global: 50, invalid: 10_000 };

/** What befalls the requests that it fits. Without an answer or a cut it only delays. */
export interface Fault extends ChatFault {
  /** `POST /channels/{channel_id}/messages`; default every route. */
  route?: string;
  /** Requests whose body fits. */
  fits?: (body: unknown) => boolean;
  /** HTTP status; with `code` a body as Discord has them, else one that is no JSON. */
  status?: number;
  code?: number;
  message?: string;
  /** Whether that 429 is of the global limit. */
  isGlobal?: boolean;
}

interface Bucket {
  limit: number;
  used: number;
  /** Clock's milliseconds. */
  resetAt: number;
}

/** Requests and milliseconds of a route's bucket; each major parameter has its own. */
const BUCKETS: Record<string, readonly [limit: number, window: number]> = {
  "POST /channels/{channel_id}/messages": [5, 5_000],
  "PATCH /channels/{channel_id}/messages/{message_id}": [5, 5_000],
  "DELETE /channels/{channel_id}/messages/{message_id}": [5, 1_000],
  "GET /channels/{channel_id}/messages": [5, 1_000],
  "GET /channels/{channel_id}/messages/{message_id}": [5, 1_000],
  "POST /channels/{channel_id}/typing": [5, 5_000],
  "PATCH /channels/{channel_id}": [5, 15_000],
  "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": [1, 250],
};

const OTHERS: readonly [number, number] = [10, 2_000];
const WEBHOOKS: readonly [number, number] = [5, 2_000];
const BAN_WINDOW = 600_000;

export class Limits {
  readonly options: RateOptions;
  readonly #clock: Clock;
  readonly #faults = new Faults<Fault>();
  readonly #buckets = new Map<string, Bucket>();
  readonly #invalid: number[] = [];
  #global: Bucket = { limit: 0, used: 0, resetAt: 0 };

  constructor(clock: Clock, options: RateOptions) {
    this.#clock = clock;
    this.options = options;
  }

  addFault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  takeFault(route: string, params: Record<string, string>, body: unknown): Fault | null {
    return this.#faults.take(
      (one) =>
        (one.route === undefined || one.route === route) &&
        (one.channelId === undefined || one.channelId === params["channel_id"]) &&
        (one.fits === undefined || one.fits(body)),
    );
  }

  /** Answers 401, 403 and 429 of the last ten minutes. */
  get invalidRequests(): number {
    return this.#invalid.filter((at) => at > this.#clock.now() - BAN_WINDOW).length;
  }

  get isBanned(): boolean {
    return this.invalidRequests >= this.options.invalid;
  }

  countAnswer(status: number): void {
    if (status === 401 || status === 403 || status === 429) this.#invalid.push(this.#clock.now());
  }

  /** The headers of a route's bucket, one request less. @throws ApiError 429 */
  admit(match: Match): Record<string, string> {
    if (!this.options.enabled || match.route.startsWith("POST /interactions/")) return {};
    const isWebhook = match.route.includes("/webhooks/");
    const now = this.#clock.now();
    if (!isWebhook) this.#admitGlobal(now);
    const [limit, window] = BUCKETS[match.route] ?? (isWebhook ? WEBHOOKS : OTHERS);
    const name = createHash("md5").update(match.route).digest("hex");
    const bucket = this.#bucket(`${name}/${majorOf(match.params)}`, limit, window, now);
    if (bucket.used >= limit) {
      throw rateLimited(bucket.resetAt - now, false, headersOf(bucket, name, now));
    }
    bucket.used += 1;
    return headersOf(bucket, name, now);
  }

  #bucket(key: string, limit: number, window: number, now: number): Bucket {
    const known = this.#buckets.get(key);
    if (known && known.resetAt > now) return known;
    const fresh = { limit, used: 0, resetAt: now + window * this.options.pace };
    this.#buckets.set(key, fresh);
    return fresh;
  }

  #admitGlobal(now: number): void {
    const { global, pace } = this.options;
    if (this.#global.resetAt <= now) {
      this.#global = { limit: global, used: 0, resetAt: now + 1_000 * pace };
    }
    if (this.#global.used >= global) throw rateLimited(this.#global.resetAt - now, true);
    this.#global.used += 1;
  }
}

const majorOf = (params: Record<string, string>): string =>
  params["channel_id"] ??
  params["guild_id"] ??
  [params["webhook_id"], params["webhook_token"]].join("/");

function headersOf(bucket: Bucket, name: string, now: number): Record<string, string> {
  return {
    "x-ratelimit-limit": String(bucket.limit),
    "x-ratelimit-remaining": String(Math.max(0, bucket.limit - bucket.used)),
    "x-ratelimit-reset": (bucket.resetAt / 1000).toFixed(3),
    "x-ratelimit-reset-after": (Math.max(0, bucket.resetAt - now) / 1000).toFixed(3),
    "x-ratelimit-bucket": name,
  };
}

/** `retry_after` in seconds with decimals; the header in whole ones. */
export function rateLimited(
  milliseconds: number,
  isGlobal: boolean,
  headers: Record<string, string> = {},
): ApiError {
  const seconds = Math.max(0.001, Math.ceil(milliseconds) / 1000);
  const body = { retry_after: seconds, global: isGlobal };
  return new ApiError(429, 0, "You are being rate limited.", body, {
    ...headers,
    "retry-after": String(Math.ceil(seconds)),
    "x-ratelimit-scope": isGlobal ? "global" : "user",
    ...(isGlobal && { "x-ratelimit-global": "true" }),
  });
}
