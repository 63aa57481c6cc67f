/** A plugin of Octokit that asks GitHub only for what has changed: a 304 costs nothing of the rate limit. */
import type { Octokit } from "@octokit/rest";
import { ByteLimitedCache } from "../../src/byte-limited-cache.ts";
import { statusOf } from "./failures.ts";

const CACHE_BYTES = 48 * 1024 * 1024;
/** What an answer costs beside its data. */
const ENTRY_BYTES = 2_048;

type Answer = Awaited<ReturnType<Octokit["request"]>>;

/** Whether repeating a request does no harm. */
export function isRead({ method }: { method: string }): boolean {
  return method === "GET" || method === "HEAD";
}

/**
 * Remembers the answers of one account to GET requests by their ETag. Octokit takes a 304 for a failure;
 * here it becomes the remembered answer, with status 200.
 */
export function conditionalRequests({
  hook,
  request: { endpoint },
}: Pick<Octokit, "hook" | "request">): Record<string, never> {
  const answers = new ByteLimitedCache<Answer>(CACHE_BYTES);
  hook.wrap("request", async (request, options) => {
    // A stream can be read only once.
    const isStream = options.request.parseSuccessResponseBody === false;
    if (options.method !== "GET" || isStream) return await request(options);
    const { url, headers } = endpoint.parse(options);
    const key = `${headers.accept} ${url}`;
    const known = answers.get(key);
    const etag = known?.headers.etag;
    if (known === undefined || etag === undefined) return await asked();
    Object.assign(options.headers, { "if-none-match": etag });
    try {
      return await asked();
    } catch (error) {
      if (statusOf(error) !== 304) throw error;
      return copyOf(known);
    } finally {
      delete options.headers["if-none-match"];
    }

    async function asked(): Promise<Answer> {
      const answer = await request(options);
      if (answer.headers.etag !== undefined) remember(answer);
      return answer;
    }

    function remember(answer: Answer): void {
      answers.set(key, copyOf(answer), bytesOf(answer.data) + ENTRY_BYTES);
    }
  });
  return {};
}

/** Octokit's pagination takes fields out of the data that it is given. */
function copyOf(answer: Answer): Answer {
  return { ...answer, data: structuredClone(answer.data) };
}

function bytesOf(data: unknown): number {
  if (data instanceof ArrayBuffer) return data.byteLength;
  return (typeof data === "string" ? data : (JSON.stringify(data) ?? "")).length * 2;
}
