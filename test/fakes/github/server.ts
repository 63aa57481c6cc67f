/** The HTTP side: one request from its arrival to its answer, log, limits and contract included. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

import { ApiError, notFound } from "./api-error.ts";
import type { Actor, Auth } from "./auth.ts";
import { authorize, visibleRepository } from "./auth.ts";
import type { Contract, Match } from "./contract.ts";
import type { DeviceFlows } from "./device-flow.ts";
import { answerGraphql } from "./graphql.ts";
import type { Fault, Limits } from "./limits.ts";
import type { Json } from "./model.ts";
import type { LoggedRequest } from "./request-log.ts";
import type { Call, Reply, Route } from "./router.ts";
import type { Show } from "./show.ts";
import type { WebFlow } from "./web-flow.ts";
import type { World } from "./world.ts";

export interface ServerParts {
  /** `/api/v3` or nothing. */
  base: string;
  world: World;
  auth: Auth;
  limits: Limits;
  contract: Contract;
  routes: Record<string, Route>;
  deviceFlows: DeviceFlows;
  webFlow: WebFlow;
  /** Made once the port is known. */
  show: () => Show;
  log: LoggedRequest[];
  violations: string[];
  /** Answers that are being worked out. */
  working: Set<Promise<unknown>>;
}

/** Requests that are remembered; the oldest are forgotten. */
const LOG_LIMIT = 20_000;
/** Violations that are remembered; the first are what matters. */
const VIOLATION_LIMIT = 1_000;
/** Of an Enterprise Server, beside its base. */
const GRAPHQL = "/api/graphql";

export function createGitHubServer(parts: ServerParts): Server {
  return createServer((request, response) => {
    serve(parts, request, response).catch((error: unknown) => {
      note(parts, `the fake itself failed: ${describe(error)}`);
      response.destroy();
    });
  });
}

function note(parts: ServerParts, violation: string): void {
  if (parts.violations.length < VIOLATION_LIMIT) parts.violations.push(violation);
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

interface Incoming {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  bytes: Buffer;
  entry: LoggedRequest;
}

async function serve(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bytes = await buffer(request).catch(() => null);
  if (bytes === null) return;
  const incoming = readRequest(parts, request, bytes);
  const { entry, method, path } = incoming;
  parts.log.push(entry);
  if (parts.log.length > LOG_LIMIT) parts.log.shift();
  const fault = parts.limits.takeFault(method, path);
  const isStruck = fault !== null && fault.status !== 0;
  entry.isFault = isStruck;
  if (fault && !fault.afterEffect) await fault.until;
  const answer = isStruck && !fault.afterEffect ? null : await work(parts, incoming);
  if (fault?.afterEffect) await fault.until;
  if (isStruck) {
    strike(response, fault, entry);
    return;
  }
  if (answer) send(response, answer, entry);
}

/** Whoever asked may be gone before it is done. */
async function work(parts: ServerParts, incoming: Incoming): ReturnType<typeof answerTo> {
  const working = answerTo(parts, incoming);
  parts.working.add(working);
  return working.finally(() => parts.working.delete(working));
}

function readRequest(parts: ServerParts, request: IncomingMessage, bytes: Buffer): Incoming {
  const method = request.method ?? "GET";
  const target = request.url ?? "/";
  const mark = target.indexOf("?");
  const full = mark === -1 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? "" : target.slice(mark + 1));
  // Outside the base there is nothing but GraphQL; the mark keeps it from being a path of the API.
  const isInside = full.startsWith(`${parts.base}/`);
  const path = isInside
    ? full.slice(parts.base.length)
    : full === GRAPHQL
      ? full
      : `outside:${full}`;
  const entry: LoggedRequest = {
    method,
    path,
    query: Object.fromEntries(query),
    route: null,
    status: 0,
    conditional: request.headers["if-none-match"] !== undefined,
    contentCreating: false,
    body: parseBody(bytes),
    at: Date.now(),
    isFault: false,
  };
  return { method, path, query, headers: request.headers, bytes, entry };
}

function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

function strike(response: ServerResponse, fault: Fault, entry: LoggedRequest): void {
  if (fault.dropConnection) {
    entry.status = 0;
    response.destroy();
    return;
  }
  entry.status = fault.status ?? 502;
  response.writeHead(entry.status, { "content-type": "application/json", ...fault.headers });
  response.end(JSON.stringify(fault.body ?? { message: "Server Error" }));
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer | null;
}

function send(response: ServerResponse, answer: Answer, entry: LoggedRequest): void {
  entry.status = answer.status;
  response.writeHead(answer.status, answer.headers);
  response.end(answer.bytes ?? undefined);
}

async function answerTo(parts: ServerParts, incoming: Incoming): Promise<Answer> {
  const login = parts.deviceFlows.answer(incoming.method, pathOf(incoming), bodyOf(incoming));
  if (login) return { status: login.status, headers: JSON_TYPE, bytes: toBuffer(login.json) };
  const page = parts.webFlow.answer(incoming.method, pathOf(incoming), incoming.query);
  if (page) {
    const headers: Record<string, string> = { "content-type": "text/html; charset=utf-8" };
    if (page.location !== undefined) headers["location"] = page.location;
    return { status: page.status, headers, bytes: Buffer.from(page.html ?? "") };
  }
  let actor: Actor | null = null;
  const headers: Record<string, string> = { "x-github-media-type": "github.v3; format=json" };
  const match = parts.contract.match(incoming.method, incoming.path);
  let reply: Reply;
  try {
    actor = parts.auth.authenticate(incoming.headers.authorization);
    reply = isGraphql(parts, incoming)
      ? await graphql(parts, incoming, actor)
      : await rest(parts, incoming, match, actor);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    reply = { status: error.status, json: error.body, headers: error.headers };
  }
  const answer = dress(incoming, reply, headers);
  if (actor) {
    const isFree = answer.status === 304 || incoming.path === "/rate_limit";
    if (!isFree) parts.limits.spend(actor.bucket);
    Object.assign(answer.headers, rateHeaders(parts.limits, actor), scopeHeaders(actor));
  }
  if (match) checkAnswer(parts, incoming, match, reply, answer);
  return answer;
}

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

/** Pages for people lie outside of an Enterprise Server's base. */
const pathOf = ({ path }: Incoming): string => path.replace(/^outside:/, "");

const bodyOf = ({ entry: { body } }: Incoming): Json =>
  typeof body === "object" && body !== null ? (body as Json) : {};

const isGraphql = (parts: ServerParts, incoming: Incoming): boolean =>
  incoming.method === "POST" && incoming.path === (parts.base === "" ? "/graphql" : "/api/graphql");

async function graphql(parts: ServerParts, incoming: Incoming, actor: Actor): Promise<Reply> {
  if (actor.kind === "anonymous") {
    throw new ApiError(401, "This endpoint requires you to be authenticated.");
  }
  incoming.entry.route = "POST /graphql";
  const body = (incoming.entry.body ?? {}) as { query?: string; variables?: Json };
  parts.limits.admit(actor.bucket, false);
  const { json, problem } = await answerGraphql(parts.world, actor, body);
  if (problem) note(parts, `POST /graphql: ${problem}`);
  return { status: 200, json };
}

async function rest(
  parts: ServerParts,
  incoming: Incoming,
  match: Match | null,
  actor: Actor,
): Promise<Reply> {
  const { method, path, query, entry } = incoming;
  const route = match && parts.routes[match.route];
  if (!match || !route) {
    note(parts, `${method} ${path}: not in the contract`);
    throw notFound();
  }
  entry.route = match.route;
  entry.contentCreating = route.makesContent === true;
  for (const error of parts.contract.requestErrors(match, query, entry.body)) {
    note(parts, `${method} ${path}: ${error}`);
  }
  parts.limits.admit(actor.bucket, entry.contentCreating);
  const { params } = match;
  const call: Call = {
    world: parts.world,
    auth: parts.auth,
    limits: parts.limits,
    show: parts.show(),
    actor,
    params,
    query,
    path,
    body: bodyOf(incoming),
    accept: incoming.headers.accept ?? "application/json",
  };
  if (route.kind === "repository") {
    const name = `${params["owner"] ?? ""}/${params["repo"] ?? ""}`;
    const repository = visibleRepository(parts.world, actor, name);
    const level = method === "GET" ? "read" : "write";
    authorize(actor, repository, route.needs, level);
    return await route.answer({ ...call, repository });
  }
  return await route.answer(call);
}

/** The answer's bytes and headers; a GET that has not changed becomes a 304. */
function dress(incoming: Incoming, reply: Reply, common: Record<string, string>): Answer {
  const headers: Record<string, string> = { ...common, ...reply.headers };
  const bytes = reply.bytes ?? (reply.json === undefined ? null : toBuffer(reply.json));
  if (bytes) headers["content-type"] ??= reply.type ?? "application/json; charset=utf-8";
  if (incoming.method === "GET" && reply.status === 200 && bytes) {
    const accept = incoming.headers.accept ?? "";
    const digest = createHash("sha256").update(accept).update(bytes).digest("hex");
    headers["etag"] = `W/"${digest}"`;
    headers["cache-control"] = "private, max-age=60, s-maxage=60";
    const known = incoming.headers["if-none-match"]?.split(/\s*,\s*/) ?? [];
    const strong = (tag: string): string => tag.replace(/^W\//, "");
    if (known.some((tag) => strong(tag) === `"${digest}"`)) {
      delete headers["content-type"];
      return { status: 304, headers, bytes: null };
    }
  }
  return { status: reply.status, headers, bytes };
}

const toBuffer = (json: unknown): Buffer => Buffer.from(JSON.stringify(json));

function rateHeaders(limits: Limits, actor: Actor): Record<string, string> {
  const { limit, remaining, reset, used } = limits.overview(actor.bucket);
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-used": String(used),
    "x-ratelimit-resource": "core",
  };
}

function scopeHeaders(actor: Actor): Record<string, string> {
  const isClassic = actor.kind === "user" && actor.permissions === null;
  return isClassic ? { "x-oauth-scopes": actor.scopes.join(", ") } : {};
}

function checkAnswer(
  parts: ServerParts,
  incoming: Incoming,
  match: Match,
  reply: Reply,
  answer: Answer,
): void {
  const body = answer.bytes === null ? undefined : (reply.bytes ?? reply.json);
  for (const error of parts.contract.answerErrors(match, answer.status, reply.media, body)) {
    note(parts, `${incoming.method} ${incoming.path}: ${error}`);
  }
}
