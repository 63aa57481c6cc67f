/**
 * A fake of the Anthropic API: the Messages API with streaming and prompt caching, and the
 * list of models. It refuses what the real one refuses, with the real statuses and bodies.
 */
import type { IncomingMessage } from "node:http";

import {
  Refusal,
  invalid,
  isObject,
  readMessages,
  readTokenLimit,
  refuseUnknownFields,
  startModelServer,
  tokensOf,
} from "./model-server.ts";
import type { Dialect, FakeModelServer, ModelCall, Wire } from "./model-server.ts";
import type { HttpFailure } from "./reply-script.ts";
import { PROVIDER_WORDS } from "./reply-script.ts";

export interface FakeAnthropicModel {
  id: string;
  display_name: string;
  created_at: string;
  /** Largest `max_tokens` that the model takes. */
  max_tokens: number;
}

export interface FakeAnthropicOptions {
  /** The only key that is accepted. */
  apiKey?: string;
  /** Listed in this order, whatever their age. */
  models?: FakeAnthropicModel[];
  /** Models in a page at most, whatever `limit` asks for. */
  pageSize?: number;
}

export type FakeAnthropic = FakeModelServer & { readonly apiKey: string };

const MODELS: FakeAnthropicModel[] = [
  {
    id: "claude-fake-2",
    display_name: "Claude Fake 2",
    created_at: "2026-09-01T00:00:00Z",
    max_tokens: 64_000,
  },
  {
    id: "claude-fake-1",
    display_name: "Claude Fake 1",
    created_at: "2025-03-01T00:00:00Z",
    max_tokens: 8_192,
  },
];

export async function startFakeAnthropic(
  options: FakeAnthropicOptions = {},
): Promise<FakeAnthropic> {
  const apiKey = options.apiKey ?? "test-anthropic-key";
  const server = await startModelServer(
    anthropicDialect(apiKey, options.models ?? MODELS, options.pageSize ?? 1000),
    "",
  );
  return { ...server, apiKey };
}

function anthropicDialect(
  apiKey: string,
  models: readonly FakeAnthropicModel[],
  pageSize: number,
): Dialect {
  const cache = new Set<string>();

  function checkModel(model: unknown): FakeAnthropicModel {
    if (typeof model !== "string") invalid("model: Field required");
    const found = models.find(({ id }) => id === model);
    if (found === undefined) throw new Refusal(404, "not_found_error", `model: ${model}`);
    return found;
  }

  return {
    path: "/v1/messages",
    read(body, headers) {
      checkHeaders(headers, apiKey);
      refuseUnknownFields(body, ["model", "max_tokens", "system", "messages", "stream"]);
      const model = checkModel(body.model);
      readTokenLimit(body.max_tokens, "max_tokens");
      if ((body.max_tokens as number) > model.max_tokens) {
        invalid(`max_tokens: ${String(body.max_tokens)} > ${model.max_tokens}`);
      }
      if (body.stream !== true) invalid("stream: the fake only streams");
      return {
        model: model.id,
        system: readSystem(body.system).join("\n\n"),
        messages: readMessages(body.messages),
      };
    },
    wire: (call) => anthropicWire(call, inputUsage(call, cache)),
    errorBody: (failure, message) => JSON.stringify(errorObject(typeOf(failure), message)),
    other(request) {
      checkHeaders(request.headers, apiKey);
      const url = new URL(request.url ?? "/", "http://fake");
      if (request.method === "GET" && url.pathname === "/v1/models") {
        return listPage(models, url.searchParams, pageSize);
      }
      return undefined;
    },
  };
}

function checkHeaders(headers: IncomingMessage["headers"], apiKey: string): void {
  const key = headers["x-api-key"] ?? /^Bearer (.*)$/.exec(headers.authorization ?? "")?.[1];
  if (key !== apiKey) throw new Refusal(401, "authentication_error", "invalid x-api-key");
  if (headers["anthropic-version"] === undefined) invalid("anthropic-version: header is required");
}

/** Text of each system block. */
function readSystem(value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) invalid("system: Input should be a string or a list");
  const blocks = (value as unknown[]).map((block, index) => {
    const where = `system.${index}`;
    if (!isObject(block) || block.type !== "text")
      invalid(`${where}: Input should be a text block`);
    refuseUnknownFields(block, ["type", "text", "cache_control"], where);
    if (typeof block.text !== "string" || block.text.trim() === "") {
      invalid(`${where}: text content blocks must be non-empty`);
    }
    checkCacheControl(block.cache_control, where);
    return block as { text: string; cache_control?: unknown };
  });
  if (blocks.filter((block) => block.cache_control !== undefined).length > 4) {
    invalid("system: A maximum of 4 blocks with cache_control may be provided");
  }
  return blocks.map((block) => block.text);
}

function checkCacheControl(value: unknown, where: string): void {
  if (value === undefined || value === null) return;
  if (!isObject(value) || value.type !== "ephemeral") {
    invalid(`${where}.cache_control.type: Input should be 'ephemeral'`);
  }
  refuseUnknownFields(value, ["type", "ttl"], `${where}.cache_control`);
}

/** As the real cache does it: everything up to the last marked block is written once, and read from then on. */
function inputUsage(call: ModelCall, cache: Set<string>) {
  const blocks = Array.isArray(call.body.system)
    ? (call.body.system as { text: string; cache_control?: unknown }[])
    : [];
  const marked = blocks.findLastIndex((block) => block.cache_control != null);
  const textOf = (part: typeof blocks): string => part.map((block) => block.text).join("");
  const prefix = textOf(blocks.slice(0, marked + 1));
  const rest = textOf(blocks.slice(marked + 1)) + call.messages.map((m) => m.content).join("");
  const key = `${call.model}\0${prefix}`;
  const known = cache.has(key);
  if (prefix !== "") cache.add(key);
  return {
    input_tokens: tokensOf(rest),
    cache_creation_input_tokens: known ? 0 : tokensOf(prefix),
    cache_read_input_tokens: known ? tokensOf(prefix) : 0,
  };
}

const STOP_REASONS: Record<string, string> = { complete: "end_turn" };

function anthropicWire(call: ModelCall, input: ReturnType<typeof inputUsage>): Wire {
  let written = 0;
  const event = (type: string, data: string): string => `event: ${type}\ndata: ${data}\n\n`;
  const json = (type: string, fields: object): string =>
    event(type, JSON.stringify({ type, ...fields }));
  const delta = (kind: string, field: string, value: string): string =>
    event(
      "content_block_delta",
      `{"type":"content_block_delta","index":0,"delta":{"type":"${kind}","${field}":${value}}}`,
    );
  const message = {
    id: "msg_fake",
    type: "message",
    role: "assistant",
    model: call.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...input, output_tokens: 1 },
  };
  return {
    head: () =>
      json("message_start", { message }) +
      json("content_block_start", { index: 0, content_block: { type: "text", text: "" } }) +
      json("ping", {}),
    text(value) {
      written += value.length;
      return delta("text_delta", "text", value);
    },
    thinking: (value) => delta("thinking_delta", "thinking", JSON.stringify(value)),
    ping: () => json("ping", {}),
    error: (type) => json("error", errorObject(type, PROVIDER_WORDS)),
    end: (reason) =>
      json("content_block_stop", { index: 0 }) +
      json("message_delta", {
        delta: { stop_reason: STOP_REASONS[reason] ?? reason, stop_sequence: null },
        usage: { ...input, output_tokens: Math.ceil(written / 4) },
      }) +
      json("message_stop", {}),
  };
}

const errorObject = (type: string, message: string): object => ({
  type: "error",
  error: { type, message },
  request_id: "req_fake",
});

const ERROR_TYPES: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

const typeOf = ({ type, status }: HttpFailure): string =>
  type ?? ERROR_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");

function listPage(
  models: readonly FakeAnthropicModel[],
  query: URLSearchParams,
  pageSize: number,
): object {
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) invalid("limit: must be 1 to 1000");
  const after = query.get("after_id");
  const from = after === null ? 0 : models.findIndex(({ id }) => id === after) + 1;
  const page = models.slice(from, from + Math.min(limit, pageSize));
  return {
    data: page.map((model) => ({ type: "model", lifecycle: "active", ...model })),
    has_more: from + page.length < models.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}
