/**
 * How often one caller may ask where others can reach the server; each process counts for itself. Webhooks are
 * not counted: whoever has signed one is let in, and what is not signed is bounded by `body-budget.ts`.
 */
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problem } from "../../src/errors.ts";
import { callerOf } from "./callers.ts";
import { sendProblem } from "./problem-handling.ts";

/** Calls a minute of one caller. */
export interface RateLimits {
  /** That were not let in. */
  refused: number;
  read: number;
  /** That change something, or ask the model. */
  write: number;
  /** That open an event stream. */
  stream: number;
}

export type RateClass = keyof RateLimits;

/** A whole office may sit behind one address with one token. */
export const RATE_LIMITS: RateLimits = { refused: 60, read: 6_000, write: 600, stream: 600 };

const WINDOW_MS = 60_000;
/** More callers than this at once are an attack, and the longest unheard are forgotten. */
const MOST_CALLERS = 10_000;

/** Counts the call; seconds until the caller may ask again, 0 where it may now. */
export type RateLimiter = (request: FastifyRequest, kind: RateClass) => Promise<number>;

export async function createRateLimiter(
  app: FastifyInstance,
  limits: RateLimits,
): Promise<RateLimiter> {
  await app.register(rateLimit, { global: false, cache: MOST_CALLERS });
  const make = (kind: RateClass) =>
    app.createRateLimit({
      max: limits[kind],
      timeWindow: WINDOW_MS,
      keyGenerator: (request) => `${kind} ${callerOf(request)}`,
    });
  const limiters = {
    refused: make("refused"),
    read: make("read"),
    write: make("write"),
    stream: make("stream"),
  };
  return async (request, kind) => {
    const found = await limiters[kind](request);
    return !found.isAllowed && found.isExceeded ? Math.max(1, found.ttlInSeconds) : 0;
  };
}

const STREAMS = new Set(["/api/threads/:id/stream", "/api/threads/:id/messages"]);

/** Whether a call holds an event stream open. @param route its pattern: an address can be written in many ways */
export function opensStream(route: string | undefined): boolean {
  return route !== undefined && STREAMS.has(route);
}

export function classOf(method: string, route: string | undefined): RateClass {
  const isRead = method === "GET" || method === "HEAD";
  if (isRead && opensStream(route)) return "stream";
  return isRead ? "read" : "write";
}

export function sendTooMany(
  reply: FastifyReply,
  retryAfterS: number,
  detail = "Too many calls came from you",
): FastifyReply {
  reply.header("retry-after", String(retryAfterS));
  const sentence = `${detail}: try again in ${retryAfterS} ${retryAfterS === 1 ? "second" : "seconds"}.`;
  return sendProblem(reply, problem("rate-limited", sentence));
}
