/**
 * Discord's REST API through discord.js: one `REST` a process, which knows the rate limits out of the headers
 * of earlier answers. No request is repeated by it: callers look before they do. And none waits for ever.
 */
import { AsyncLocalStorage } from "node:async_hooks";

import { DefaultRestOptions, DiscordAPIError, REST, RequestMethod } from "discord.js";
import type { RESTOptions, RateLimitData, RawFile, RouteLike } from "discord.js";

import type { Metrics } from "../../src/metrics.ts";
import { noMetrics } from "../../src/metrics.ts";
import type { PlatformCalls } from "../../src/platform-calls.ts";
import { platformCalls } from "../../src/platform-calls.ts";
import { SystemClock } from "../../src/system-clock.ts";
import { joinSignals } from "../../src/waiting.ts";

export interface DiscordRestOptions {
  token: string;
  /** With or without a slash or `/v10` at its end. */
  apiUrl: string;
  /** Milliseconds in which Discord answers, or its answer is lost. */
  timeoutMs?: number;
  metrics?: Metrics | undefined;
}

export interface DiscordRequest {
  method: keyof typeof METHODS;
  /** Such as `/channels/123/messages`. */
  route: RouteLike;
  body?: unknown;
  files?: RawFile[];
  query?: URLSearchParams;
  /** False for what is addressed by an interaction's own token. */
  auth?: boolean;
  signal?: AbortSignal;
}

const METHODS = {
  GET: RequestMethod.Get,
  POST: RequestMethod.Post,
  PUT: RequestMethod.Put,
  PATCH: RequestMethod.Patch,
  DELETE: RequestMethod.Delete,
};

/** While one request is made. */
interface Bounds {
  maxWaitMs: number;
  isLimited: boolean;
}

const TIMEOUT_MS = 15_000;
const MAX_WAIT_MS = 5_000;
/** There is a handler for each interaction's token, and discord.js would keep it for an hour or two. */
const SWEEP_MS = 60_000;

const bounds = new AsyncLocalStorage<Bounds>();

/** What discord.js's clients are to be made with. The `api` is without a version, as discord.js adds it. */
export function restOptions({
  apiUrl,
  timeoutMs = TIMEOUT_MS,
  metrics = noMetrics,
}: Omit<DiscordRestOptions, "token">): Partial<RESTOptions> {
  const calls = platformCalls(metrics, "discord");
  return {
    api: apiRoot(apiUrl),
    version: "10",
    retries: 0,
    timeout: timeoutMs,
    handlerSweepInterval: SWEEP_MS,
    rejectOnRateLimit: isTooLong,
    makeRequest: async (url, init) => {
      const response = await counted(calls, url, init);
      const current = bounds.getStore();
      if (current && response.status === 429) current.isLimited = true;
      return response;
    },
  };
}

type MakeRequest = RESTOptions["makeRequest"];

async function counted(
  calls: PlatformCalls,
  ...[url, init]: Parameters<MakeRequest>
): ReturnType<MakeRequest> {
  const ended = calls.begin(`${init.method ?? "GET"} ${patternOf(url)}`);
  try {
    const response = await DefaultRestOptions.makeRequest(url, init);
    ended(response.status < 400 ? "ok" : String(response.status));
    if (response.status === 429) {
      const seconds = Number(response.headers.get("retry-after"));
      calls.limited(seconds > 0 ? seconds : null);
    }
    return response;
  } catch (error) {
    ended("unreachable");
    throw error;
  }
}

/** The path of a call without ids, tokens and emojis. Pure. */
function patternOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]*/u, "").split("?", 1)[0]!;
  return path
    .replace(/^.*?\/v\d+(?=\/)/u, "")
    .replace(/(\/(?:webhooks|interactions)\/\d+\/)[^/]+/u, "$1:token")
    .replace(/(\/reactions\/)[^/]+/u, "$1:emoji")
    .replaceAll(/\/\d+(?=\/|$)/gu, "/:id");
}

export function createDiscordRest(options: DiscordRestOptions): REST {
  return new FaithfulRest(restOptions(options)).setToken(options.token);
}

/** discord.js forgets a token that was refused once, and makes no more calls; one refusal may be a mistake. */
class FaithfulRest extends REST {
  override setToken(token: string | null): this {
    return token === null ? this : super.setToken(token);
  }
}

/**
 * Makes one request, waiting for its rate limit at most `maxWaitMs`. A 429 is not waited for: an edit of an old
 * message may get nothing else for ever.
 * A 401 stands only where Discord refuses the token of another call, too.
 * @throws DiscordAPIError, HTTPError, RateLimitError, or what the connection failed with
 */
export async function callDiscord(
  rest: REST,
  request: DiscordRequest,
  maxWaitMs: number = MAX_WAIT_MS,
): Promise<unknown> {
  const known = request.auth === false ? undefined : refused.get(rest);
  if (known && performance.now() < known.until) throw known.error;
  try {
    return await send(rest, request, maxWaitMs);
  } catch (error) {
    if (!isUnauthorized(error) || request.auth === false) throw error;
    if (request.route !== ME && !(await refusesToken(rest))) {
      throw new Error("Discord refused a token that it takes", { cause: error });
    }
    refused.set(rest, { error, until: performance.now() + REFUSED_MS });
    throw error;
  }
}

/** What makes many calls that are refused is shut out as a whole, so none is made for so long. */
const REFUSED_MS = 30_000;
const refused = new WeakMap<REST, { error: Error; until: number }>();

const ME = "/users/@me";
const checking = new WeakMap<REST, Promise<boolean>>();

/** Whether Discord, asked once more, says that the token is not valid. Never rejects. */
export function refusesToken(rest: REST): Promise<boolean> {
  const known = checking.get(rest);
  if (known) return known;
  const checked = send(rest, { method: "GET", route: ME }, MAX_WAIT_MS)
    .then(() => false, isUnauthorized)
    .finally(() => checking.delete(rest));
  checking.set(rest, checked);
  return checked;
}

function isUnauthorized(error: unknown): error is DiscordAPIError {
  return error instanceof DiscordAPIError && error.status === 401;
}

async function send(
  rest: REST,
  { method, route, signal, ...request }: DiscordRequest,
  maxWaitMs: number,
): Promise<unknown> {
  // Also ends an answer whose body does not come.
  const limit = AbortSignal.timeout(maxWaitMs + 2 * rest.options.timeout);
  using either = joinSignals(limit, signal);
  const by = request.auth === false ? uncounted(rest) : rest;
  followClock(by);
  return await bounds.run({ maxWaitMs, isLimited: false }, () =>
    by.request({
      ...request,
      method: METHODS[method],
      fullRoute: route,
      signal: either.signal,
    }),
  );
}

const clocks = new WeakMap<REST, SystemClock>();

/** Forgets limits that end by a clock which was set back; Discord says anew what is left of them. */
function followClock(rest: REST): void {
  const clock = clocks.get(rest);
  if (!clock) clocks.set(rest, new SystemClock());
  else if (clock.wasSetBack()) {
    rest.handlers.clear();
    rest.globalReset = -1;
  }
}

const uncountedBy = new WeakMap<REST, REST>();

/**
 * The same for what an interaction's token allows. discord.js counts all but first responses against the bot's
 * 50 calls a second; Discord counts none of them ("Rate Limits": interaction endpoints are not bound to the
 * global limit), and they must not hold up the others, nor wait for them.
 */
function uncounted(rest: REST): REST {
  const known = uncountedBy.get(rest);
  if (known) return known;
  const made = new REST({ ...rest.options, globalRequestsPerSecond: Number.POSITIVE_INFINITY });
  uncountedBy.set(rest, made);
  return made;
}

function isTooLong({ retryAfter, sublimitTimeout }: RateLimitData): boolean {
  const { maxWaitMs, isLimited } = bounds.getStore() ?? {
    maxWaitMs: MAX_WAIT_MS,
    isLimited: false,
  };
  return isLimited || Math.max(retryAfter, sublimitTimeout) > maxWaitMs;
}

/** Without slashes and a version at its end. */
function apiRoot(url: string): string {
  return url
    .trim()
    .replace(/\/+$/u, "")
    .replace(/\/v\d+$/u, "")
    .replace(/\/+$/u, "");
}
