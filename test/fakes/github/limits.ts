/** Rate limits, and faults that a test asks for. */
import type { Strikes } from "../faults.ts";
import { Faults } from "../faults.ts";
import { ApiError } from "./api-error.ts";
import type { Json } from "./model.ts";

export interface RateOptions {
  /** Requests an hour of one account or installation. */
  perHour: number;
  /** Requests that make content, of one account or installation. */
  contentPerMinute: number;
  contentPerHour: number;
}

/** A scripted failure. It strikes the first `times` requests that fit. */
export interface Fault extends Strikes {
  method?: string;
  /** Held against the path without the base and the query. */
  path?: RegExp;
  /** Default 502. */
  status?: number;
  headers?: Record<string, string>;
  body?: Json;
  /** The request takes its effect, and the failure is all that the client sees. */
  afterEffect?: boolean;
  /** The connection is cut instead of an answer. */
  dropConnection?: boolean;
  /** Waited for before the failure, or before an ordinary answer where `status` is 0. */
  until?: Promise<unknown>;
}

interface Bucket {
  used: number;
  resetAt: number;
  /** Times of requests that made content. */
  content: number[];
}

const MINUTE = 60_000;
const HOUR = 3_600_000;
const SECONDARY =
  "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. " +
  "If you reach out to GitHub Support for help, please include the request ID.";

export class Limits {
  readonly options: RateOptions;
  readonly #faults = new Faults<Fault>();
  readonly #buckets = new Map<string, Bucket>();
  #secondary: { retryAfter: number; until: number; times: number; onlyContent: boolean } | null =
    null;
  #exhaustedUntil = 0;

  constructor(options: RateOptions) {
    this.options = options;
  }

  addFault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  takeFault(method: string, path: string): Fault | null {
    return this.#faults.take(
      (one) =>
        (one.method === undefined || one.method === method) && (one.path?.test(path) ?? true),
    );
  }

  /** Every request is refused with the primary limit until then (ms from now; 0 ends it). */
  exhaust(milliseconds: number): void {
    this.#exhaustedUntil = milliseconds === 0 ? 0 : Date.now() + milliseconds;
  }

  /** The next requests meet a secondary limit, for a time (ms) and at most `times` of them. */
  startSecondary(options: {
    retryAfterSeconds: number;
    milliseconds?: number;
    times?: number;
    onlyContent?: boolean;
  }): void {
    this.#secondary = {
      retryAfter: options.retryAfterSeconds,
      until: Date.now() + (options.milliseconds ?? HOUR),
      times: options.times ?? Infinity,
      onlyContent: options.onlyContent ?? false,
    };
  }

  endSecondary(): void {
    this.#secondary = null;
  }

  /** @throws ApiError 403 when a limit is reached */
  admit(name: string, isContent: boolean): void {
    const bucket = this.#bucket(name);
    const limit = name === "anonymous" ? 60 : this.options.perHour;
    if (Date.now() < this.#exhaustedUntil || bucket.used >= limit) {
      throw new ApiError(403, `API rate limit exceeded for ${name}.`);
    }
    this.#admitSecondary(bucket, isContent);
    if (isContent) bucket.content.push(Date.now());
  }

  #admitSecondary(bucket: Bucket, isContent: boolean): void {
    const scripted = this.#secondary;
    if (scripted && Date.now() < scripted.until && scripted.times > 0) {
      if (!scripted.onlyContent || isContent) {
        scripted.times -= 1;
        throw secondaryLimit(scripted.retryAfter);
      }
    }
    if (!isContent) return;
    const now = Date.now();
    bucket.content = bucket.content.filter((at) => at > now - HOUR);
    const lately = bucket.content.filter((at) => at > now - MINUTE);
    if (lately.length >= this.options.contentPerMinute) throw secondaryLimit(60);
    if (bucket.content.length >= this.options.contentPerHour) throw secondaryLimit(60);
  }

  /** Counts an answer that was no 304. */
  spend(name: string): void {
    this.#bucket(name).used += 1;
  }

  overview(name: string): { limit: number; remaining: number; reset: number; used: number } {
    const bucket = this.#bucket(name);
    const limit = name === "anonymous" ? 60 : this.options.perHour;
    const isExhausted = Date.now() < this.#exhaustedUntil;
    const reset = isExhausted ? this.#exhaustedUntil : bucket.resetAt;
    return {
      limit,
      remaining: isExhausted ? 0 : Math.max(0, limit - bucket.used),
      reset: Math.ceil(reset / 1000),
      used: isExhausted ? limit : bucket.used,
    };
  }

  #bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name);
    if (!bucket || bucket.resetAt <= Date.now()) {
      bucket = { used: 0, resetAt: Date.now() + HOUR, content: bucket?.content ?? [] };
      this.#buckets.set(name, bucket);
    }
    return bucket;
  }
}

const secondaryLimit = (retryAfter: number): ApiError =>
  new ApiError(403, SECONDARY, {}, { "retry-after": String(retryAfter) });
