import type { Json } from "./model.ts";

/** An answer `{ ok: false, error }`. */
export class SlackError extends Error {
  readonly code: string;
  /** More of the answer: `needed`, `provided`, `response_metadata`. */
  readonly extra: Json;
  /** Seconds; makes it an HTTP 429. */
  readonly retryAfter: number | null;

  constructor(code: string, extra: Json = {}, retryAfter: number | null = null) {
    super(code);
    this.code = code;
    this.extra = extra;
    this.retryAfter = retryAfter;
  }
}

/** With Slack's sentences about what is wrong. */
export const wrongArguments = (code: string, messages: readonly string[]): SlackError =>
  new SlackError(code, {
    response_metadata: { messages: messages.map((one) => `[ERROR] ${one}`) },
  });

export const missingScope = (needed: string, provided: readonly string[]): SlackError =>
  new SlackError("missing_scope", { needed, provided: provided.join(",") });
