/** Calls to the server. Every failure is an `ApiError` with a sentence that can be shown. */
import type { ModelsJson } from "../routes/models.ts";
import type { ChangeJson } from "../views/change-view.ts";
import type { RfcDetailJson, RfcJson, RfcSummaryJson } from "../views/rfc-view.ts";
import type { ThreadDetailJson, ThreadJson, TurnJson } from "../views/thread-view.ts";
import { signedOut } from "./session/signed-out.ts";

export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The end of the problem document's `type`; `offline` when no answer came. */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What is left out is found at the pull request, where there is one. */
export interface NewRfcJson {
  repository: string;
  path?: string;
  branch?: string;
  title?: string;
  slug?: string;
}

export interface NewThreadJson {
  rfc_slug: string;
  branch_name: string;
  thread_kind: "discussion" | "range" | "paragraph";
  title?: string;
  anchor?: { text: string; before: string; after: string };
}

export interface NewMessageJson {
  text: string;
  quote?: string;
}

export interface NewEditJson {
  original: string;
  proposed: string;
  reason?: string;
  /** What an insertion hangs on. */
  after?: string;
  before?: string;
}

/** Whether suggestions are posted by themselves. */
export type SuggestionMode = NonNullable<RfcDetailJson["suggestions"]>;

export interface PassageJson {
  start: number;
  end: number;
}

export const api = {
  rfcs: () => call<RfcSummaryJson[]>("GET", "/api/rfcs"),
  rfc: (slug: string) => call<RfcDetailJson>("GET", `/api/rfcs/${encodeURIComponent(slug)}`),
  addRfc: (rfc: NewRfcJson) => call<RfcJson>("POST", "/api/rfcs", rfc),
  chooseSuggestions: (slug: string, suggestions: SuggestionMode) =>
    call<RfcDetailJson>("PATCH", `/api/rfcs/${encodeURIComponent(slug)}`, { suggestions }),
  models: () => call<ModelsJson>("GET", "/api/models"),
  thread: (id: string) => call<ThreadDetailJson>("GET", threadPath(id)),
  addThread: (thread: NewThreadJson) => call<ThreadJson>("POST", "/api/threads", thread),
  chooseModel: (id: string, model: string | null) =>
    call<ThreadJson>("PATCH", threadPath(id), { model }),
  closeThread: (id: string) => call<ThreadJson>("POST", `${threadPath(id)}/close`, {}),
  reopenThread: (id: string) => call<ThreadJson>("POST", `${threadPath(id)}/reopen`, {}),
  proposeEdit: (id: string, edit: NewEditJson) =>
    call<ChangeJson>("POST", `${threadPath(id)}/changes`, edit),
  change: (id: string) => call<ChangeJson>("GET", changePath(id)),
  accept: (id: string) => call<ChangeJson>("POST", `${changePath(id)}/accept`, {}),
  decline: (id: string, reason: string) =>
    call<ChangeJson>("POST", `${changePath(id)}/decline`, reason === "" ? {} : { reason }),
  /** `blobSha`: the version of the document in which the passage was seen. */
  place: (id: string, { start, end }: PassageJson, blobSha: string) =>
    call<ChangeJson>("POST", `${changePath(id)}/place`, { start, end, blob_sha: blobSha }),
  suggest: (id: string) => call<ChangeJson>("POST", `${changePath(id)}/suggest`, {}),
  cancelTurn: (id: string) => call<TurnJson>("POST", `/api/turns/${id}/cancel`, {}),
  retryTurn: (id: string) => call<TurnJson>("POST", `/api/turns/${id}/retry`, {}),
  promote: (id: string) => call<ChangeJson>("POST", `/api/blocks/${id}/promote`, {}),
  repair: (id: string) => call<{ turn_id: string }>("POST", `/api/blocks/${id}/repair`, {}),
};

function threadPath(id: string): string {
  return `/api/threads/${encodeURIComponent(id)}`;
}

function changePath(id: string): string {
  return `/api/changes/${encodeURIComponent(id)}`;
}

/**
 * Stores a message. The answer to this call is the turn's own stream; the thread's stream shows the same,
 * so it is left as soon as the message is known to be stored. The same key again stores nothing twice.
 */
export async function postMessage(
  threadId: string,
  message: NewMessageJson,
  idempotencyKey: string,
): Promise<void> {
  const response = await request("POST", `${threadPath(threadId)}/messages`, message, {
    "idempotency-key": idempotencyKey,
  });
  await response.body?.cancel();
}

/**
 * `undefined` where the answer has no body. With a key of its own, the same call again takes no effect twice.
 */
export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  idempotencyKey?: string,
): Promise<T> {
  const headers: Record<string, string> = {};
  if (idempotencyKey !== undefined) headers["idempotency-key"] = idempotencyKey;
  const response = await request(method, path, body, headers);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function callText(path: string): Promise<string> {
  return (await request("GET", path, undefined)).text();
}

async function request(
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
  } catch {
    throw new ApiError("offline", "The server does not answer. Check that Redline is running.");
  }
  if (!response.ok) throw await readProblem(response);
  return response;
}

async function readProblem(response: Response): Promise<ApiError> {
  if (response.status === 401) signedOut.set(true);
  try {
    const { type, detail } = (await response.json()) as { type: string; detail: string };
    return new ApiError(type.split(":").at(-1) ?? "internal", detail);
  } catch {
    return new ApiError("internal", `The server answered with an error (${response.status}).`);
  }
}

/** Whether no answer came at all: then asking again helps as soon as the server is back. */
export function isOffline(error: unknown): boolean {
  return error instanceof ApiError && error.kind === "offline";
}

/** What may have passed when it is tried again; anything else wants something else to be done first. */
const PASSING: ReadonlySet<string> = new Set([
  "offline",
  "internal",
  "host-busy",
  "not-ready",
  "model-failed",
  "repository-unavailable",
  "document-unreadable",
  "working-tree-dirty",
]);

/** Whether it makes sense to try the same again; what is no answer of the server may be anything. */
export function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || PASSING.has(error.kind);
}

/** What to tell a person about anything that was thrown. */
export function sentence(error: unknown): string {
  return error instanceof ApiError ? error.message : "Something failed in this page; reload it.";
}
