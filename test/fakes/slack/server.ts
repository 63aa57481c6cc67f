/** The HTTP side: one call from its arrival to its answer, log, limits and contract included. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

import type { Call, Handler, Services } from "./call.ts";
import type { Contract, Method } from "./contract.ts";
import type { Fault } from "./limits.ts";
import type { Json, Token } from "./model.ts";
import type { LoggedCall } from "./request-log.ts";
import type { ResponseUrls } from "./response-urls.ts";
import { SlackError, missingScope, wrongArguments } from "./slack-error.ts";

export interface ServerParts {
  services: Services;
  contract: Contract;
  methods: Record<string, Handler>;
  responseUrls: ResponseUrls;
  log: LoggedCall[];
  /** Notes what does not conform. */
  note: (violation: string) => void;
}

const LOG_LIMIT = 20_000;

/** Their scopes depend on the kind of conversation, or on what is asked; they look for themselves. */
const OWN_SCOPES = /^conversations\.|^users\.lookupByEmail$/;

export function createSlackServer(parts: ServerParts): Server {
  const server = createServer((request, response) => {
    serve(parts, request, response).catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      parts.note(`the fake itself failed: ${text}`);
      response.destroy();
    });
  });
  server.on("upgrade", (request, socket, head: Buffer) => {
    parts.services.sockets.upgrade(request, socket, head);
  });
  return server;
}

async function serve(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const bytes = await buffer(request).catch(() => null);
  if (bytes === null) return;
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (path.startsWith("/api/")) {
    await serveMethod(parts, path.slice("/api/".length), request, bytes, response);
  } else if (path.startsWith("/response/")) {
    const used = parts.responseUrls.use(path, parseJson(bytes));
    if (used.violation !== undefined) parts.note(used.violation);
    response.writeHead(used.status, { "content-type": "text/plain" }).end(used.text);
  } else if (path.startsWith("/upload/")) {
    const upload = parts.services.uploads.get(path.slice("/upload/".length));
    if (upload) upload.bytes = bytes;
    response.writeHead(upload ? 200 : 404).end(upload ? `OK - ${bytes.length}` : "");
  } else {
    parts.note(`${request.method} ${path}: Slack has no such address`);
    response.writeHead(404).end();
  }
}

interface Sent {
  args: Json;
  token: string | null;
}

/** Header or argument; form or JSON. @throws SlackError for a body that is neither */
function readBody(request: IncomingMessage, bytes: Buffer): Sent {
  const type = request.headers["content-type"] ?? "";
  const query = new URL(request.url ?? "/", "http://localhost").searchParams;
  const args: Json = Object.fromEntries(query);
  if (type.startsWith("application/json")) {
    const body = parseJson(bytes);
    if (typeof body !== "object" || body === null) throw new SlackError("invalid_json");
    Object.assign(args, body);
  } else Object.assign(args, Object.fromEntries(new URLSearchParams(bytes.toString("utf8"))));
  const header = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const own = typeof args["token"] === "string" ? args["token"] : null;
  return { args, token: header ?? own };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

interface Answer {
  status: number;
  body: Json;
  headers: Record<string, string>;
}

async function serveMethod(
  parts: ServerParts,
  name: string,
  request: IncomingMessage,
  bytes: Buffer,
  response: ServerResponse,
): Promise<void> {
  const { services, contract } = parts;
  const method = contract.method(name);
  const sent = readBody(request, bytes);
  const isJson = (request.headers["content-type"] ?? "").startsWith("application/json");
  if (method && isJson && method.json_input_supported !== true) {
    parts.note(`${name}: takes no JSON body`);
  }
  const token = services.world.tokens.get(sent.token ?? "") ?? null;
  const { args, errors, unknown } = method
    ? contract.readArguments(method, sent.args)
    : { args: sent.args, errors: [], unknown: [] };
  const entry: LoggedCall = {
    method: name,
    teamId: token?.team?.id ?? null,
    args,
    status: 0,
    answer: null,
    error: null,
    at: services.world.clock.now(),
    isFault: false,
  };
  parts.log.push(entry);
  if (parts.log.length > LOG_LIMIT) parts.log.shift();
  const fault = services.limits.takeFault(name, token?.team ?? null, args);
  if (fault?.delay !== undefined) await sleep(fault.delay);
  await fault?.until;
  entry.isFault = fault !== null;
  if (fault && strikesBefore(fault)) {
    strike(response, fault, entry);
    return;
  }
  for (const error of [...unknown, ...errors]) parts.note(`${name}: ${error}`);
  const answer = answerTo(parts, name, method, { sent, token, args, errors });
  if (method) {
    for (const error of contract.answerErrors(name, method, answer.body)) {
      parts.note(`${name}: ${error}`);
    }
  }
  if (fault?.cut === "after") {
    response.destroy();
    return;
  }
  finish(response, entry, answer);
}

const strikesBefore = (fault: Fault): boolean =>
  fault.cut === "before" ||
  fault.error !== undefined ||
  fault.status !== undefined ||
  fault.retryAfter !== undefined;

function strike(response: ServerResponse, fault: Fault, entry: LoggedCall): void {
  if (fault.cut === "before") {
    response.destroy();
  } else if (fault.retryAfter !== undefined) {
    finish(response, entry, failure(new SlackError("ratelimited", {}, fault.retryAfter)));
  } else if (fault.error !== undefined) {
    finish(response, entry, failure(new SlackError(fault.error)));
  } else {
    entry.status = fault.status ?? 500;
    response.writeHead(entry.status, { "content-type": "text/html" }).end("<h1>Server Error</h1>");
  }
}

function finish(response: ServerResponse, entry: LoggedCall, answer: Answer): void {
  entry.status = answer.status;
  entry.answer = answer.body;
  entry.error = typeof answer.body["error"] === "string" ? answer.body["error"] : null;
  const headers = { "content-type": "application/json; charset=utf-8", ...answer.headers };
  response.writeHead(answer.status, headers).end(JSON.stringify(answer.body));
}

function failure(error: SlackError): Answer {
  const body = { ok: false, error: error.code, ...error.extra };
  if (error.retryAfter === null) return { status: 200, body, headers: {} };
  return { status: 429, body, headers: { "retry-after": String(error.retryAfter) } };
}

interface Asked {
  sent: Sent;
  token: Token | null;
  args: Json;
  errors: readonly string[];
}

function answerTo(parts: ServerParts, name: string, method: Method | null, asked: Asked): Answer {
  try {
    const handler = parts.methods[name];
    if (!method || !handler) {
      parts.note(`${name}: not in the contract`);
      throw new SlackError("unknown_method");
    }
    const body = { ok: true, ...perform(parts, name, method, handler, asked) };
    const scopes = asked.token?.scopes.join(",");
    return { status: 200, body, headers: scopes === undefined ? {} : { "x-oauth-scopes": scopes } };
  } catch (error) {
    if (error instanceof SlackError) return failure(error);
    throw error;
  }
}

function perform(
  parts: ServerParts,
  name: string,
  method: Method,
  handler: Handler,
  { sent, token, args, errors }: Asked,
): Json {
  const { services } = parts;
  const call: Call = { ...services, method: name, args };
  if (handler.kind === "open") {
    if (errors.length > 0) throw wrongArguments("invalid_arguments", errors);
    return handler.answer(call);
  }
  if (sent.token === null) throw new SlackError("not_authed");
  if (!token) throw new SlackError("invalid_auth");
  if (token.state === "revoked") throw new SlackError("token_revoked");
  if (token.state === "inactive") throw new SlackError("account_inactive");
  services.limits.admit(name, method.rate_limits, token.team, args);
  if (handler.kind === "app") {
    if (token.kind !== "app") throw new SlackError("not_allowed_token_type");
    return handler.answer(call);
  }
  const { team } = token;
  const bot = team?.users.get(token.userId);
  if (token.kind !== "bot" || !team?.install || !bot)
    throw new SlackError("not_allowed_token_type");
  const needed = OWN_SCOPES.test(name) ? [] : (method.scope.bot ?? []);
  const lacking = needed.find((scope) => !token.scopes.includes(scope));
  if (lacking !== undefined) throw missingScope(lacking, token.scopes);
  if (errors.length > 0) throw wrongArguments("invalid_arguments", errors);
  const said = sent.args["team_id"];
  if (said !== undefined && said !== team.id) {
    parts.note(`${name}: team_id ${JSON.stringify(said)} with a token of ${team.id}`);
  }
  return handler.answer({ ...call, token, team, install: team.install, bot });
}
