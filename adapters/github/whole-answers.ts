import { joinSignals } from "../../src/waiting.ts";

/** The largest answer that is read, in bytes; a page of 100 comments of GitHub's largest size has 26 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** A read gets this share of a call's time, so that there is some left to repeat it. */
const READ_SHARE = 1 / 3;

/**
 * Milliseconds to the beginning of an answer: GitHub ends what takes it 10 s
 * (https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#timeouts). A connection that
 * was lost without a word is not waited for longer.
 */
const FIRST_BYTE_MS = 15_000;

/**
 * A `fetch` that resolves once the whole answer is there: Octokit takes a body that breaks off for an empty
 * one, which would make an empty document of a lost connection.
 */
export function wholeAnswers(timeoutMs: number): typeof fetch {
  return async (input, init) => {
    const isRead = (init?.method ?? "GET") === "GET";
    const timeout = AbortSignal.timeout(Math.ceil(isRead ? timeoutMs * READ_SHARE : timeoutMs));
    const silence = new AbortController();
    const late = new DOMException("GitHub did not begin to answer", "TimeoutError");
    const timer = setTimeout(() => silence.abort(late), FIRST_BYTE_MS);
    using either = joinSignals(init?.signal, timeout, silence.signal);
    const { signal } = either;
    const asked = fetchThere(new Request(input, { ...init, signal }));
    const answer = await asked.finally(() => clearTimeout(timer));
    const body = await bytesOf(answer, signal);
    const { status, statusText, headers } = answer;
    const whole = new Response(body.length === 0 ? null : body, { status, statusText, headers });
    Object.defineProperty(whole, "url", { value: answer.url });
    return whole;
  };
}

const MOST_MOVES = 5;
const MOVED = [301, 302, 307, 308];

/**
 * Follows GitHub to another address of its own (a repository that was renamed), and nowhere else; what writes is
 * not sent a second time.
 */
async function fetchThere(request: Request): Promise<Response> {
  const { method, headers, signal } = request;
  let answer = await fetch(request, { redirect: "manual" });
  if (method !== "GET") return answer;
  for (let moves = 1; MOVED.includes(answer.status); moves += 1) {
    const url = new URL(answer.headers.get("location") ?? "", answer.url);
    await answer.body?.cancel();
    if (url.origin !== new URL(answer.url).origin || moves > MOST_MOVES) {
      throw new Error(`GitHub's answer leads elsewhere, to ${url.host}`);
    }
    answer = await fetch(url, { headers, signal, redirect: "manual" });
  }
  return answer;
}

/** By the signal itself: a `fetch` may forget it once garbage is collected while the body comes. */
async function bytesOf(answer: Response, signal: AbortSignal): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const write = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`The answer has over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  };
  // Whatever fails it ends the connection.
  await answer.body?.pipeTo(new WritableStream({ write }), { signal });
  return Buffer.concat(chunks);
}
