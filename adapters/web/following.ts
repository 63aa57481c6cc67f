/** Has every request told of under an id, and what asks for work traced once it is let in. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Span, Tracing } from "../../src/tracing.ts";
import { readTraceparent } from "../../src/tracing.ts";

/** For the server's options: whatever a caller calls its request, the log has an id of ours. */
export const REQUEST_IDS = { genReqId: () => randomUUID(), requestIdHeader: false } as const;

const spans = new WeakMap<FastifyRequest, Span>();

/** Where the trace of what a request asks for goes on; null where nothing is traced. */
export const traceparentOf = (request: FastifyRequest): string | null =>
  spans.get(request)?.traceparent ?? null;

export function nameRequests(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
}

/** To be called behind the guard: nobody whom it keeps out fills the traces. */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (request.method !== "POST") return done();
    const span = openSpan(tracing, request);
    spans.set(request, span);
    reply.raw.once("close", () => {
      span.set({ status: reply.raw.statusCode });
      span.end();
    });
    done();
  });
  // Here, where nothing is read any more: a body comes from the socket, which knows of no request.
  app.addHook("preHandler", (request, _reply, done) => {
    const span = spans.get(request);
    if (span) tracing.within(span, done);
    else done();
  });
}

function openSpan(tracing: Tracing, request: FastifyRequest): Span {
  const route = request.routeOptions.url ?? "unknown";
  return tracing.begin(`${request.method} ${route}`, {
    kind: "server",
    parent: readTraceparent(request.headers["traceparent"]),
    attributes: { requestId: request.id, route },
  });
}
