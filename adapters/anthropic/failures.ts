/**
 * What the Anthropic API's errors mean, in our own words.
 * Error shapes: https://platform.claude.com/docs/en/api/errors
 */
import { AnthropicError, APIConnectionError, APIError } from "@anthropic-ai/sdk";

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

export function explainAnthropicError(error: unknown, failed: Failed): ModelFailure {
  if (error instanceof ModelSilence) {
    return {
      sentence: `Anthropic sent nothing for ${Math.ceil(error.ms / 1000)} s and was given up; try again.`,
      retry: false,
      isAway: true,
    };
  }
  if (error instanceof APIConnectionError) {
    return {
      sentence:
        "Anthropic cannot be reached; check the network and ANTHROPIC_BASE_URL, then try again.",
      retry: true,
      isAway: true,
    };
  }
  if (error instanceof APIError) return explainAnswer(error, failed);
  if (isUnreadable(error)) {
    return { sentence: "Anthropic sent an answer that cannot be read; try again.", retry: true };
  }
  // The SDK's other errors are about streams that end too early or out of order.
  if (
    error instanceof UnfinishedAnswer ||
    error instanceof AnthropicError ||
    isBrokenConnection(error)
  ) {
    return {
      sentence: "Anthropic broke off the answer before its end; try again.",
      retry: true,
      isAway: true,
    };
  }
  return {
    sentence: "The request to Anthropic failed; try again, the log has the cause.",
    retry: false,
  };
}

/** Sent as a 429, but no pause helps against them. */
const SPENT: ReadonlySet<string | null> = new Set([
  "contract_spend_limit_reached",
  "enforced_spend_limit_reached",
]);

/** An error that the API sent: as a status, or as an `error` event within a stream (no status then). */
function explainAnswer(error: APIError, failed: Failed): ModelFailure {
  switch (
    SPENT.has(error.errorCode) ? "billing_error" : (error.type ?? typeOfStatus(error.status))
  ) {
    case "overloaded_error":
      return passing("Anthropic is overloaded", error, failed);
    case "rate_limit_error":
      return passing("Anthropic's rate limit for this account is reached", error, failed);
    case "api_error":
    case "timeout_error":
      return passing("Anthropic has a fault on its side", error, failed);
    case "authentication_error":
      return lasting("Anthropic refused the API key; check ANTHROPIC_API_KEY.");
    case "billing_error":
      return lasting(
        "Anthropic refused the request for billing reasons; check the account's credit and limits.",
      );
    case "permission_error":
      return lasting(
        failed.model === undefined
          ? "Anthropic refused this API key the permission; check what the key of ANTHROPIC_API_KEY may do."
          : `Anthropic does not let this API key use the model ${quotedName(failed.model)}; choose another one.`,
      );
    case "not_found_error":
      return lasting(
        failed.model === undefined || error.type === null
          ? "There is no Anthropic API at that address; check ANTHROPIC_BASE_URL."
          : `The model ${quotedName(failed.model)} does not exist at Anthropic; choose another one.`,
      );
    default:
      return lasting(
        isTooLong(error)
          ? "The document and the conversation are too long for this model; start a new thread or choose a model that takes more."
          : "Anthropic did not accept the request; the log has the reason.",
      );
  }
}

/** For answers without the API's own body, as proxies and load balancers send them. */
function typeOfStatus(status: number | undefined): string {
  if (status === 529 || status === 503) return "overloaded_error";
  if (status === undefined || status >= 500 || status === 408) return "api_error";
  const types: Record<number, string> = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
  };
  return types[status] ?? "invalid_request_error";
}

/** The API has no code for this; 413 is for requests that are too large in bytes. */
const isTooLong = (error: APIError): boolean =>
  error.status === 413 || /prompt is too long|exceed.{0,20} context/i.test(error.apiMessage ?? "");

function passing(what: string, error: APIError, failed: Failed): ModelFailure {
  const ms = retryAfterMs(error.headers, failed.now);
  return { sentence: `${what}; try again ${inWords(ms)}.`, retry: true, retryAfterMs: ms };
}

const lasting = (sentence: string): ModelFailure => ({ sentence, retry: false });
