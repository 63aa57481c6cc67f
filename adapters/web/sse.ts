/**
 * Writes a `StreamSource` as `text/event-stream`. The next frame is pulled only when the socket has taken
 * the last one, so a slow reader costs neither memory here nor time at the model: the source gives it one
 * longer text later.
 */
import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { StreamFrame } from "../../src/conversation/stream-frames.ts";
import type { StreamSource } from "../../src/engine.ts";
import { describeError, requestContext } from "./problem-handling.ts";
import type { WebLogger } from "./options.ts";
import { SECURITY_HEADERS } from "./security.ts";

/** All streams of one server: counted for the metrics, ended when it closes. */
export class EventStreams {
  readonly #open = new Set<StreamSource>();
  readonly #logger: WebLogger;
  readonly #heartbeatMs: number;
  #closing = false;

  constructor(logger: WebLogger, heartbeatMs: number) {
    this.#logger = logger;
    this.#heartbeatMs = heartbeatMs;
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
    const response = reply.raw;
    const close = (): void => source.close();
    this.#open.add(source);
    response.once("close", close);
    // The reader may have left, or the server begun to close, while the source was being made.
    if (response.destroyed || this.#closing) close();
    try {
      response.socket?.setNoDelay(true);
      response.writeHead(200, {
        ...SECURITY_HEADERS,
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      });
      response.flushHeaders();
      await this.#pump(request, response, source);
    } finally {
      response.off("close", close);
      this.#open.delete(source);
      source.close();
      response.end();
    }
  }

  async #pump(
    request: FastifyRequest,
    response: ServerResponse,
    source: StreamSource,
  ): Promise<void> {
    const heartbeat = setInterval(() => {
      if (!response.writableNeedDrain) response.write(": still here\n\n");
    }, this.#heartbeatMs);
    try {
      for await (const frame of source) {
        if (response.destroyed) return;
        if (!response.write(formatFrame(frame))) await drained(response);
      }
    } catch (error) {
      const body = describeError(error, this.#logger, requestContext(request));
      response.write(`event: error\ndata: ${JSON.stringify(body)}\n\ndata: DONE\n\n`);
    } finally {
      clearInterval(heartbeat);
    }
  }
}

/** `id` and `event` never hold line breaks; data that does is sent as several `data` lines. */
export function formatFrame(frame: StreamFrame): string {
  const event = frame.event === undefined ? "" : `event: ${frame.event}\n`;
  return `id: ${frame.id}\n${event}data: ${frame.data.replace(/\r\n|[\r\n]/g, "\ndata: ")}\n\n`;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
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
