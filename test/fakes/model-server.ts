/**
 * What the fake model servers have in common: a real HTTP server on 127.0.0.1 that records every request,
 * refuses wrong ones, and plays scripts. A `Dialect` adds the provider's protocol.
 */
import { setMaxListeners } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { PROVIDER_WORDS } from "./reply-script.ts";
import type { HttpFailure, Reply, Step } from "./reply-script.ts";

/** One request for an answer, as the server saw it. */
export interface ModelCall {
  model: string;
  /** All system text, in order. */
  system: string;
  messages: { role: string; content: string }[];
  /** The live tag that the prompt names, `<change k="7f3a">`; `<change>` where it names none. */
  tag: string;
  /** The body as sent. */
  body: Record<string, unknown>;
  headers: IncomingMessage["headers"];
  /** How the response ended: `sent` to its end, `left` by the client, or `cut` by the script. */
  outcome: Promise<"sent" | "left" | "cut">;
}

/** Why a request is refused. */
export class Refusal extends Error {
  readonly failure: HttpFailure;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.failure = { status, type, retryAfter: undefined, body: undefined };
  }
}

/** Frames of one answer on the wire. */
export interface Wire {
  head(): string;
  text(json: string): string;
  thinking(text: string): string;
  ping(): string;
  error(type: string): string;
  end(reason: string): string;
}

export interface Dialect {
  path: string;
  /** @throws Refusal for a request that the real API would refuse. */
  read(
    body: Record<string, unknown>,
    headers: IncomingMessage["headers"],
  ): Pick<ModelCall, "model" | "system" | "messages">;
  wire(call: ModelCall): Wire;
  errorBody(failure: HttpFailure, message: string): string;
  /** Answers the other paths, with JSON; undefined where there is nothing. @throws Refusal */
  other(request: IncomingMessage): unknown;
}

export interface FakeModelServer {
  /** What the provider is given as its base URL. */
  url: string;
  /** Every accepted request for an answer, in order. */
  requests: ModelCall[];
  /** Why requests were refused, in order; a test that expects none can say so. */
  refusals: string[];
  /** How every request is answered from now on. */
  reply(reply: Reply | ((call: ModelCall) => Reply | Promise<Reply>)): void;
  /** How the next unanswered request is answered, before `reply` has its turn; several calls queue up. */
  replyOnce(reply: Reply): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startModelServer(
  dialect: Dialect,
  basePath: string,
): Promise<FakeModelServer> {
  const state: ServerState = {
    requests: [],
    refusals: [],
    once: [],
    standing: () => ["Hello from the fake model."],
  };
  const closing = new AbortController();
  // Every answer under way listens.
  setMaxListeners(0, closing.signal);
  const server = createServer((request, response) => {
    handle(dialect, state, request, response, closing.signal).catch((error: unknown) => {
      state.refusals.push(`the fake itself failed: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    closing.abort();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }

  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    requests: state.requests,
    refusals: state.refusals,
    reply(reply) {
      state.standing = typeof reply === "function" ? reply : () => reply;
    },
    replyOnce(reply) {
      state.once.push(reply);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface ServerState {
  requests: ModelCall[];
  refusals: string[];
  once: Reply[];
  standing(call: ModelCall): Reply | Promise<Reply>;
}

async function handle(
  dialect: Dialect,
  state: ServerState,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const body = await text(request).catch(() => null);
  if (body === null) return;
  try {
    const parsed = parseObject(body);
    if (request.method === "POST" && pathOf(request) === dialect.path) {
      await answer(dialect, state, parsed, request, response, closing);
      return;
    }
    const other = dialect.other(request);
    if (other === undefined)
      throw new Refusal(404, "not_found_error", `no ${pathOf(request)} here`);
    sendJson(response, 200, JSON.stringify(other));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    state.refusals.push(error.message);
    sendFailure(dialect, response, error.failure, error.message);
  }
}

async function answer(
  dialect: Dialect,
  state: ServerState,
  body: Record<string, unknown>,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const read = dialect.read(body, request.headers);
  let cutByScript = false;
  const call: ModelCall = {
    ...read,
    tag: /<change k="[^"]*">/.exec(read.system)?.[0] ?? "<change>",
    body,
    headers: request.headers,
    outcome: new Promise((resolve) => {
      response.once("close", () => {
        if (response.writableFinished) resolve("sent");
        else resolve(cutByScript ? "cut" : "left");
      });
    }),
  };
  state.requests.push(call);
  const reply = state.once.shift() ?? (await state.standing(call));
  if ("status" in reply) return sendFailure(dialect, response, reply, PROVIDER_WORDS);
  const left = new Promise<void>((resolve) => {
    response.once("close", resolve);
    closing.addEventListener("abort", () => resolve(), { once: true });
  });
  await play(reply, dialect.wire(call), response, left, () => {
    cutByScript = true;
  });
}

/** Plays a script until its end, or until nobody listens any more. */
async function play(
  script: readonly Step[],
  wire: Wire,
  response: ServerResponse,
  left: Promise<void>,
  onCut: () => void,
): Promise<void> {
  const send = async (data: string | Uint8Array): Promise<void> => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
    if (response.destroyed) return;
    // Until it is with the system, so that a cut breaks the line after what was sent, not before.
    await Promise.race([new Promise((resolve) => response.write(data, resolve)), left]);
  };
  let headSent = false;
  for (const step of [...script, { step: "stop", reason: "complete" } satisfies Step]) {
    if (response.destroyed) return;
    if (typeof step === "function") {
      await Promise.race([step(), left]);
      continue;
    }
    const kind = typeof step === "string" ? "text" : step.step;
    if (kind === "hang") return left;
    if (kind === "cut") {
      onCut();
      response.destroy();
      return;
    }
    if (kind !== "end" && !headSent) {
      await send(wire.head());
      headSent = true;
    }
    await send(frame(step, wire));
    if (kind === "end" || kind === "stop" || kind === "error") {
      response.end();
      return;
    }
  }
}

/** What a step puts on the wire. */
function frame(step: Exclude<Step, () => unknown>, wire: Wire): string | Uint8Array {
  if (typeof step === "string") return wire.text(JSON.stringify(step));
  switch (step.step) {
    case "raw":
      return step.text;
    case "ping":
      return wire.ping();
    case "thinking":
      return wire.thinking(step.text);
    case "error":
      return wire.error(step.type);
    case "stop":
      return wire.end(step.reason);
    case "bytes": {
      const [before, after] = wire.text('"\0"').split("\0");
      return Buffer.concat([Buffer.from(before ?? ""), step.bytes, Buffer.from(after ?? "")]);
    }
    case "hang":
    case "cut":
    case "end":
      break;
  }
  return "";
}

function sendFailure(
  dialect: Dialect,
  response: ServerResponse,
  failure: HttpFailure,
  message: string,
): void {
  if (failure.retryAfter !== undefined) response.setHeader("retry-after", failure.retryAfter);
  sendJson(response, failure.status, failure.body ?? dialect.errorBody(failure, message));
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(body);
}

const pathOf = (request: IncomingMessage): string =>
  new URL(request.url ?? "/", "http://fake").pathname;

function parseObject(body: string): Record<string, unknown> {
  if (body === "") return {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (isObject(parsed)) return parsed;
  } catch {
    // Refused below, as an array or a number is.
  }
  throw new Refusal(400, "invalid_request_error", "the body is no JSON object");
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Fields that the API does not know, or a model server does not take from us, are refused. */
export function refuseUnknownFields(
  body: Record<string, unknown>,
  known: readonly string[],
  where = "body",
): void {
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) invalid(`${where}.${unknown}: Extra inputs are not permitted`);
}

export function invalid(message: string): never {
  throw new Refusal(400, "invalid_request_error", message);
}

/** Roles alternate from the user to the user, and nothing is empty. */
export function readMessages(value: unknown): ModelCall["messages"] {
  if (!Array.isArray(value) || value.length === 0)
    invalid("messages: at least one message is required");
  const messages = (value as unknown[]).map((message, index) => {
    const where = `messages.${index}`;
    if (!isObject(message)) invalid(`${where}: Input should be an object`);
    refuseUnknownFields(message, ["role", "content"], where);
    const { role, content } = message;
    const expected = index % 2 === 0 ? "user" : "assistant";
    if (role !== expected) invalid(`${where}: roles must alternate, expected ${expected}`);
    if (typeof content !== "string") invalid(`${where}: content must be a string`);
    if (content.trim() === "") invalid(`${where}: text content blocks must be non-empty`);
    return { role: expected, content };
  });
  if (messages.length % 2 === 0) invalid("messages: the conversation must end with a user message");
  return messages;
}

export function readTokenLimit(value: unknown, name: string): void {
  if (value === undefined) invalid(`${name}: Field required`);
  if (!Number.isInteger(value) || (value as number) < 1) {
    invalid(`${name}: Input should be a positive integer`);
  }
}

/** A made-up but steady count: a token is four characters. */
export const tokensOf = (content: string): number => Math.ceil(content.length / 4);
