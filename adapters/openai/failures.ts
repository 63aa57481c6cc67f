/**
 * What the errors of OpenAI-compatible servers mean, in our own words. There is no common list: OpenAI,
 * vLLM, Ollama and llama.cpp agree on the statuses and on little else, so these decide, and codes and
 * texts only where a status is ambiguous.
 */
import { APIConnectionError, APIError } from "openai";

import { quotedName } from "../../src/models/requests.ts";
import { inWords, retryAfterMs } from "../../src/models/retry-after.ts";
import type { ModelFailure } from "../../src/models/retries.ts";
import { isBrokenConnection, isUnreadable } from "../../src/models/watched-fetch.ts";
import { ModelSilence } from "../../src/models/watched-stream.ts";

/** The stream ended although the answer had not. */
export class UnfinishedAnswer extends Error {
  override readonly name = "UnfinishedAnswer";
}

/** What is known about a failed call beside the error itself. */
interface Failed {
  /** The model asked for; undefined for a call that names none. */
  model?: string | undefined;
  /** Milliseconds since the epoch. */
  now: number;
}

export function explainOpenAiError(error: unknown, failed: Failed): ModelFailure {
  if (error instanceof ModelSilence) {
    return {
      sentence: `The model server sent nothing for ${Math.ceil(error.ms / 1000)} s and was given up; try again.`,
      retry: false,
      isAway: true,
    };
  }
  if (error instanceof APIConnectionError) {
    return {
      sentence:
        "The model server cannot be reached; check that it runs at OPENAI_BASE_URL, then try again.",
      retry: true,
      isAway: true,
    };
  }
  if (error instanceof APIError) return explainAnswer(error, failed);
  if (error instanceof UnfinishedAnswer || isBrokenConnection(error)) {
    return {
      sentence: "The model server broke off the answer before its end; try again.",
      retry: true,
      isAway: true,
    };
  }
  if (isUnreadable(error)) {
    return {
      sentence:
        "The model server sent an answer that cannot be read; try again, or check OPENAI_BASE_URL.",
      retry: true,
    };
  }
  return lasting("The request to the model server failed; try again, the log has the cause.");
}

/** An error that the server sent: as a status, or within a stream (no status then). */
function explainAnswer(error: APIError, failed: Failed): ModelFailure {
  const { status = 500 } = error;
  if (status === 401) return lasting("The model server refused the API key; check OPENAI_API_KEY.");
  if (status === 402 || error.code === "insufficient_quota") return lasting(OUT_OF_CREDIT);
  if (status === 403) return lasting(explainForbidden(failed.model));
  if (status === 404) return lasting(explainNotFound(error, failed.model));
  if (status === 429) return passing("The model server's rate limit is reached", error, failed);
  if (status === 503 || status === 529) {
    return passing("The model server is overloaded or still loading the model", error, failed);
  }
  if (status >= 500 || status === 408) {
    return passing("The model server has a fault on its side", error, failed);
  }
  return lasting(
    isTooLong(error)
      ? "The document and the conversation are too long for this model; start a new thread or choose a model that takes more."
      : "The model server did not accept the request; the log has the reason.",
  );
}

const OUT_OF_CREDIT =
  "The model server refused the request for billing reasons; check the account's credit and limits.";

const explainForbidden = (model: string | undefined): string =>
  model === undefined
    ? "The model server refused this API key the permission; check what the key of OPENAI_API_KEY may do."
    : `The model server does not let this API key use the model ${quotedName(model)}; choose another one.`;

/** Some servers tell an unknown model from an unknown path, some do not. */
function explainNotFound(error: APIError, model: string | undefined): string {
  if (model === undefined) {
    return "There is no OpenAI-compatible API at that address; check OPENAI_BASE_URL, it usually ends in /v1.";
  }
  return error.code === "model_not_found" || /model/i.test(error.message)
    ? `The model ${quotedName(model)} does not exist on the model server; choose another one.`
    : `The model server has no model ${quotedName(model)} at that address; choose another one or check OPENAI_BASE_URL.`;
}

const isTooLong = (error: APIError): boolean =>
  error.status === 413 ||
  error.code === "context_length_exceeded" ||
  /context (length|size|window)|too long/i.test(error.message);

function passing(what: string, error: APIError, failed: Failed): ModelFailure {
  const ms = retryAfterMs(error.headers, failed.now);
  return { sentence: `${what}; try again ${inWords(ms)}.`, retry: true, retryAfterMs: ms };
}

const lasting = (sentence: string): ModelFailure => ({ sentence, retry: false });

/** Whether the server wants the token limit under its newer name: OpenAI's reasoning models do. */
export const refusesMaxTokens = (error: unknown): boolean =>
  error instanceof APIError &&
  error.status === 400 &&
  (error.param === "max_tokens" || error.message.includes("max_completion_tokens"));
