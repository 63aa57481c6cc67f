/**
 * Claude through the Anthropic API.
 */
import Anthropic from "@anthropic-ai/sdk";

import type { Logger } from "../../src/log.ts";
import { assertModelRequest } from "../../src/models/requests.ts";
import { DEFAULT_RETRIES, callWithRetries, streamWithRetries } from "../../src/models/retries.ts";
import type { AttemptOptions, RetryPolicy } from "../../src/models/retries.ts";
import { isOrdinaryHeader, watchedFetch } from "../../src/models/watched-fetch.ts";
import type { Pulse } from "../../src/models/watched-stream.ts";
import type { ModelInfo, ModelProvider, ModelRequest } from "../../src/ports.ts";
import { explainAnthropicError } from "./failures.ts";
import { readAnswer, toMessageParams } from "./messages.ts";

export interface AnthropicOptions {
  apiKey: string;
  /** Of a proxy; Anthropic's own address by default. */
  baseUrl?: string | undefined;
  /** Told of every failed attempt that is repeated. */
  logger?: Pick<Logger, "warn"> | undefined;
  onRetry?: (() => void) | undefined;
  retries?: Partial<RetryPolicy> | undefined;
  /** Silence after which an answer is given up, in milliseconds; 30,000 by default. */
  idleTimeoutMs?: number | undefined;
}

const API_URL = "https://api.anthropic.com";

/** So that a failure to list the models is told as what it is, by the request that follows. */
const FALLBACK_MODEL = "claude-opus-5-5";

/** The SDK's own limit, out of the way: `idleTimeoutMs` decides. */
const NO_SDK_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export function createAnthropicProvider(options: AnthropicOptions): ModelProvider {
  const attempt = (signal: AbortSignal, request?: ModelRequest): AttemptOptions => ({
    signal,
    // Its pings come more often, also while the model thinks.
    idleMs: options.idleTimeoutMs ?? 30_000,
    policy: { ...DEFAULT_RETRIES, ...options.retries },
    explain: (error) => explainAnthropicError(error, { model: request?.model, now: Date.now() }),
    logger: options.logger,
    ids: request?.ids,
    ...(options.onRetry && { onRetry: options.onRetry }),
  });
  return {
    name: "anthropic",
    fallbackModel: FALLBACK_MODEL,

    models: (signal) =>
      callWithRetries(
        (inner, pulse) => listModels(connect(options, pulse), inner),
        attempt(signal),
      ),

    async *stream(request, signal) {
      assertModelRequest(request);
      yield* streamWithRetries(
        (inner, pulse) => {
          const client = connect(options, pulse);
          const stream = client.messages.stream(toMessageParams(request), { signal: inner });
          return readAnswer(stream, () => pulse.progress());
        },
        attempt(signal, request),
      );
    },
  };
}

/** Every value is passed, so that the SDK looks for none in the environment. */
function connect({ apiKey, baseUrl }: AnthropicOptions, pulse: Pulse): Anthropic {
  return new Anthropic({
    apiKey,
    authToken: null,
    webhookKey: null,
    baseURL: baseUrl ?? API_URL,
    // Repeated here because headers from the environment would otherwise take precedence.
    defaultHeaders: { authorization: `Bearer ${apiKey}` },
    fetch: watchedFetch(pulse, (name) => isOrdinaryHeader(name) || name === "anthropic-version"),
    maxRetries: 0,
    timeout: NO_SDK_TIMEOUT_MS,
    logLevel: "off",
    openTelemetry: false,
  });
}

/** Newest first. */
async function listModels(client: Anthropic, signal: AbortSignal): Promise<ModelInfo[]> {
  const models: Anthropic.ModelInfo[] = [];
  for await (const model of client.models.list({ limit: 1000 }, { signal })) models.push(model);
  return models
    .toSorted((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at))
    .map((model) => ({ id: model.id, label: model.display_name }));
}
