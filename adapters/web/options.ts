import type { IncomingMessage, ServerResponse } from "node:http";
import type { Engine } from "../../src/engine.ts";

/** What the server needs of a logger; pino is one. */
export interface WebLogger {
  error(fields: object, message: string): void;
}

/** Takes one delivery of a platform, which proves by itself where it comes from. Never rejects. */
export type WebhookHandler = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
  rawBody: Buffer,
) => Promise<{
  status: number;
  /** Sent as JSON; a text as it is. */
  body?: object | string;
}>;

/** Answers a GET of somebody's browser whom the platform sends here, or who wants to be sent there. */
export type PlatformPage = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

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
  /** The same for pages. */
  platformPages?: Readonly<Record<string, PlatformPage>>;
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
