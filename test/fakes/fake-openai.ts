/**
 * A fake of an OpenAI-compatible server: streamed chat completions and the list of models. It refuses what
 * OpenAI, or a strict chat template behind vLLM, refuses.
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
import { PROVIDER_WORDS } from "./reply-script.ts";
import type { HttpFailure } from "./reply-script.ts";

export interface FakeOpenAiOptions {
  /** The only key that is accepted; null for a server that must be sent none. */
  apiKey?: string | null;
  models?: { id: string; created: number }[];
  /** As OpenAI's reasoning models: `max_completion_tokens` instead of `max_tokens`. */
  refusesMaxTokens?: boolean;
  /** As servers that do not know `stream_options`. */
  sendsUsage?: boolean;
  /** Prompt tokens reported as read from a cache. */
  cachedTokens?: number;
}

export type FakeOpenAi = FakeModelServer & { readonly apiKey: string | undefined };

type Settings = Required<FakeOpenAiOptions>;

export async function startFakeOpenAi(options: FakeOpenAiOptions = {}): Promise<FakeOpenAi> {
  const settings: Settings = {
    apiKey: "test-openai-key",
    models: [
      { id: "fake-large", created: 1_780_000_000 },
      { id: "fake-small", created: 1_700_000_000 },
    ],
    refusesMaxTokens: false,
    sendsUsage: true,
    cachedTokens: 0,
    ...options,
  };
  const server = await startModelServer(openAiDialect(settings), "/v1");
  return { ...server, apiKey: settings.apiKey ?? undefined };
}

function openAiDialect(settings: Settings): Dialect {
  return {
    path: "/v1/chat/completions",
    read(body, headers) {
      checkKey(headers, settings.apiKey);
      const limitName = settings.refusesMaxTokens ? "max_completion_tokens" : "max_tokens";
      if (settings.refusesMaxTokens && body.max_tokens !== undefined) {
        throw new Refusal(
          400,
          "unsupported_parameter",
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        );
      }
      refuseUnknownFields(body, ["model", limitName, "messages", "stream", "stream_options"]);
      readTokenLimit(body[limitName], limitName);
      const { model } = body;
      if (!settings.models.some(({ id }) => id === model)) {
        throw new Refusal(404, "model_not_found", `The model \`${String(model)}\` does not exist`);
      }
      if (body.stream !== true) invalid("stream: the fake only streams");
      if (!isObject(body.stream_options) || body.stream_options.include_usage !== true) {
        invalid("stream_options: the fake wants include_usage");
      }
      const { system, rest } = takeSystem(body.messages);
      return { model: String(model), system, messages: readMessages(rest) };
    },
    wire: (call) => openAiWire(call, settings),
    errorBody: ({ type, status }, message) => JSON.stringify(errorObject(type, status, message)),
    other(request) {
      checkKey(request.headers, settings.apiKey);
      const url = new URL(request.url ?? "/", "http://fake");
      if (request.method !== "GET" || url.pathname !== "/v1/models") return undefined;
      const data = settings.models.map((model) => ({
        ...model,
        object: "model",
        owned_by: "fake",
      }));
      return { object: "list", data };
    },
  };
}

function checkKey(headers: IncomingMessage["headers"], apiKey: string | null): void {
  const expected = apiKey === null ? undefined : `Bearer ${apiKey}`;
  if (headers.authorization !== expected) {
    throw new Refusal(401, "invalid_api_key", "Incorrect API key provided");
  }
}

/** At most one system message, and that one first. */
function takeSystem(value: unknown): { system: string; rest: unknown } {
  if (!Array.isArray(value)) invalid("messages: Input should be a list");
  const [first, ...others] = value as unknown[];
  if (!isObject(first) || first.role !== "system") return { system: "", rest: value };
  if (typeof first.content !== "string" || first.content === "") {
    invalid("messages.0: content must be a non-empty string");
  }
  return { system: first.content, rest: others };
}

const STOP_REASONS: Record<string, string> = {
  complete: "stop",
  max_tokens: "length",
  refusal: "content_filter",
};

function openAiWire(call: ModelCall, settings: Settings): Wire {
  let written = 0;
  const chunk = (rest: string): string =>
    `data: {"id":"chatcmpl-fake","object":"chat.completion.chunk","created":1,"model":${JSON.stringify(call.model)},${rest}}\n\n`;
  const delta = (fields: string, reason = "null"): string =>
    chunk(`"choices":[{"index":0,"delta":{${fields}},"finish_reason":${reason}}]`);
  const usageChunk = (): string => {
    const prompt = tokensOf(call.system + call.messages.map(({ content }) => content).join(""));
    const completion = Math.ceil(written / 4);
    const usage = {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: settings.cachedTokens },
    };
    return chunk(`"choices":[],"usage":${JSON.stringify(usage)}`);
  };
  return {
    head: () => delta('"role":"assistant","content":""'),
    text(value) {
      written += value.length;
      return delta(`"content":${value}`);
    },
    thinking: (value) => delta(`"reasoning_content":${JSON.stringify(value)}`),
    ping: () => ": keep-alive\n\n",
    error: (type) =>
      `data: ${JSON.stringify(errorObject(type, 500, PROVIDER_WORDS))}\n\ndata: [DONE]\n\n`,
    end: (reason) =>
      delta("", JSON.stringify(STOP_REASONS[reason] ?? reason)) +
      (settings.sendsUsage ? usageChunk() : "") +
      "data: [DONE]\n\n",
  };
}

const ERROR_TYPES: Record<number, string> = {
  401: "invalid_api_key",
  404: "model_not_found",
  429: "rate_limit_exceeded",
};

/** OpenAI names what is wrong in `code`; `param` where one field is to blame. */
function errorObject(type: HttpFailure["type"], status: number, message: string): object {
  const code = type ?? ERROR_TYPES[status] ?? null;
  const param = code === "unsupported_parameter" ? "max_tokens" : null;
  const kind = status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type: kind, param, code } };
}
