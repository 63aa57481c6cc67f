/** How long one connection may take for what, and how much of it: for clients that are slow on purpose. */
import type { Socket } from "node:net";
import type { FastifyHttpOptions } from "fastify";
import type { Server } from "node:http";
import { problem } from "../../src/errors.ts";
import { SECURITY_HEADERS } from "./security.ts";

export interface ConnectionLimits {
  /** Milliseconds in which the head of a request has to be here, from its first byte or the connection's begin. */
  headersMs: number;
  /** The same for all of the request: a delivery of 25 MB takes 30 s at 7 Mbit/s, and GitHub waits for 10. */
  requestMs: number;
  /** Milliseconds without a byte in either direction; event streams give signs of life far more often. */
  silentMs: number;
  /** Open at once; whoever comes beyond that is hung up on. */
  connections: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  silentMs: 120_000,
  connections: 8_192,
};

/** Node's own default; a larger head is answered with 431. */
const HEAD_BYTES = 16 * 1024;
/** Longer than the usual proxy keeps its connections, so that it is not the one to send into a closed one. */
const KEEP_ALIVE_MS = 75_000;

/**
 * @param proxies addresses that are believed about who calls. A mere number of hops would not do: whoever
 *   reaches the port past the proxy could claim any address.
 */
export function connectionOptions(
  limits: ConnectionLimits,
  proxies: readonly string[],
): FastifyHttpOptions<Server> {
  const { headersMs, requestMs, silentMs } = limits;
  return {
    trustProxy: proxies.length > 0 ? [...proxies] : false,
    connectionTimeout: silentMs,
    requestTimeout: requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: headersMs,
      // How late the two above may be noticed.
      connectionsCheckingInterval: Math.min(1_000, headersMs),
      maxHeaderSize: HEAD_BYTES,
    },
    clientErrorHandler: answerClientError,
  };
}

export function limitConnections(server: Server, { connections }: ConnectionLimits): void {
  server.maxConnections = connections;
  server.maxHeadersCount = 100;
}

/** What cannot be read as a request gets one answer, and nothing more is read. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, words, type, detail] = explain(error.code);
  const body = JSON.stringify({ ...problem(type, detail), status });
  const headers = {
    ...SECURITY_HEADERS,
    "content-type": "application/problem+json",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${words}\r\n${lines.join("")}\r\n${body}`, () => socket.destroy());
}

function explain(
  code: string | undefined,
): [number, string, "invalid-request" | "too-large", string] {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [408, "Request Timeout", "invalid-request", "The request did not arrive in time."];
    case "HPE_HEADER_OVERFLOW":
      return [
        431,
        "Request Header Fields Too Large",
        "too-large",
        "The request's headers are too large.",
      ];
    default:
      return [400, "Bad Request", "invalid-request", "The request could not be read."];
  }
}
