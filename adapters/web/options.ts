import type { Engine } from "../../src/engine.ts";

/** What the server needs of a logger; pino is one. */
export interface WebLogger {
  error(fields: object, message: string): void;
}

export interface WebServerOptions {
  engine: Engine;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Asked of every caller unless `host` is a loopback address. */
  token: string | null;
  logger: WebLogger;
  limits?: Partial<WebLimits>;
}

export interface WebLimits {
  /** Bytes of a request's body. */
  bodyBytes: number;
  /** Milliseconds between two signs of life on a silent event stream. */
  heartbeatMs: number;
}

export const DEFAULT_LIMITS: WebLimits = { bodyBytes: 1024 * 1024, heartbeatMs: 15_000 };
