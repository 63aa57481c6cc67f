/**
 * Two kinds of error. A `UserError` is meant for the person who asked: its message is one plain sentence
 * that says what happened and what to do. Everything else stays inside: it is logged under an id, and the
 * person is told "something failed" with that id.
 */

/** Stable names of what can go wrong for a person; they end the `type` of a problem document (RFC 9457). */
export type ProblemType =
  | "invalid-request"
  | "invalid-text"
  | "too-large"
  | "method-not-allowed"
  | "unsupported-media-type"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "already-exists"
  | "thread-closed"
  | "already-decided"
  | "place-uncertain"
  | "nothing-to-do"
  | "working-tree-dirty"
  | "unknown-model"
  | "repository-unavailable"
  | "document-unreadable"
  | "ambiguous"
  | "host-busy"
  | "rate-limited"
  | "model-failed"
  | "turn-cancelled"
  | "budget-reached"
  | "model-not-allowed"
  | "answers-stopped"
  | "not-ready"
  | "internal";

/** HTTP status that goes with each problem; other platforms only use the sentence. */
const STATUS: Record<ProblemType, number> = {
  "invalid-request": 400,
  "invalid-text": 422,
  "too-large": 413,
  "method-not-allowed": 405,
  "unsupported-media-type": 415,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  "already-exists": 409,
  "thread-closed": 409,
  "already-decided": 409,
  "place-uncertain": 409,
  "nothing-to-do": 409,
  "working-tree-dirty": 409,
  "unknown-model": 422,
  "repository-unavailable": 422,
  "document-unreadable": 422,
  ambiguous: 422,
  "host-busy": 503,
  "rate-limited": 429,
  "model-failed": 502,
  "turn-cancelled": 409,
  "budget-reached": 429,
  "model-not-allowed": 403,
  "answers-stopped": 503,
  "not-ready": 503,
  internal: 500,
};

/** An error whose message is shown to the person, word for word. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly type: ProblemType;

  constructor(type: ProblemType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }

  get status(): number {
    return STATUS[this.type];
  }
}

/** RFC 9457 problem document, as HTTP answers and `event: error` frames carry it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Set when the cause is only in the log: the id to look for there. */
  error_id?: string;
}

const TITLES: Partial<Record<ProblemType, string>> = { internal: "Something failed" };

/** The problem document of an error; what is no `UserError` is named by `errorId` alone. */
export function toProblem(error: unknown, errorId: string): Problem {
  if (error instanceof UserError) return problem(error.type, error.message);
  return {
    ...problem("internal", `Something failed on our side; the log has it under ${errorId}.`),
    error_id: errorId,
  };
}

export function problem(type: ProblemType, detail: string): Problem {
  const words = type.replaceAll("-", " ");
  const title = TITLES[type] ?? words[0]!.toUpperCase() + words.slice(1);
  return { type: `urn:redline:problem:${type}`, title, status: STATUS[type], detail };
}
