import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyPluginCallback } from "fastify";
import type { Engine } from "../../src/engine.ts";
import type { BodyLimits } from "./json-body.ts";
import { CONNECTION_LIMITS, type ConnectionLimits } from "./connections.ts";
import { RATE_LIMITS, type RateLimits } from "./rate-limits.ts";
import type { StreamLimits } from "./sse.ts";
import type { AccessDesk } from "../../src/sign-in/access.ts";
import type { SignInDesk } from "../../src/sign-in/session.ts";
import type { Metrics, MetricsPage } from "../../src/metrics.ts";
import type { Tracing } from "../../src/tracing.ts";
import type { WebLogger } from "./web-logger.ts";

export type { WebLogger };

/** Takes one delivery of a platform, which proves by itself where it comes from. Never rejects. */
export type WebhookHandler = ((
  headers: Readonly<Record<string, string | string[] | undefined>>,
  rawBody: Buffer,
) => Promise<{
  status: number;
  /** Sent as JSON; a text as it is. */
  body?: object | string;
}>) & {
  /** Of a body, where the platform sends less than the limit for all. */
  readonly maxBytes?: number;
};

/** Answers a GET of somebody's browser whom the platform sends here, or who wants to be sent there. */
export type PlatformPage = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What operators reach at `/admin/`. */
export interface AdminOptions {
  /** Theirs; the one of the console does not open it. */
  token: string;
  /** Makes the pages of the queues, to be served under `path`; called by the first visit. */
  queues(path: string): Promise<FastifyPluginCallback>;
  /** Where people reach this server: by TLS, the cookie goes by nothing else. */
  publicUrl(): string;
}

/** How people sign in with an account of theirs. */
export interface SignInOptions {
  desk: SignInDesk;
  access: AccessDesk;
  /** Where people reach this server; GitHub sends them back there. */
  publicUrl: string;
}

export interface WebServerOptions {
  engine: Engine;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Asked of every caller unless `host` is a loopback address. */
  token: string | null;
  logger: WebLogger;
  /** What is counted, and told at /metrics; without it nothing is there. */
  metrics?: Metrics & MetricsPage;
  tracing?: Tracing;
  /** Where people sign in with an account of theirs; null where they cannot. */
  signIn?: SignInOptions | null;
  /** Null where nothing is at `/admin/`. */
  admin?: AdminOptions | null;
  /** False leaves the console and the API out: then it is there for webhooks and health alone. */
  servesPeople?: boolean;
  /** By path; none of the guards for people stands in front of them. */
  webhooks?: Readonly<Record<string, WebhookHandler>>;
  /** The same for pages. */
  platformPages?: Readonly<Record<string, PlatformPage>>;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  trustProxy?: readonly string[];
  /** Where people reach this server, as was set; https has browsers never use anything else. */
  publicUrl?: string | null;
  limits?: Partial<WebLimits>;
}

export interface WebLimits extends BodyLimits, ConnectionLimits, StreamLimits {
  /** Bytes of a webhook's body; GitHub's own limit by default. */
  webhookBytes: number;
  /** Calls a minute of one caller, where others can reach the server. */
  perMinute: RateLimits;
}

export const DEFAULT_LIMITS: WebLimits = {
  ...CONNECTION_LIMITS,
  bodyBytes: 1024 * 1024,
  smallBodyBytes: 64 * 1024,
  // Source: docs.github.com, "Webhook events and payloads": payloads are capped at 25 MB.
  webhookBytes: 25 * 1024 * 1024,
  heartbeatMs: 15_000,
  stalledMs: 60_000,
  streamsOfOne: 200,
  perMinute: RATE_LIMITS,
};
