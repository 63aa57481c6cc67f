/** The HTTP side: one request from its arrival to its answer, log, limits and contract included. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

import { ApiError, invalidForm, unauthorized } from "./api-error.ts";
import type { Answer, Handler, Services, Upload } from "./call.ts";
import type { Contract, Match } from "./contract.ts";
import { rateLimited } from "./limits.ts";
import type { Fault, Limits } from "./limits.ts";
import type { Json } from "./model.ts";
import type { LoggedRequest } from "./request-log.ts";

export interface ServerParts {
  services: Services;
  limits: Limits;
  contract: Contract;
  handlers: Record<string, Handler>;
  log: LoggedRequest[];
  /** Notes what does not conform. */
  note: (violation: string) => void;
}

const LOG_LIMIT = 20_000;
/** Milliseconds; Discord does not say how long. */
const BAN = 600_000;
const BASE = "/api/v10";

/** Their token stands in the path. */
const OWN_TOKEN = /^[A-Z]+ \/(interactions|webhooks)\//;

export function createDiscordServer(parts: ServerParts): Server {
  const server = createServer((request, response) => {
    serve(parts, request, response).catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parts.note(`the fake itself failed: ${text}`);
      response.destroy();
    });
  });
  server.on("upgrade", (request, socket, head: Buffer) => {
    parts.services.gateway.upgrade(request, socket, head);
  });
  return server;
}

interface Sent {
  body: unknown;
  files: Upload[];
  /** Whether there was a body that could not be read. */
  isBroken: boolean;
}

async function readBody(request: IncomingMessage, bytes: Buffer): Promise<Sent> {
  const type = request.headers["content-type"] ?? "";
  if (bytes.length === 0) return { body: undefined, files: [], isBroken: false };
  if (type.startsWith("application/json")) return { ...parseJson(bytes), files: [] };
  if (!type.startsWith("multipart/form-data")) {
    return { body: undefined, files: [], isBroken: true };
  }
  const form = await new Response(new Uint8Array(bytes), {
    headers: { "content-type": type },
  }).formData();
  const files: Upload[] = [];
  let payload: { body: unknown; isBroken: boolean } = { body: {}, isBroken: false };
  for (const [field, value] of form) {
    if (typeof value === "string") {
      if (field === "payload_json") payload = parseJson(Buffer.from(value));
      else payload.isBroken = true;
    } else {
      const content = Buffer.from(await value.arrayBuffer());
      const contentType = value.type === "" ? "text/plain; charset=utf-8" : value.type;
      files.push({ field, filename: value.name, contentType, bytes: content });
    }
  }
  return { ...payload, files };
}

function parseJson(bytes: Buffer): { body: unknown; isBroken: boolean } {
  try {
    return { body: JSON.parse(bytes.toString("utf8")) as unknown, isBroken: false };
  } catch {
    return { body: undefined, isBroken: true };
  }
}

async function serve(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bytes = await buffer(request).catch(() => null);
  if (bytes === null) return;
  const { limits, contract, services } = parts;
  const url = new URL(request.url ?? "/", "http://localhost");
  const method = request.method ?? "GET";
  const path = url.pathname.startsWith(`${BASE}/`) ? url.pathname.slice(BASE.length) : null;
  const match = path === null ? null : contract.match(method, path);
  const sent = await readBody(request, bytes);
  const entry: LoggedRequest = {
    route: match?.route ?? `${method} ${url.pathname}`,
    params: match?.params ?? {},
    query: Object.fromEntries(url.searchParams),
    body: sent.body,
    files: sent.files.map(({ filename }) => filename),
    status: 0,
    answer: null,
    code: null,
    at: services.world.clock.now(),
    isFault: false,
  };
  parts.log.push(entry);
  if (parts.log.length > LOG_LIMIT) parts.log.shift();
  const fault = limits.takeFault(entry.route, entry.params, sent.body);
  entry.isFault = fault !== null;
  if (fault?.delay !== undefined) await sleep(fault.delay);
  await fault?.until;
  const send = (answer: Answer, headers: Record<string, string>): void =>
    finish(parts, response, entry, answer, headers);
  if (fault && strike(response, fault, entry, send)) return;
  const reply = answerTo(parts, { request, url, match, sent, at: entry.at });
  if (match) {
    for (const error of contract.answerErrors(match, reply.answer.status, reply.answer.body)) {
      parts.note(`${match.route}: ${error}`);
    }
  }
  if (fault?.cut === "after") {
    response.destroy();
    return;
  }
  send(reply.answer, reply.headers);
}

/** Whether it ends the request before it has an effect. */
function strike(
  response: ServerResponse,
  fault: Fault,
  entry: LoggedRequest,
  send: (answer: Answer, headers: Record<string, string>) => void,
): boolean {
  if (fault.cut === "before") {
    response.destroy();
  } else if (fault.retryAfter !== undefined) {
    const limited = rateLimited(fault.retryAfter * 1_000, fault.isGlobal === true);
    send({ status: 429, body: limited.body }, limited.headers);
  } else if (fault.code !== undefined) {
    const body = { message: fault.message ?? "A scripted error", code: fault.code };
    send({ status: fault.status ?? 400, body }, {});
  } else if (fault.status !== undefined) {
    entry.status = fault.status;
    response.writeHead(fault.status, { "content-type": "text/html" }).end("<h1>Error</h1>");
  } else return false;
  return true;
}

function finish(
  { limits }: ServerParts,
  response: ServerResponse,
  entry: LoggedRequest,
  { status, body }: Answer,
  headers: Record<string, string>,
): void {
  limits.countAnswer(status);
  entry.status = status;
  entry.answer = body ?? null;
  const code = body && !Array.isArray(body) && status >= 400 ? body["code"] : null;
  entry.code = typeof code === "number" ? code : null;
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));
}

interface Asked {
  /** When it came, in the clock's milliseconds. */
  at: number;
  request: IncomingMessage;
  url: URL;
  match: Match | null;
  sent: Sent;
}

interface Reply {
  answer: Answer;
  headers: Record<string, string>;
}

function answerTo(parts: ServerParts, asked: Asked): Reply {
  let headers: Record<string, string> = {};
  try {
    const answer = perform(parts, asked, (given) => {
      headers = given;
    });
    return { answer, headers };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const answer = { status: error.status, body: error.body };
    return { answer, headers: { ...headers, ...error.headers } };
  }
}

function perform(
  parts: ServerParts,
  { request, url, match, sent, at }: Asked,
  setHeaders: (headers: Record<string, string>) => void,
): Answer {
  const { services, limits, contract, handlers, note } = parts;
  if (limits.isBanned) throw rateLimited(BAN, true);
  if (!/^DiscordBot \(.+\)/.test(request.headers["user-agent"] ?? "")) {
    note(`a user agent that Discord does not take: ${request.headers["user-agent"]}`);
  }
  const handler = match ? handlers[match.route] : undefined;
  if (!match || !handler) {
    note(`${request.method} ${url.pathname}: not in the contract`);
    throw new ApiError(404, 0, "404: Not Found");
  }
  if (!OWN_TOKEN.test(match.route)) {
    const given = /^Bot (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (given !== services.world.app.token) throw unauthorized();
  }
  setHeaders(limits.admit(match));
  for (const error of contract.parameterErrors(match, url.searchParams)) {
    note(`${match.route}: ${error}`);
    throw invalidForm([{ at: "", code: "BASE_TYPE_BAD", message: error }]);
  }
  if (sent.isBroken) throw new ApiError(400, 50109, "The request body contains invalid JSON.");
  const { refused, odd } = contract.bodyErrors(match, sent.body);
  for (const { at, message } of refused) note(`${match.route}: body ${at}: ${message}`);
  for (const error of odd) note(`${match.route}: ${error}`);
  if (refused.length > 0) throw invalidForm(refused);
  const body = (sent.body ?? {}) as Json;
  return handler({
    ...services,
    params: match.params,
    query: url.searchParams,
    body,
    files: sent.files,
    at,
  });
}
