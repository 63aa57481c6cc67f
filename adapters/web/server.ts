/** The HTTP side: the API, its event streams, and the console. */
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Engine } from "../../src/engine.ts";
import { UserError } from "../../src/errors.ts";
import type { Metrics } from "../../src/metrics.ts";
import { noMetrics } from "../../src/metrics.ts";
import { noTracing } from "../../src/tracing.ts";
import { adminRoutes } from "./admin/admin-routes.ts";
import { Operators } from "./admin/operators.ts";
import { bundleClient, type ClientBundle } from "./client-bundle.ts";
import { connectionOptions, limitConnections } from "./connections.ts";
import { decisionIn } from "./decisions.ts";
import { guard } from "./guard.ts";
import { nameRequests, REQUEST_IDS, traceRequests } from "./following.ts";
import { readJsonOnly } from "./json-body.ts";
import { DEFAULT_LIMITS, type WebLimits, type WebServerOptions } from "./options.ts";
import {
  describeError,
  installProblemHandling,
  requestContext,
  sendProblem,
} from "./problem-handling.ts";
import { createRateLimiter } from "./rate-limits.ts";
import { blockRoutes } from "./routes/blocks.ts";
import { changeRoutes } from "./routes/changes.ts";
import { concernRoutes } from "./routes/concerns.ts";
import { comesToSee, consoleRoutes, sendLostPage } from "./routes/console.ts";
import { healthRoutes } from "./routes/health.ts";
import { insightRoutes } from "./routes/insight.ts";
import { mergeRoutes } from "./routes/merges.ts";
import { modelRoutes } from "./routes/models.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { peopleRoutes } from "./routes/people.ts";
import { recordRoutes } from "./routes/record.ts";
import { rfcRoutes } from "./routes/rfcs.ts";
import { sessionRoutes, signInRoutes, type SignInDoor } from "./routes/sign-in.ts";
import { spendingRoutes } from "./routes/spending.ts";
import { threadRoutes } from "./routes/threads.ts";
import { turnRoutes } from "./routes/turns.ts";
import { platformPageRoutes, webhookRoutes } from "./routes/webhooks.ts";
import { createTokenGuard, SECURITY_HEADERS, STRICT_TRANSPORT, tokenFarewell } from "./security.ts";
import { SessionCookies } from "./session-cookies.ts";
import { EventStreams } from "./sse.ts";
import { Viewers } from "./viewers.ts";
import { isLoopback } from "../../src/loopback.ts";

export interface WebServer {
  /** Where it listens, with the port that was taken. */
  url: string;
  /** What it answers to, as `METHOD pattern`. */
  routes: readonly string[];
  /**
   * Ends event streams at once, lets other requests finish for up to `graceMs`, then closes every
   * connection.
   */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 2000;

/** @throws UserError when the address cannot be taken, or would be open to everybody. */
export async function createWebServer(options: WebServerOptions): Promise<WebServer> {
  const { engine, host, port, logger, signIn = null } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  assertClosed(options);
  const viewers = new Viewers(engine, signIn);
  const metrics = options.metrics ?? noMetrics;
  const stillMay = (request: FastifyRequest): Promise<boolean> => viewers.stillMay(request);
  const streams = new EventStreams(logger, limits, stillMay, metrics);
  const unwatch = metrics.watch("open_streams", {}, () => streams.count);
  const app = createFastify(options, limits);
  limitConnections(app.server, limits);
  readJsonOnly(app, limits);
  countAnswers(app, metrics, streams);
  nameRequests(app);
  const bundle = cachedBundle();
  const { servesPeople = true } = options;
  installProblemHandling(app, logger, (request, reply) =>
    servesPeople && comesToSee(request) ? sendLostPage(reply, bundle) : null,
  );
  const webhooks = options.webhooks ?? {};
  const platformPages = options.platformPages ?? {};
  const rates = await createRateLimiter(app, limits.perMinute);
  if (isByTls(options)) wantTls(app);
  const farewell = tokenFarewell(isByTls(options));
  const door = createDoor(options, farewell);
  const { admin = null } = options;
  const operators = admin && new Operators(admin.token);
  const routes = noteRoutes(app);
  const isOpen = isLoopback(host) && signIn === null;
  guard(app, {
    ...guardingOf(options),
    isOpen,
    operators,
    rates,
    streams,
    door,
    mostUnknown: limits.perMinute.refused,
  });
  traceRequests(app, options.tracing ?? noTracing);
  viewers.guard(app);
  healthRoutes(app, engine, options.metrics ?? null);
  if (servesPeople) {
    if (admin) adminRoutes(app, operators!, admin);
    apiRoutes(app, engine, viewers, streams, isOpen);
    sessionRoutes(app, engine, viewers, door, isOpen ? null : farewell);
    if (door) signInRoutes(app, door);
    consoleRoutes(app, bundle);
  }
  await webhookRoutes(app, webhooks, limits.webhookBytes);
  platformPageRoutes(app, platformPages, (error) =>
    logger.error({ err: error }, "a page for a platform failed"),
  );

  await app.listen({ host, port }).catch(async (error: unknown) => {
    unwatch();
    await app.close();
    throw listenProblem(error, host, port);
  });
  // Made while nobody waits for it; a failure is told, and logged, by the request that needs it.
  if (servesPeople) bundle().catch(() => {});
  return { url: serverUrl(app, host), routes, close: closer(app, streams, unwatch) };
}

/** @throws UserError where anybody could come in */
function assertClosed({ host, token, signIn = null }: WebServerOptions): void {
  if (isLoopback(host) || token !== null || signIn !== null) return;
  throw new UserError(
    "invalid-request",
    `HOST is ${host}, which other machines can reach: set REDLINE_TOKEN too, or set HOST to 127.0.0.1.`,
  );
}

/** Whether people reach it by https. */
function isByTls({ publicUrl }: WebServerOptions): boolean {
  return publicUrl?.startsWith("https:") ?? false;
}

function guardingOf(options: WebServerOptions) {
  const { host, token, signIn = null, webhooks = {}, platformPages = {} } = options;
  return {
    host,
    tokens: token === null ? null : createTokenGuard(token, isByTls(options)),
    open: { POST: Object.keys(webhooks), GET: Object.keys(platformPages) },
    noteRefused: (request: FastifyRequest, why: string) => noteRefused(options, request, why),
    publicUrl: signIn?.publicUrl ?? null,
  };
}

function createDoor(
  { signIn = null, token, logger }: WebServerOptions,
  farewell: string,
): SignInDoor | null {
  return (
    signIn && {
      desk: signIn.desk,
      cookies: new SessionCookies(signIn.publicUrl),
      takesToken: token !== null,
      logger,
      tokenFarewell: farewell,
    }
  );
}

/** Every route that is made from here on, as `METHOD pattern`. */
function noteRoutes(app: FastifyInstance): string[] {
  const routes: string[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    for (const name of [method].flat()) routes.push(`${name} ${url}`);
  });
  return routes;
}

function createFastify(
  { logger, trustProxy }: WebServerOptions,
  limits: WebLimits,
): FastifyInstance {
  return Fastify({
    ...connectionOptions(limits, trustProxy ?? []),
    ...REQUEST_IDS,
    exposeHeadRoutes: false,
    // An address that cannot be decoded never reaches the hooks.
    frameworkErrors: (error, request, reply) => {
      const body = describeError(error, logger, requestContext(request));
      void sendProblem(reply.headers(SECURITY_HEADERS), body);
    },
  });
}

/** On the answer itself, so that it is there too where a platform's own package answers. */
function wantTls(app: FastifyInstance): void {
  app.addHook("onRequest", async (_request, reply) => {
    reply.raw.setHeader("strict-transport-security", STRICT_TRANSPORT);
  });
}

/** That somebody who was not let in wanted to decide. */
async function noteRefused(
  { engine, logger }: WebServerOptions,
  request: FastifyRequest,
  why: string,
): Promise<void> {
  const tried = decisionIn(request.method, request.url.split("?", 1)[0]!);
  if (!tried) return;
  await engine.people.noteStranger(tried.act, tried.subject, why).catch((error: unknown) => {
    logger.error({ err: error, ...tried }, "a refused decision could not be noted");
  });
}

function apiRoutes(
  app: FastifyInstance,
  engine: Engine,
  viewers: Viewers,
  streams: EventStreams,
  isHere: boolean,
): void {
  rfcRoutes(app, engine, viewers, isHere);
  threadRoutes(app, engine, viewers, streams);
  changeRoutes(app, engine, viewers);
  turnRoutes(app, engine);
  blockRoutes(app, engine, viewers);
  modelRoutes(app, engine);
  spendingRoutes(app, engine);
  insightRoutes(app, engine, viewers);
  notificationRoutes(app, engine, viewers);
  peopleRoutes(app, engine, viewers);
  concernRoutes(app, engine, viewers);
  mergeRoutes(app, engine, viewers);
  recordRoutes(app, engine, viewers);
}

function countAnswers(app: FastifyInstance, metrics: Metrics, streams: EventStreams): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.raw.once("close", () => {
      const status = String(reply.raw.statusCode);
      metrics.count("http_requests_total", { ...routeOf(request), status });
    });
  });
  // The length of an event stream says nothing about this server.
  app.addHook("onResponse", async (request, reply) => {
    if (streams.has(request)) return;
    metrics.observe("http_request_seconds", routeOf(request), reply.elapsedTime / 1_000);
  });
}

/** The route is the pattern, never the address asked for: its values are few and hold no ids. */
function routeOf({ method, routeOptions }: FastifyRequest): { method: string; route: string } {
  return { method, route: routeOptions.url ?? "unknown" };
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
  unwatch: () => void,
): (graceMs?: number) => Promise<void> {
  let closing: Promise<void> | null = null;
  const close = async (graceMs: number): Promise<void> => {
    streams.close();
    const deadline = setTimeout(() => app.server.closeAllConnections(), graceMs);
    await app.close();
    clearTimeout(deadline);
    unwatch();
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
