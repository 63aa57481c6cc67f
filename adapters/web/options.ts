import type { Engine } from "../../src/engine.ts";

/** What the server needs of a logger; pino is one. */
export interface WebLogger {
  error(fields: object, message: string): void;
}

/** Takes one delivery of a platform, which proves by itself where it comes from. Never rejects. */
export type WebhookHandler = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
  rawBody: Buffer,
) => Promise<{ status: number; body?: object }>;

export interface WebServerOptions {
  engine: Engine;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Asked of every caller unless `host` is a loopback address. */
  token: string | null;
  logger: WebLogger;
  /** False leaves the console and the API out: then it is there for webhooks and health alone. */
  servesPeople?: boolean;
  /** By path; none of the guards for people stands in front of them. */
  webhooks?: Readonly<Record<string, WebhookHandler>>;
  limits?: Partial<WebLimits>;
}

export interface WebLimits {
  /** Bytes of a request's body. */
  bodyBytes: number;
  /** The same for webhooks; GitHub's own limit by default. */
  webhookBytes: number;
  /** Milliseconds between two signs of life on a silent event stream. */
  heartbeatMs: number;
}

export const DEFAULT_LIMITS: WebLimits = {
  bodyBytes: 1024 * 1024,
  webhookBytes: 25 * 1024 * 1024,
  heartbeatMs: 15_000,
};
