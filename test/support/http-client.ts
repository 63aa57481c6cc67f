import type { ChangeJson } from "../../adapters/web/views/change-view.ts";
import type { ThreadDetailJson, ThreadJson } from "../../adapters/web/views/thread-view.ts";
import type { Problem } from "../../src/errors.ts";
import type { SseReader } from "../adapters/web/sse-reader.ts";
import { openSse } from "../adapters/web/sse-reader.ts";

/** What an error answers, beside the status. */
export interface JsonAnswer<T> {
  status: number;
  body: T & Partial<Problem>;
}

/** Redline's API as any other program uses it. */
export class HttpClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async json<T = object>(method: string, path: string, body?: unknown): Promise<JsonAnswer<T>> {
    const response = await fetch(this.url + path, {
      method,
      ...(body !== undefined && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    });
    return { status: response.status, body: (await response.json()) as T & Partial<Problem> };
  }

  /** The same for a call that must succeed. @throws Error with the problem's sentence */
  async call<T = object>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.json<T>(method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${answer.body.detail}`);
  }

  async registerRfc(repository: { url: string; branch: string }): Promise<void> {
    const { url, branch } = repository;
    const rfc = { slug: "rfc", title: "The RFC", repository: url, path: "rfc.md", branch };
    await this.call("POST", "/api/rfcs", rfc);
  }

  async newThread(branch = "main"): Promise<string> {
    const thread = { rfc_slug: "rfc", branch_name: branch, thread_kind: "discussion" };
    return (await this.call<ThreadJson>("POST", "/api/threads", thread)).id;
  }

  thread(threadId: string): Promise<ThreadDetailJson> {
    return this.call("GET", `/api/threads/${threadId}`);
  }

  /** Posts a message; resolves once it is stored, with the stream of its turn. */
  async post(threadId: string, text: string): Promise<SseReader> {
    const reader = await openSse(`${this.url}/api/threads/${threadId}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
    });
    if (reader.response.status === 200) return reader;
    throw new Error(`posting a message was answered with ${reader.response.status}`);
  }

  /** Everything live in the thread, after an id if there is one. */
  stream(threadId: string, lastEventId?: string): Promise<SseReader> {
    const headers: Record<string, string> =
      lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    return openSse(`${this.url}/api/threads/${threadId}/stream`, { headers });
  }

  /** A change that a person proposes: pending, without a turn. */
  propose(threadId: string, original: string, proposed: string): Promise<ChangeJson> {
    return this.call("POST", `/api/threads/${threadId}/changes`, { original, proposed });
  }

  accept(changeId: string): Promise<ChangeJson> {
    return this.call("POST", `/api/changes/${changeId}/accept`, {});
  }

  change(changeId: string): Promise<ChangeJson> {
    return this.call("GET", `/api/changes/${changeId}`);
  }
}
