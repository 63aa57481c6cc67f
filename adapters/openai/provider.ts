/**
 * Any server that speaks OpenAI's Chat Completions API: vLLM, Ollama, llama.cpp, gateways, OpenAI itself.
 */
import OpenAI from "openai";

import type { Logger } from "../../src/log.ts";
import { assertModelRequest } from "../../src/models/requests.ts";
import { DEFAULT_RETRIES, callWithRetries, streamWithRetries } from "../../src/models/retries.ts";
import type { AttemptOptions, RetryPolicy } from "../../src/models/retries.ts";
import { isOrdinaryHeader, watchedFetch } from "../../src/models/watched-fetch.ts";
import type { Pulse } from "../../src/models/watched-stream.ts";
import type { ModelEvent, ModelInfo, ModelProvider, ModelRequest } from "../../src/ports.ts";
import { readAnswer, toChatParams } from "./chat.ts";
import type { TokenLimitName } from "./chat.ts";
import { explainOpenAiError, refusesMaxTokens } from "./failures.ts";

export interface OpenAiOptions {
  /** Left out for a server that wants none. */
  apiKey?: string | undefined;
  /** Up to the part before `/chat/completions`; usually ends in `/v1`. */
  baseUrl: string;
  /** Told of every failed attempt that is repeated. */
  logger?: Pick<Logger, "warn"> | undefined;
  onRetry?: (() => void) | undefined;
  retries?: Partial<RetryPolicy> | undefined;
  /**
   * Silence after which an answer is given up, in milliseconds; 240,000 by default, because a server on
   * one's own machine may load the model and read a long prompt without a word for minutes.
   */
  idleTimeoutMs?: number | undefined;
}

/** The SDK's own limit, out of the way: `idleTimeoutMs` decides. */
const NO_SDK_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export function createOpenAiProvider(options: OpenAiOptions): ModelProvider {
  let limitName: TokenLimitName = "max_tokens";

  const attempt = (signal: AbortSignal, request?: ModelRequest): AttemptOptions => ({
    signal,
    idleMs: options.idleTimeoutMs ?? 240_000,
    policy: { ...DEFAULT_RETRIES, ...options.retries },
    explain: (error) => explainOpenAiError(error, { model: request?.model, now: Date.now() }),
    logger: options.logger,
    ids: request?.ids,
    ...(options.onRetry && { onRetry: options.onRetry }),
  });

  async function ask(client: OpenAI, request: ModelRequest, signal: AbortSignal) {
    const used = limitName;
    try {
      return await client.chat.completions.create(toChatParams(request, used), { signal });
    } catch (error) {
      if (used !== "max_tokens" || !refusesMaxTokens(error)) throw error;
      limitName = "max_completion_tokens";
      return client.chat.completions.create(toChatParams(request, limitName), { signal });
    }
  }

  return {
    name: "openai",

    models: (signal) =>
      callWithRetries(
        (inner, pulse) => listModels(connect(options, pulse), inner),
        attempt(signal),
      ),

    async *stream(request, signal): AsyncGenerator<ModelEvent> {
      assertModelRequest(request);
      yield* streamWithRetries(
        async function* (inner, pulse) {
          const chunks = await ask(connect(options, pulse), request, inner);
          yield* readAnswer(chunks, () => pulse.progress());
        },
        attempt(signal, request),
      );
    },
  };
}

/** Every value is passed, so that the SDK looks for none in the environment. */
function connect({ apiKey, baseUrl }: OpenAiOptions, pulse: Pulse): OpenAI {
  return new OpenAI({
    // The SDK insists on a key; without one of ours the header is left out below.
    apiKey: apiKey ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl,
    // Repeated here because headers from the environment would otherwise take precedence.
    defaultHeaders: { authorization: apiKey === undefined ? null : `Bearer ${apiKey}` },
    fetch: watchedFetch(pulse, isOrdinaryHeader),
    maxRetries: 0,
    timeout: NO_SDK_TIMEOUT_MS,
    logLevel: "off",
  });
}

/** Newest first where the server tells the age; in the server's order among equals. */
async function listModels(client: OpenAI, signal: AbortSignal): Promise<ModelInfo[]> {
  const models: OpenAI.Model[] = [];
  for await (const model of client.models.list({ signal })) models.push(model);
  return models
    .toSorted((a, b) => (b.created ?? 0) - (a.created ?? 0))
    .map((model) => ({ id: model.id, label: model.id }));
}
