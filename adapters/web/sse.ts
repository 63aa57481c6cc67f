/**
 * Writes a `StreamSource` as `text/event-stream`. The next frame is pulled only when the socket has taken
 * the last one, so a slow reader costs neither memory here nor time at the model: the source gives it one
 * longer text later.
 */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { StreamFrame } from "../../src/conversation/stream-frames.ts";
import type { StreamSource } from "../../src/engine.ts";
import type { Metrics } from "../../src/metrics.ts";
import { noMetrics } from "../../src/metrics.ts";
import { callerOf } from "./callers.ts";
import { describeError, requestContext } from "./problem-handling.ts";
import type { WebLogger } from "./web-logger.ts";

export interface StreamLimits {
  /** Milliseconds between two signs of life on a silent event stream. */
  heartbeatMs: number;
  /** Milliseconds after which a reader who takes nothing is dropped; they may come back with their last id. */
  stalledMs: number;
  /** Streams that one caller may have open at once, where others can reach the server. */
  streamsOfOne: number;
}

/** All streams of one server: counted for the metrics and for each caller, ended when it closes. */
export class EventStreams {
  readonly #open = new Set<StreamSource>();
  readonly #byCaller = new Map<string, number>();
  readonly #logger: WebLogger;
  readonly #limits: StreamLimits;
  readonly #stillMay: (request: FastifyRequest) => Promise<boolean>;
  readonly #metrics: Metrics;
  readonly #answered = new WeakSet<FastifyRequest>();
  #closing = false;

  /** @param stillMay whether a stream is still its reader's to read; asked at each sign of life */
  constructor(
    logger: WebLogger,
    limits: StreamLimits,
    stillMay: (request: FastifyRequest) => Promise<boolean>,
    metrics: Metrics = noMetrics,
  ) {
    this.#logger = logger;
    this.#limits = limits;
    this.#stillMay = stillMay;
    this.#metrics = metrics;
  }

  /** Whether the caller may have no further one. */
  isFull(request: FastifyRequest): boolean {
    return (this.#byCaller.get(callerOf(request)) ?? 0) >= this.#limits.streamsOfOne;
  }

  /** Whether the request was answered with a stream. */
  has(request: FastifyRequest): boolean {
    return this.#answered.has(request);
  }

  get count(): number {
    return this.#open.size;
  }

  /** Ends every stream; readers come back with their last id. */
  close(): void {
    this.#closing = true;
    for (const source of this.#open) source.close();
  }

  /** Answers the request with the frames of `source`; resolves when the stream is over. */
  async send(request: FastifyRequest, reply: FastifyReply, source: StreamSource): Promise<void> {
    reply.hijack();
    this.#answered.add(request);
    const response = reply.raw;
    const close = (): void => source.close();
    this.#open.add(source);
    const leave = this.#enter(callerOf(request));
    response.once("close", close);
    // The reader may have left, or the server begun to close, while the source was being made.
    if (response.destroyed || this.#closing) close();
    try {
      response.socket?.setNoDelay(true);
      response.writeHead(200, {
        ...(reply.getHeaders() as OutgoingHttpHeaders),
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      });
      response.flushHeaders();
      // Who posts a message reads its answer; who only reads has asked for nothing.
      const asks = request.method === "POST";
      const note = (name: "first_text_seconds" | "last_text_seconds"): void => {
        if (asks) this.#metrics.observe(name, { platform: "console" }, reply.elapsedTime / 1_000);
      };
      await this.#pump(request, response, source, note);
    } finally {
      response.off("close", close);
      this.#open.delete(source);
      leave();
      source.close();
      response.end();
    }
  }

  #enter(caller: string): () => void {
    const open = this.#byCaller;
    open.set(caller, (open.get(caller) ?? 0) + 1);
    return () => {
      const left = (open.get(caller) ?? 1) - 1;
      if (left > 0) open.set(caller, left);
      else open.delete(caller);
    };
  }

  /** Ends the stream of somebody who has signed out, or may not see it any more. */
  async #look(request: FastifyRequest, source: StreamSource): Promise<void> {
    try {
      if (!(await this.#stillMay(request))) source.close();
    } catch (error) {
      // It is asked again.
      this.#logger.error({ err: error }, "who reads an event stream could not be looked up");
    }
  }

  async #pump(
    request: FastifyRequest,
    response: ServerResponse,
    source: StreamSource,
    note: (name: "first_text_seconds" | "last_text_seconds") => void,
  ): Promise<void> {
    let hasText = false;
    const heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(": still here\n\n");
      void this.#look(request, source);
    }, this.#limits.heartbeatMs);
    try {
      for await (const frame of source) {
        if (response.destroyed) return;
        if (!hasText && isText(frame)) {
          hasText = true;
          note("first_text_seconds");
        }
        if (response.write(formatFrame(frame))) continue;
        if (!(await drained(response, this.#limits.stalledMs))) response.destroy();
      }
      if (hasText && !response.destroyed) note("last_text_seconds");
    } catch (error) {
      const body = describeError(error, this.#logger, requestContext(request));
      response.write(`event: error\ndata: ${JSON.stringify(body)}\n\ndata: DONE\n\n`);
    } finally {
      clearInterval(heartbeat);
    }
  }
}

const isText = ({ event, data }: StreamFrame): boolean => event === undefined && data !== "DONE";

/** `id` and `event` never hold line breaks; data that does is sent as several `data` lines. */
export function formatFrame(frame: StreamFrame): string {
  const event = frame.event === undefined ? "" : `event: ${frame.event}\n`;
  return `id: ${frame.id}\n${event}data: ${frame.data.replace(/\r\n|[\r\n]/g, "\ndata: ")}\n\n`;
}

/** False where the reader took too little for so long. */
function drained(response: ServerResponse, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isDrained: boolean): void => {
      clearTimeout(timer);
      response.off("drain", done);
      response.off("close", done);
      resolve(isDrained);
    };
    const done = (): void => end(true);
    const timer = setTimeout(() => end(false), withinMs);
    response.on("drain", done);
    response.on("close", done);
    if (response.destroyed) done();
  });
}

/** Where a reader wants to go on: the standard header, or the query for a first connection. */
export function lastEventId(request: FastifyRequest): string | undefined {
  const header = request.headers["last-event-id"];
  const query = (request.query as { last_event_id?: unknown }).last_event_id;
  const id = typeof header === "string" && header !== "" ? header : query;
  return typeof id === "string" && id !== "" ? id : undefined;
}
