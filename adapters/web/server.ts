/** The HTTP side: the API, its event streams, and the console. */
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Engine } from "../../src/engine.ts";
import { problem, UserError } from "../../src/errors.ts";
import { bundleClient, type ClientBundle } from "./client-bundle.ts";
import { Metrics } from "./metrics.ts";
import { decisionIn } from "./decisions.ts";
import { DEFAULT_LIMITS, type WebServerOptions } from "./options.ts";
import { TOKEN_STYLE_HASH, tokenPage } from "./page.ts";
import {
  describeError,
  installProblemHandling,
  requestContext,
  sendProblem,
} from "./problem-handling.ts";
import { blockRoutes } from "./routes/blocks.ts";
import { changeRoutes } from "./routes/changes.ts";
import { concernRoutes } from "./routes/concerns.ts";
import { comesToSee, consoleRoutes, isPagePath, sendLostPage } from "./routes/console.ts";
import { healthRoutes, OPEN_PATHS } from "./routes/health.ts";
import { insightRoutes } from "./routes/insight.ts";
import { mergeRoutes } from "./routes/merges.ts";
import { modelRoutes } from "./routes/models.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { peopleRoutes } from "./routes/people.ts";
import { recordRoutes } from "./routes/record.ts";
import { rfcRoutes } from "./routes/rfcs.ts";
import { threadRoutes } from "./routes/threads.ts";
import { turnRoutes } from "./routes/turns.ts";
import { platformPageRoutes, webhookRoutes } from "./routes/webhooks.ts";
import { createTokenGuard, crossSiteRefusal, SECURITY_HEADERS } from "./security.ts";
import { EventStreams } from "./sse.ts";
import { isLoopback } from "../../src/loopback.ts";

export interface WebServer {
  /** Where it listens, with the port that was taken. */
  url: string;
  /**
   * Ends event streams at once, lets other requests finish for up to `graceMs`, then closes every
   * connection.
   */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 2000;

/** @throws UserError when the address cannot be taken, or would be open to everybody. */
export async function createWebServer(options: WebServerOptions): Promise<WebServer> {
  const { engine, host, port, token, logger } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (!isLoopback(host) && token === null) {
    throw new UserError(
      "invalid-request",
      `HOST is ${host}, which other machines can reach: set REDLINE_TOKEN too, or set HOST to 127.0.0.1.`,
    );
  }
  const streams = new EventStreams(logger, limits.heartbeatMs);
  const metrics = new Metrics(() => streams.count);
  const app = Fastify({
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    // An address that cannot be decoded never reaches the hooks.
    frameworkErrors: (error, request, reply) => {
      const body = describeError(error, logger, requestContext(request));
      void sendProblem(reply.headers(SECURITY_HEADERS), body);
    },
  });

  readJsonOnly(app);
  countAnswers(app, metrics);
  const bundle = cachedBundle();
  const { servesPeople = true } = options;
  installProblemHandling(app, logger, (request, reply) =>
    servesPeople && comesToSee(request) ? sendLostPage(request, reply, bundle) : null,
  );
  const webhooks = options.webhooks ?? {};
  const platformPages = options.platformPages ?? {};
  const open = { POST: Object.keys(webhooks), GET: Object.keys(platformPages) };
  const noteRefused = async (request: FastifyRequest, why: string): Promise<void> => {
    const tried = decisionIn(request.method, request.url.split("?", 1)[0]!);
    if (!tried) return;
    await engine.people.noteStranger(tried.act, tried.subject, why).catch((error: unknown) => {
      logger.error({ err: error, ...tried }, "a refused decision could not be noted");
    });
  };
  guard(app, host, token, { open, noteRefused });
  healthRoutes(app, engine, metrics);
  if (servesPeople) {
    apiRoutes(app, engine, streams);
    consoleRoutes(app, bundle);
  }
  await webhookRoutes(app, webhooks, limits.webhookBytes);
  platformPageRoutes(app, platformPages, (error) =>
    logger.error({ err: error }, "a page for a platform failed"),
  );

  try {
    await app.listen({ host, port });
  } catch (error) {
    metrics.close();
    await app.close();
    throw listenProblem(error, host, port);
  }
  // Made while nobody waits for it; a failure is told, and logged, by the request that needs it.
  if (servesPeople) bundle().catch(() => {});
  return { url: serverUrl(app, host), close: closer(app, streams, metrics) };
}

function apiRoutes(app: FastifyInstance, engine: Engine, streams: EventStreams): void {
  rfcRoutes(app, engine);
  threadRoutes(app, engine, streams);
  changeRoutes(app, engine);
  turnRoutes(app, engine);
  blockRoutes(app, engine);
  modelRoutes(app, engine);
  insightRoutes(app, engine);
  notificationRoutes(app, engine);
  peopleRoutes(app, engine);
  concernRoutes(app, engine);
  mergeRoutes(app, engine);
  recordRoutes(app, engine);
}

/** The default parsers take text as well, which is what a plain cross-site form can send. */
function readJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    if (body === "") return done(null, undefined);
    try {
      done(null, JSON.parse(body as string));
    } catch {
      done(new UserError("invalid-request", "The request's body is not valid JSON."));
    }
  });
}

function countAnswers(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.raw.once("close", () => {
      const route = request.routeOptions.url ?? "unknown";
      metrics.countRequest(request.method, route, reply.raw.statusCode);
    });
  });
}

interface Guarding {
  /** What is open to everybody, by method. */
  open: Readonly<Record<"GET" | "POST", readonly string[]>>;
  /** Told of what is not let in. */
  noteRefused(request: FastifyRequest, why: string): Promise<void>;
}

/** Puts the guards of `security.ts` in front of every route, known or not. */
function guard(
  app: FastifyInstance,
  host: string,
  token: string | null,
  { open, noteRefused }: Guarding,
): void {
  const loopback = isLoopback(host);
  const tokens = loopback || token === null ? null : createTokenGuard(token);

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    // A platform proves who it is by its signature, and may come through any tunnel or proxy; so may people
    // whom it sends back.
    const method = request.method === "POST" || request.method === "GET" ? request.method : null;
    if (method && open[method].includes(request.url.split("?", 1)[0]!)) return;
    const refusal = crossSiteRefusal(request.method, request.headers, loopback);
    if (refusal) {
      await noteRefused(request, refusal);
      return sendProblem(reply, problem("forbidden", refusal));
    }
    const path = request.url.split("?", 1)[0]!;
    if (path.startsWith("/api/")) reply.header("cache-control", "no-store");
    if (!tokens || OPEN_PATHS.has(path) || tokens.admits(request.headers)) return;
    const { token: given } = request.query as { token?: unknown };
    const isGiven = request.method === "GET" && typeof given === "string";
    if (isGiven && tokens.matches(given)) {
      const target = isPagePath(path) ? path : "/";
      return reply.header("set-cookie", tokens.cookie()).redirect(target, 303);
    }
    if (isPagePath(path) || comesToSee(request)) {
      const policy = SECURITY_HEADERS["content-security-policy"]!;
      reply.header(
        "content-security-policy",
        policy.replace("style-src 'self'", `style-src '${TOKEN_STYLE_HASH}'`),
      );
      return reply.code(401).type("text/html; charset=utf-8").send(tokenPage(isGiven));
    }
    reply.header("www-authenticate", "Bearer");
    const detail = "An access token is needed: send it as `Authorization: Bearer …`.";
    await noteRefused(request, "no access token");
    return sendProblem(reply, problem("unauthorized", detail));
  });
}

/** One bundle for the server's life; a failed one is tried again by the next request. */
function cachedBundle(): () => Promise<ClientBundle> {
  let made: Promise<ClientBundle> | null = null;
  return () => {
    made ??= bundleClient().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

function closer(
  app: FastifyInstance,
  streams: EventStreams,
  metrics: Metrics,
): (graceMs?: number) => Promise<void> {
  let closing: Promise<void> | null = null;
  const close = async (graceMs: number): Promise<void> => {
    streams.close();
    const deadline = setTimeout(() => app.server.closeAllConnections(), graceMs);
    await app.close();
    clearTimeout(deadline);
    metrics.close();
  };
  return (graceMs = DEFAULT_GRACE_MS) => (closing ??= close(graceMs));
}

function serverUrl(app: FastifyInstance, host: string): string {
  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

function listenProblem(error: unknown, host: string, port: number): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return new UserError(
        "invalid-request",
        `Port ${port} is taken by another program: stop it, or set PORT to another number.`,
      );
    case "EACCES":
      return new UserError(
        "invalid-request",
        `Port ${port} may not be opened by this user: set PORT to a number above 1023.`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new UserError(
        "invalid-request",
        `HOST is ${host}, which is no address of this machine: set HOST to 127.0.0.1 or another one.`,
      );
    default:
      return error;
  }
}
